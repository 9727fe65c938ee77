//! The face's thread: 25 pictures a second while the agent speaks, fewer while it is still, following the playout clock.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use dialogue::{Engine, Input, Usage};
use face::{Animator, FaceRenderer, Feeling, I420Frame, Situation};
use tokio::sync::mpsc;

use super::activity::ShownActivity;
use super::attention::Gaze;
use super::overlay::Overlay;
use crate::clock;
use crate::engine_host::{EngineHost, send_from_engine};
use crate::failures::PanicReport;
use crate::ports::{FrameStamp, TransportError, VideoOutput};
use crate::voice::SharedClock;

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

/// A face, ready to be drawn.
pub struct Portrayal {
    /// Draws it.
    pub renderer: Box<dyn FaceRenderer>,
    /// A feeling that stays.
    pub mood: Option<Feeling>,
}

/// Everything the face's thread needs.
pub struct FaceLoop {
    /// Where the pictures go.
    pub output: Arc<dyn VideoOutput>,
    /// Draws them.
    pub portrayal: Portrayal,
    /// Moves the face.
    pub animator: Animator,
    /// The playout clock.
    pub clock: SharedClock,
    /// What the agent is doing.
    pub activity: ShownActivity,
    /// Set at the end of the call.
    pub stop: Arc<AtomicBool>,
}

/// What the loop does next.
enum Step {
    /// A picture was drawn: look again at once.
    Drawn,
    /// No picture is due: look again after this time.
    Wait(Duration),
    /// The connection is closed; the transport's last event gives the reason.
    Closed,
}

impl FaceLoop {
    /// Draws until stopped, on a thread of its own or, with [`EngineHost::Tasks`], as a task. A failure reaches `inputs`.
    ///
    /// # Errors
    /// When the operating system gives no thread.
    pub fn start(self, host: EngineHost, inputs: &mpsc::Sender<Input>) -> std::io::Result<()> {
        let inputs = inputs.clone();
        match host {
            EngineHost::Threads => {
                std::thread::Builder::new().name("face".into()).spawn(move || self.run(&inputs)).map(drop)
            }
            EngineHost::Tasks => {
                drop(tokio::spawn(self.run_as_task(inputs)));
                Ok(())
            }
        }
    }

    fn run(self, inputs: &mpsc::Sender<Input>) {
        let _watched = PanicReport { engine: Engine::Face, inputs: inputs.clone() };
        let mut face = Drawing::new(self, inputs.clone());
        loop {
            match face.step_unless_stopped() {
                Ok(Some(wait)) => std::thread::sleep(wait),
                Ok(None) => return,
                Err(failed) => {
                    // A closed channel means that the call is over.
                    let _ = send_from_engine(inputs, failed);
                    return;
                }
            }
        }
    }

    async fn run_as_task(self, inputs: mpsc::Sender<Input>) {
        let _watched = PanicReport { engine: Engine::Face, inputs: inputs.clone() };
        let mut face = Drawing::new(self, inputs.clone());
        loop {
            match face.step_unless_stopped() {
                Ok(Some(wait)) => tokio::time::sleep(wait).await,
                Ok(None) => return,
                Err(failed) => {
                    let _ = inputs.send(failed).await;
                    return;
                }
            }
        }
    }
}

/// A face that is being drawn.
struct Drawing {
    face: FaceLoop,
    inputs: mpsc::Sender<Input>,
    started: Instant,
    frame: I420Frame,
    overlay: Overlay,
    pace: Pace,
    /// Pictures that were not counted yet.
    drawn: u64,
}

impl Drawing {
    fn new(face: FaceLoop, inputs: mpsc::Sender<Input>) -> Self {
        let (width, height) = face.portrayal.renderer.size();
        Self {
            face,
            inputs,
            started: clock::now(),
            frame: I420Frame::new(width, height),
            overlay: Overlay::new(width, height),
            pace: Pace::default(),
            drawn: 0,
        }
    }

    /// Draws what is due. How long to wait then; `None` at the end.
    ///
    /// # Errors
    /// The input that tells the conversation of a failure, which is logged already.
    fn step_unless_stopped(&mut self) -> Result<Option<Duration>, Input> {
        if self.face.stop.load(Ordering::Relaxed) {
            return Ok(None);
        }
        match self.step(clock::now()) {
            Ok(Step::Drawn) => Ok(Some(Duration::ZERO)),
            Ok(Step::Wait(wait)) => Ok(Some(wait)),
            Ok(Step::Closed) => Ok(None),
            Err(message) => {
                telemetry::events::EngineFailed { engine: telemetry::events::Engine::Face, message: &message }.emit();
                Err(Input::EngineFailed { engine: Engine::Face })
            }
        }
    }

    fn step(&mut self, now: Instant) -> Result<Step, String> {
        let Self { face, overlay, frame, .. } = self;
        let visible = now.checked_sub(LAG).and_then(|then| face.clock.visible(then));
        if let Some(wait) = self.pace.wait(now, visible.is_some() && !face.activity.is_sparing()) {
            return Ok(Step::Wait(wait));
        }
        let since_start = now - self.started;
        for event in face.activity.take_events() {
            face.animator.notice(since_start, event);
        }
        let stamp = FrameStamp {
            timestamp_us: i64::try_from(since_start.as_micros()).unwrap_or(i64::MAX),
            user_timestamp: visible.as_ref().map(|visible| visible.sample),
        };
        let Gaze { target, others } = face.activity.gaze();
        let mut situation = Situation {
            activity: face.activity.activity(),
            gaze_target: target,
            others,
            mood: face.portrayal.mood,
            ..Situation::default()
        };
        overlay.follow(visible.as_ref().and_then(|visible| visible.video.clone()));
        if let Some(visible) = visible {
            visible.feelings.into_iter().for_each(|feeling| face.animator.feel(since_start, feeling));
            situation.speech = visible.speech;
        }
        let expression = face.animator.expression(since_start, &situation);
        if !overlay.is_covered() {
            face.portrayal.renderer.draw(&expression, frame).map_err(|error| error.to_string())?;
        }
        overlay.cover(frame);
        match face.output.capture(frame, stamp) {
            Ok(()) => {}
            Err(TransportError::Closed) => return Ok(Step::Closed),
            Err(error) => return Err(error.to_string()),
        }
        self.drawn += 1;
        if self.drawn >= u64::from(FACE_RATE) {
            // Only a budget wants to know: when the conversation is busy it does without.
            let _ = self.inputs.try_send(Input::Used(Usage::VideoFrames(std::mem::take(&mut self.drawn))));
        }
        Ok(Step::Drawn)
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
