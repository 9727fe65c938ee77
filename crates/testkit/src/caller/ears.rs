//! Hearing the agent: every frame is kept with its arrival time, and an energy gate says when a voice begins and ends.

use std::time::Duration;

use room::AudioStream;
use tokio::sync::watch;

use super::notes::{Clock, Notebook, Observation};
use super::pacer::FRAME;
use crate::measure::{Arrival, EnergyGate, GateChange, place_frames};
use crate::wav::ROOM_SAMPLE_RATE;

/// Silence of this many samples (300 ms) ends a stretch of voice.
pub(super) const HANGOVER: u64 = ROOM_SAMPLE_RATE as u64 * 3 / 10;
/// Frames that may wait to be read: 2 s.
pub(super) const QUEUE_FRAMES: usize = 200;
/// Frames that are kept: 90 minutes, half a gigabyte. The longest benchmark, `face --soak`, lasts a little over an hour.
const LONGEST: usize = 100 * 60 * 90;

/// What was heard of one track.
#[derive(Debug, Default)]
pub(super) struct Heard {
    arrivals: Vec<Arrival>,
    frames: Vec<Vec<i16>>,
    /// Frames lost because they were not read in time.
    pub(super) dropped: u64,
}

impl Heard {
    /// The frames at their places on the call's clock (in samples).
    pub(super) fn placed(&self) -> impl Iterator<Item = (u64, &[i16])> {
        place_frames(&self.arrivals).into_iter().zip(self.frames.iter().map(Vec::as_slice))
    }
}

/// Listens until the stream ends, or the sender of `stop` signals or goes.
pub(super) async fn listen(
    mut stream: AudioStream,
    notebook: Notebook,
    clock: Clock,
    mut stop: watch::Receiver<bool>,
) -> Heard {
    let mut heard = Heard::default();
    let mut gate = EnergyGate::new(HANGOVER);
    let mut total = 0_u64;
    loop {
        let frame = tokio::select! {
            frame = stream.next() => frame,
            _ = stop.changed() => None,
        };
        let Some(frame) = frame else { break };
        if heard.frames.len() >= LONGEST {
            tracing::error!("the call is too long: what the agent says from now on is not heard");
            break;
        }
        let now = clock.now();
        total += frame.samples.len() as u64;
        heard.arrivals.push(Arrival { at: samples_of(now), len: frame.samples.len() });
        for part in frame.samples.chunks(FRAME) {
            let (at, what) = match gate.push(part) {
                Some(GateChange::Opened { at }) => (at, Observation::AgentSounds),
                Some(GateChange::Closed { at }) => (at, Observation::AgentSilent),
                None => continue,
            };
            notebook.note(now.saturating_sub(time_of(total.saturating_sub(at))), what);
        }
        heard.frames.push(frame.samples);
    }
    if gate.is_open() {
        notebook.note(clock.now(), Observation::AgentSilent);
    }
    heard.dropped = stream.dropped();
    heard
}

/// A time as samples of the call's clock.
pub(super) fn samples_of(time: Duration) -> u64 {
    (time.as_secs_f64() * f64::from(ROOM_SAMPLE_RATE)) as u64
}

/// Samples of the call's clock as a time.
pub(super) fn time_of(samples: u64) -> Duration {
    Duration::from_secs_f64(samples as f64 / f64::from(ROOM_SAMPLE_RATE))
}
