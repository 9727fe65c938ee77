//! The face's thread: 25 pictures a second while the agent speaks, fewer while it is still, following the playout clock.

use std::sync::atomic::{AtomicBool, AtomicU8, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use dialogue::{AgentState, Engine, Input, Usage};
use face::{Activity, Animator, Feeling, I420Frame, LifeEvent, Situation};
use room::{FrameStamp, I420View, RoomError, VideoPublisher};
use tokio::sync::mpsc;

use crate::avatars::lip_sync::Screen;
use crate::engines::PanicReport;
use crate::looks::Portrayal;
use crate::session::face::attention::Gaze;
use crate::session::voice::SharedClock;

/// Pictures a second while the agent speaks.
pub const FACE_RATE: u32 = 25;
/// Pictures a second that the encoder may be given: it leaves out what is above.
pub const FACE_RATE_LIMIT: u32 = 30;
/// Between two pictures while the agent speaks: a little less than 40 ms, so that every second holds 25 of them at a receiver too.
const SPEAKING_PERIOD: Duration = Duration::from_millis(39);
/// Between two pictures while it is silent, and while the call has to spare: fifteen a second and a little more.
const STILL_PERIOD: Duration = Duration::from_millis(65);
/// A still face looks this often whether it speaks now: the first syllable is seen in time.
const GLANCE: Duration = Duration::from_millis(10);
/// After the last sound the pictures come as in speech for so long: the mouth closes.
const CLOSING: Duration = Duration::from_millis(300);
/// A picture shows what sounded so long ago: the sound waits that much longer at a receiver than pictures take to be drawn,
/// encoded and decoded (`cargo xtask bench face` measures both).
const LAG: Duration = Duration::from_millis(25);

/// What the face shows, set by the call and read by the face's thread.
#[derive(Debug, Clone, Default)]
pub struct ShownActivity {
    activity: Arc<AtomicU8>,
    sparing: Arc<AtomicBool>,
    events: Arc<Mutex<Vec<LifeEvent>>>,
    gaze: Arc<Mutex<Gaze>>,
}

/// What happens to a face between two of its pictures is more than this only when it does not look.
const MOST_EVENTS: usize = 16;

impl ShownActivity {
    /// Shows the agent's state.
    pub fn show(&self, state: AgentState) {
        let code = match state {
            AgentState::Initializing | AgentState::Idle => 0,
            AgentState::Listening => 1,
            AgentState::Thinking => 2,
            AgentState::Speaking => 3,
        };
        self.activity.store(code, Ordering::Relaxed);
    }

    /// Draws fewer pictures, or as many as usual again.
    pub fn spare_frames(&self, spare: bool) {
        self.sparing.store(spare, Ordering::Relaxed);
    }

    /// The user paused: a listener may nod.
    pub fn user_paused(&self) {
        self.notice(LifeEvent::UserPaused);
    }

    /// The user ended a clause: a listener nods.
    pub fn user_ended_clause(&self) {
        self.notice(LifeEvent::ClauseEnded);
    }

    /// The agent feels something while it listens.
    pub fn feel(&self, feeling: Feeling) {
        self.notice(LifeEvent::Feels(feeling));
    }

    /// The agent looks there.
    pub fn look(&self, gaze: Gaze) {
        *self.gaze.lock().unwrap_or_else(PoisonError::into_inner) = gaze;
    }

    fn notice(&self, event: LifeEvent) {
        let mut events = self.events.lock().unwrap_or_else(PoisonError::into_inner);
        if events.len() < MOST_EVENTS {
            events.push(event);
        }
    }

    fn take_events(&self) -> Vec<LifeEvent> {
        std::mem::take(&mut *self.events.lock().unwrap_or_else(PoisonError::into_inner))
    }

    fn gaze(&self) -> Gaze {
        *self.gaze.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn is_sparing(&self) -> bool {
        self.sparing.load(Ordering::Relaxed)
    }

    fn activity(&self) -> Activity {
        match self.activity.load(Ordering::Relaxed) {
            1 => Activity::Listening,
            2 => Activity::Thinking,
            3 => Activity::Speaking,
            _ => Activity::Idle,
        }
    }
}

/// Everything the face's thread needs.
pub struct FaceLoop {
    /// Where the pictures go.
    pub publisher: Arc<dyn VideoPublisher>,
    /// Draws them.
    pub portrayal: Portrayal,
    /// Moves the face.
    pub animator: Animator,
    /// What the voice is at.
    pub clock: SharedClock,
    /// What the agent is doing.
    pub activity: ShownActivity,
    /// Set at the end of the call.
    pub stop: Arc<AtomicBool>,
}

impl FaceLoop {
    /// Draws until stopped. Blocking: runs on a thread of its own.
    pub fn run(mut self, inputs: &mpsc::Sender<Input>) {
        let _watched = PanicReport { engine: Engine::Face, inputs: inputs.clone() };
        if let Err(message) = self.draw_until_stopped(inputs) {
            telemetry::events::EngineFailed { engine: telemetry::events::Engine::Face, message: &message }.emit();
            let _ = inputs.blocking_send(Input::EngineFailed { engine: Engine::Face });
        }
    }

    fn draw_until_stopped(&mut self, inputs: &mpsc::Sender<Input>) -> Result<(), String> {
        let started = Instant::now();
        let (width, height) = self.portrayal.renderer.size();
        let mut frame = I420Frame::new(width, height);
        let mut screen = Screen::new(width, height);
        let mut pace = Pace::default();
        let mut drawn = 0;
        while !self.stop.load(Ordering::Relaxed) {
            let now = Instant::now();
            let visible = now.checked_sub(LAG).and_then(|then| self.clock.visible(then));
            if let Some(wait) = pace.wait(now, visible.is_some() && !self.activity.is_sparing()) {
                std::thread::sleep(wait);
                continue;
            }
            let since_start = now - started;
            for event in self.activity.take_events() {
                self.animator.notice(since_start, event);
            }
            let stamp = FrameStamp {
                timestamp_us: i64::try_from(since_start.as_micros()).unwrap_or(i64::MAX),
                user_timestamp: visible.as_ref().map(|visible| visible.sample),
            };
            let Gaze { target, others } = self.activity.gaze();
            let mut situation = Situation {
                activity: self.activity.activity(),
                gaze_target: target,
                others,
                mood: self.portrayal.mood,
                ..Situation::default()
            };
            screen.follow(visible.as_ref().and_then(|visible| visible.film.clone()));
            if let Some(visible) = visible {
                visible.feelings.into_iter().for_each(|feeling| self.animator.feel(since_start, feeling));
                situation.speech = visible.speech;
            }
            let expression = self.animator.expression(since_start, &situation);
            if !screen.is_covered() {
                self.portrayal.renderer.draw(&expression, &mut frame).map_err(|error| error.to_string())?;
            }
            screen.cover(&mut frame);
            match self.publisher.capture(view(&frame), stamp) {
                Ok(()) => {}
                // The room is over, and says why itself.
                Err(RoomError::Closed) => return Ok(()),
                Err(error) => return Err(error.to_string()),
            }
            drawn += 1;
            if drawn >= u64::from(FACE_RATE) {
                // Only a budget wants to know: when the call is busy it does without.
                let _ = inputs.try_send(Input::Used(Usage::VideoFrames(std::mem::take(&mut drawn))));
            }
        }
        Ok(())
    }
}

/// When the next picture is due. Pure: the time is an argument.
#[derive(Debug, Default)]
struct Pace {
    /// When the last picture was due.
    last: Option<Instant>,
    /// When the agent was last heard.
    heard: Option<Instant>,
}

impl Pace {
    /// How long to wait before looking again; `None` when a picture is due at `now`, which then counts as drawn.
    fn wait(&mut self, now: Instant, speaking: bool) -> Option<Duration> {
        if speaking {
            self.heard = Some(now);
        }
        let lively = self.heard.is_some_and(|heard| now.saturating_duration_since(heard) < CLOSING);
        let period = if lively { SPEAKING_PERIOD } else { STILL_PERIOD };
        let Some(last) = self.last else {
            self.last = Some(now);
            return None;
        };
        let due = last + period;
        if now < due {
            let left = due - now;
            return Some(if lively { left } else { left.min(GLANCE) });
        }
        // A picture that is late by more than one period is left out: the face never lags behind the voice.
        self.last = Some(if now - due < period { due } else { now });
        None
    }
}

fn view(frame: &I420Frame) -> I420View<'_> {
    I420View {
        width: frame.width,
        height: frame.height,
        y: &frame.y,
        u: &frame.u,
        v: &frame.v,
        stride_y: frame.width,
        stride_uv: frame.width / 2,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// When pictures are drawn within `length`, by a thread that wakes `late` after it wanted to.
    fn drawn(pace: &mut Pace, from: Instant, length: Duration, late: Duration, speaking: bool) -> Vec<Duration> {
        let (mut now, mut drawn) = (from, Vec::new());
        while now < from + length {
            match pace.wait(now, speaking) {
                Some(wait) => now += wait + late,
                None => drawn.push(now - from),
            }
        }
        drawn
    }

    #[test]
    fn a_speaking_face_is_drawn_25_times_a_second_also_by_a_thread_that_wakes_late() {
        let (start, second) = (Instant::now(), Duration::from_secs(1));
        for late in [Duration::ZERO, Duration::from_millis(3), Duration::from_millis(15)] {
            let mut pace = Pace::default();
            let pictures = drawn(&mut pace, start, 4 * second, late, true);
            assert!((100..=104).contains(&pictures.len()), "{} pictures", pictures.len());
        }
    }

    #[test]
    fn a_still_face_is_drawn_more_than_15_times_a_second_and_speaks_at_once() {
        let (start, second) = (Instant::now(), Duration::from_secs(1));
        let mut pace = Pace::default();
        let pictures = drawn(&mut pace, start, 3 * second, Duration::ZERO, false);
        assert!((46..=50).contains(&pictures.len()), "{} pictures", pictures.len());
        let first = drawn(&mut pace, start + 3 * second, second, Duration::ZERO, true)[0];
        assert!(first <= SPEAKING_PERIOD, "{first:?}");
    }

    #[test]
    fn after_a_stall_pictures_are_left_out_and_not_caught_up_with() {
        let start = Instant::now();
        let mut pace = Pace::default();
        assert_eq!(pace.wait(start, true), None);
        let later = start + Duration::from_secs(2);
        assert_eq!(pace.wait(later, true), None);
        assert_eq!(pace.wait(later, true), Some(SPEAKING_PERIOD));
    }
}
