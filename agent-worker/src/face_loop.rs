//! The face's thread: 25 pictures a second, following the playout clock.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU8, Ordering};
use std::time::{Duration, Instant};

use dialogue::{AgentState, Engine, Input, Usage};
use face::{Activity, Animator, I420Frame, Renderer};
use room::{I420View, RoomError, VideoPublisher};
use tokio::sync::mpsc;

use crate::engines::PanicReport;
use crate::voice::SharedClock;

/// Width and height of the picture, in pixels.
pub const FACE_SIZE: u32 = 512;
/// Pictures a second.
pub const FACE_RATE: u32 = 25;

/// Pictures a second when the call has to spare.
const SPARE_RATE: u32 = 15;

/// What the face shows, set by the call and read by the face's thread.
#[derive(Debug, Clone, Default)]
pub struct ShownActivity {
    activity: Arc<AtomicU8>,
    sparing: Arc<AtomicBool>,
}

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

    fn rate(&self) -> u32 {
        if self.sparing.load(Ordering::Relaxed) { SPARE_RATE } else { FACE_RATE }
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
    pub renderer: Renderer,
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
        let mut frame = I420Frame::new(FACE_SIZE, FACE_SIZE);
        let mut due = started;
        let mut drawn = 0;
        while !self.stop.load(Ordering::Relaxed) {
            let now = Instant::now();
            if now < due {
                std::thread::sleep(due - now);
                continue;
            }
            let since_start = now - started;
            let pose = self.animator.pose(since_start, self.activity.activity(), self.clock.mouth(now));
            self.renderer.draw(&pose, &mut frame).map_err(|error| error.to_string())?;
            let timestamp_us = i64::try_from(since_start.as_micros()).unwrap_or(i64::MAX);
            match self.publisher.capture(view(&frame), timestamp_us) {
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
            let period = Duration::from_secs(1) / self.activity.rate();
            due += period;
            // On a machine that can't keep up frames are left out: the face never lags behind the voice.
            while due + period < Instant::now() {
                due += period;
            }
        }
        Ok(())
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
