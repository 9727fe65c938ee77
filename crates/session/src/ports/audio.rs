//! Sound in both directions.

use std::collections::VecDeque;
use std::time::Instant;

use async_trait::async_trait;
use futures_util::future::BoxFuture;

use super::TransportError;

/// Samples a second of everything that is heard.
pub use speech::LISTEN_SAMPLE_RATE;

/// Samples a second of everything that is played.
pub const PLAYOUT_SAMPLE_RATE: u32 = 48_000;

/// A user's voice, not yet listened to.
pub trait AudioInput: Send + Sync {
    /// Starts to listen: 16 kHz mono in frames of 10 ms. The transport holds at most 200 ms unread and drops the oldest frames.
    ///
    /// # Errors
    /// [`TransportError`] when it can't be listened to.
    fn open(&self) -> Result<Box<dyn AudioFrames>, TransportError>;
}

/// A voice that is listened to.
#[async_trait]
pub trait AudioFrames: Send {
    /// The next 10 ms: 160 samples of 16 kHz mono; `None` when the voice has ended.
    async fn next(&mut self) -> Option<Vec<i16>>;

    /// Frames dropped so far because they were not read in time.
    fn dropped(&self) -> u64;
}

/// Makes the output that replaces one that is lost.
pub type Replacement = BoxFuture<'static, Result<Box<dyn AudioOutput>, TransportError>>;

/// Where playout sends the agent's voice.
///
/// An output that plays what it gets at once needs [`Self::capture`], [`Self::clear`] and [`Self::max_ahead`] alone. The other
/// methods serve one that plays elsewhere: it may not be there yet, tells late when a speech begins to sound, and may be lost.
#[async_trait]
pub trait AudioOutput: Send {
    /// Takes exactly 10 ms (480 samples of 48 kHz mono); waits for a place in the transport's own queue.
    ///
    /// # Errors
    /// [`TransportError::Closed`] when the connection is over.
    async fn capture(&mut self, frame: &[i16], now: Instant) -> Result<(), TransportError>;

    /// Silence, now: throws away what was taken and has not sounded.
    fn clear(&mut self, now: Instant);

    /// Samples that may be handed over ahead of what sounds; `braced` while the user makes a sound, as a pause takes effect
    /// only after what was handed over.
    fn max_ahead(&self, braced: bool) -> u64;

    /// Samples that wait in the transport's queue whenever [`Self::capture`] had to wait for a place; `None` when unknown.
    fn queue(&self) -> Option<u64> {
        None
    }

    /// Whether a speech may be played at `now`.
    fn is_free(&mut self, now: Instant) -> bool {
        let _ = now;
        true
    }

    /// A speech begins: called before its first frame.
    ///
    /// # Errors
    /// [`TransportError`] when it can't be played.
    async fn begin(&mut self, now: Instant) -> Result<(), TransportError> {
        let _ = now;
        Ok(())
    }

    /// Whether the speech whose first frame was handed over sounds.
    fn has_started(&self) -> bool {
        true
    }

    /// Nothing can be handed over for now: sends what waits to be sent together with more.
    ///
    /// # Errors
    /// [`TransportError`] when it can't be sent.
    async fn flush(&mut self) -> Result<(), TransportError> {
        Ok(())
    }

    /// All of the speech was handed over. Calling it again changes nothing.
    ///
    /// # Errors
    /// [`TransportError`] when the rest can't be sent.
    async fn finish(&mut self) -> Result<(), TransportError> {
        Ok(())
    }

    /// Whether a speech that has sounded to its end by the playout clock is over.
    fn is_over(&self) -> bool {
        true
    }

    /// The speech was heard to its end.
    fn done(&mut self) {}

    /// Whether this output is lost and must be replaced.
    fn is_lost(&self) -> bool {
        false
    }

    /// Resolves when this output is lost.
    fn lost(&self) -> BoxFuture<'static, ()> {
        Box::pin(std::future::pending())
    }

    /// What was handed over and has not sounded by `now`; the playout clock takes it back. For the replacement.
    fn take_back(&mut self, now: Instant) -> VecDeque<i16> {
        let _ = now;
        VecDeque::new()
    }

    /// Begins to make the replacement of a lost output; `None` when there is none.
    fn replacement(&mut self) -> Option<Replacement> {
        None
    }

    /// Whether this error only costs this output, which then counts as lost, rather than the call its voice.
    fn give_up(&mut self, error: &TransportError) -> bool {
        let _ = error;
        false
    }
}
