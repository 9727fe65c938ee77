//! The agent's own voice and face as tracks of a room.

use std::sync::Arc;
use std::time::Instant;

use async_trait::async_trait;
use face::I420Frame;
use room::{AudioPublisher, I420View, VideoPublisher};

use super::error::transport_error;
use session::ports::{AudioOutput, FrameStamp, PLAYOUT_SAMPLE_RATE, TransportError, VideoOutput};

const fn samples(ms: u64) -> u64 {
    PLAYOUT_SAMPLE_RATE as u64 * ms / 1000
}

/// Samples are handed over at most this far ahead of what sounds: late enough to stop at once, early enough for a busy machine.
const AHEAD: u64 = samples(80);
/// While the user makes a sound they are handed over this far ahead: a pause takes effect only after what was handed over.
const BRACED_AHEAD: u64 = samples(20);
/// How much of the voice waits in the room's queue when the next frame waits for a place there, in milliseconds: a busy machine
/// does not tear the voice. More than is ever handed over ahead.
pub const QUEUE_MS: u32 = 100;

/// The agent's own audio track.
pub struct OwnVoice(pub Arc<dyn AudioPublisher>);

#[async_trait]
impl AudioOutput for OwnVoice {
    async fn capture(&mut self, frame: &[i16], _now: Instant) -> Result<(), TransportError> {
        self.0.capture(frame).await.map_err(transport_error)
    }

    fn clear(&mut self, _now: Instant) {
        if let Err(error) = self.0.clear() {
            tracing::warn!(%error, "could not clear the voice's queue");
        }
    }

    fn max_ahead(&self, braced: bool) -> u64 {
        if braced { BRACED_AHEAD } else { AHEAD }
    }

    fn queue(&self) -> Option<u64> {
        Some(samples(QUEUE_MS.into()))
    }
}

/// The agent's own video track.
pub struct OwnFaceTrack(pub Arc<dyn VideoPublisher>);

impl VideoOutput for OwnFaceTrack {
    fn capture(&self, frame: &I420Frame, stamp: FrameStamp) -> Result<(), TransportError> {
        let FrameStamp { timestamp_us, user_timestamp } = stamp;
        self.0.capture(view(frame), room::FrameStamp { timestamp_us, user_timestamp }).map_err(transport_error)
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
