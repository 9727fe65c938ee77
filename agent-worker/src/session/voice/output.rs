//! Where playout sends the voice: the agent's own track, or a remote avatar until that is lost.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Instant;

use room::{AudioPublisher, RoomError};
use telemetry::events::AvatarLoss;

use super::clock::PLAYOUT_SAMPLE_RATE;
use crate::transport::avatar::peer::Standing;
use crate::transport::avatar::remote::RemoteVoice;
use crate::transport::avatar::takeover::Takeover;

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
/// The same in samples.
pub(super) const QUEUE: u64 = samples(QUEUE_MS as u64);
/// An avatar draws its pictures to the sound first: it needs more of it, and what it has it plays unless it is cleared.
const AVATAR_AHEAD: u64 = samples(1_000);
/// The same until it says that it has begun: what it tells may be late or lost, and it must not run dry meanwhile.
const AVATAR_START_AHEAD: u64 = samples(3_000);
/// The same while the user makes a sound.
const AVATAR_BRACED_AHEAD: u64 = samples(300);

/// Where the voice goes.
pub enum VoiceOutput {
    /// Into the agent's own track.
    Own(Arc<dyn AudioPublisher>),
    /// To an avatar; the agent's own takes over when that is lost.
    Avatar(Box<RemoteVoice>, Takeover),
}

impl VoiceOutput {
    /// How many samples may be handed over ahead of what sounds.
    pub(super) fn ahead(&self, braced: bool) -> u64 {
        match (self, braced) {
            (Self::Own(_), false) => AHEAD,
            (Self::Own(_), true) => BRACED_AHEAD,
            (Self::Avatar(voice, _), false) if voice.has_started() => AVATAR_AHEAD,
            (Self::Avatar(..), false) => AVATAR_START_AHEAD,
            (Self::Avatar(..), true) => AVATAR_BRACED_AHEAD,
        }
    }

    /// Whether a speech may be played now. An avatar that is awaited, or still ends what was cut off, is waited for.
    pub(super) fn is_free(&mut self, now: Instant) -> bool {
        match self {
            Self::Own(_) => true,
            Self::Avatar(voice, _) => voice.attend(now) && voice.peer().standing() == Standing::Ready,
        }
    }

    /// Why the avatar must be replaced, if it must.
    pub(super) fn loss(&self) -> Option<AvatarLoss> {
        match self {
            Self::Own(_) => None,
            Self::Avatar(voice, _) => match voice.peer().standing() {
                Standing::Lost(loss) => Some(loss),
                Standing::Awaited | Standing::Ready => None,
            },
        }
    }

    /// Resolves when the avatar must be replaced.
    pub(super) fn lost(&self) -> impl Future<Output = ()> + Send + use<> {
        let peer = match self {
            Self::Own(_) => None,
            Self::Avatar(voice, _) => Some(voice.peer().clone()),
        };
        async move {
            match peer {
                Some(peer) => drop(peer.lost().await),
                None => std::future::pending().await,
            }
        }
    }

    /// What takes over.
    pub(super) fn takeover(&self) -> Option<Takeover> {
        match self {
            Self::Own(_) => None,
            Self::Avatar(_, takeover) => Some(takeover.clone()),
        }
    }

    /// What was handed over and has not sounded; the clock takes it back.
    pub(super) fn take_back(&mut self, now: Instant) -> VecDeque<i16> {
        match self {
            Self::Own(_) => VecDeque::new(),
            Self::Avatar(voice, _) => voice.take_back(now),
        }
    }

    /// Before the first frame of a speech is handed over.
    pub(super) async fn begin(&mut self, now: Instant) -> Result<(), RoomError> {
        match self {
            Self::Own(_) => Ok(()),
            Self::Avatar(voice, _) => voice.begin(now).await,
        }
    }

    /// Whether the speech whose first frame was handed over sounds.
    pub(super) fn has_started(&self) -> bool {
        match self {
            Self::Own(_) => true,
            Self::Avatar(voice, _) => voice.has_started(),
        }
    }

    /// Takes 10 ms.
    pub(super) async fn capture(&mut self, frame: &[i16], now: Instant) -> Result<(), RoomError> {
        match self {
            Self::Own(publisher) => publisher.capture(frame).await,
            Self::Avatar(voice, _) => voice.capture(frame, now).await,
        }
    }

    /// Nothing can be handed over for now: what waits to be sent together with more is sent.
    pub(super) async fn flush(&mut self) -> Result<(), RoomError> {
        match self {
            Self::Own(_) => Ok(()),
            Self::Avatar(voice, _) => voice.flush().await,
        }
    }

    /// All of the speech was handed over.
    pub(super) async fn finish(&mut self) -> Result<(), RoomError> {
        match self {
            Self::Own(_) => Ok(()),
            Self::Avatar(voice, _) => voice.finish().await,
        }
    }

    /// Whether a speech that has sounded to its end by our clock is over.
    pub(super) fn is_over(&self) -> bool {
        match self {
            Self::Own(_) => true,
            Self::Avatar(voice, _) => voice.is_over(),
        }
    }

    /// The speech is over.
    pub(super) fn done(&mut self) {
        if let Self::Avatar(voice, _) = self {
            voice.done();
        }
    }

    /// Silence, now.
    pub(super) fn clear(&mut self) {
        match self {
            Self::Own(publisher) => {
                if let Err(error) = publisher.clear() {
                    tracing::warn!(%error, "could not clear the voice's queue");
                }
            }
            Self::Avatar(voice, _) => voice.clear(Instant::now()),
        }
    }

    /// Whether an error of this output ends the call. An avatar's does not: it is given up.
    pub(super) fn give_up(&self, error: &RoomError) -> bool {
        let Self::Avatar(voice, _) = self else { return false };
        if matches!(error, RoomError::Closed) {
            return false;
        }
        tracing::warn!(%error, "the avatar takes no voice");
        voice.peer().lose(AvatarLoss::Unresponsive);
        true
    }
}
