//! A remote avatar as the output of playout, until it is lost.

use std::collections::VecDeque;
use std::time::Instant;

use async_trait::async_trait;
use futures_util::future::BoxFuture;
use telemetry::events::AvatarLoss;

use super::peer::Standing;
use super::remote::RemoteVoice;
use super::takeover::Takeover;
use crate::error::transport_error;
use session::ports::{AudioOutput, PLAYOUT_SAMPLE_RATE, Replacement, TransportError};

const fn samples(ms: u64) -> u64 {
    PLAYOUT_SAMPLE_RATE as u64 * ms / 1000
}

/// An avatar draws its pictures to the sound first: it needs more of it, and what it has it plays unless it is cleared.
const AHEAD: u64 = samples(1_000);
/// The same until it says that it has begun: what it tells may be late or lost, and it must not run dry meanwhile.
const START_AHEAD: u64 = samples(3_000);
/// The same while the user makes a sound.
const BRACED_AHEAD: u64 = samples(300);

/// The voice, as the avatar plays it; the agent's own takes over when the avatar is lost.
pub struct AvatarVoice {
    voice: RemoteVoice,
    takeover: Takeover,
}

impl AvatarVoice {
    /// The voice of a remote avatar, and what replaces it.
    #[must_use]
    pub fn new(voice: RemoteVoice, takeover: Takeover) -> Self {
        Self { voice, takeover }
    }

    fn loss(&self) -> Option<AvatarLoss> {
        match self.voice.peer().standing() {
            Standing::Lost(loss) => Some(loss),
            Standing::Awaited | Standing::Ready => None,
        }
    }
}

#[async_trait]
impl AudioOutput for AvatarVoice {
    async fn capture(&mut self, frame: &[i16], now: Instant) -> Result<(), TransportError> {
        self.voice.capture(frame, now).await.map_err(transport_error)
    }

    fn clear(&mut self, now: Instant) {
        self.voice.clear(now);
    }

    fn max_ahead(&self, braced: bool) -> u64 {
        match (braced, self.voice.has_started()) {
            (true, _) => BRACED_AHEAD,
            (false, true) => AHEAD,
            (false, false) => START_AHEAD,
        }
    }

    /// An avatar that is awaited, or still ends what was cut off, is waited for.
    fn is_free(&mut self, now: Instant) -> bool {
        self.voice.attend(now) && self.voice.peer().standing() == Standing::Ready
    }

    async fn begin(&mut self, now: Instant) -> Result<(), TransportError> {
        self.voice.begin(now).await.map_err(transport_error)
    }

    fn has_started(&self) -> bool {
        self.voice.has_started()
    }

    async fn flush(&mut self) -> Result<(), TransportError> {
        self.voice.flush().await.map_err(transport_error)
    }

    async fn finish(&mut self) -> Result<(), TransportError> {
        self.voice.finish().await.map_err(transport_error)
    }

    fn is_over(&self) -> bool {
        self.voice.is_over()
    }

    fn done(&mut self) {
        self.voice.done();
    }

    fn is_lost(&self) -> bool {
        self.loss().is_some()
    }

    fn lost(&self) -> BoxFuture<'static, ()> {
        let peer = self.voice.peer().clone();
        Box::pin(async move {
            let _ = peer.lost().await;
        })
    }

    fn take_back(&mut self, now: Instant) -> VecDeque<i16> {
        self.voice.take_back(now)
    }

    fn replacement(&mut self) -> Option<Replacement> {
        let loss = self.loss()?;
        Some(Box::pin(self.takeover.clone().take_over(loss)))
    }

    fn give_up(&mut self, error: &TransportError) -> bool {
        if matches!(error, TransportError::Closed) {
            return false;
        }
        tracing::warn!(%error, "the avatar takes no voice");
        self.voice.peer().lose(AvatarLoss::Unresponsive);
        true
    }
}
