//! Video of the agent's face for one clause, as a lip-sync service makes it. The playout clock says which of its pictures is due,
//! and the face's thread shows it over its own.

use std::fmt::Debug;
use std::sync::Arc;

use face::I420Frame;

use crate::ports::PLAYOUT_SAMPLE_RATE;

/// A video that can't be shown.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct FaceVideoError(pub String);

/// A video for one clause.
pub trait FaceVideo: Debug + Send + Sync {
    /// How long the clause sounds, in samples of 48 kHz.
    fn samples(&self) -> u64;

    /// Begins to decode its pictures, from the first.
    ///
    /// # Errors
    /// When there is no decoder.
    fn decoder(&self) -> Result<Box<dyn FaceVideoDecoder>, FaceVideoError>;

    /// It can't be shown any more.
    fn broken(&self, error: FaceVideoError);
}

/// Decodes the pictures of one video, one after the other.
pub trait FaceVideoDecoder: Send {
    /// Brings the picture of a time into `frame`, cut and scaled to its size. Times go forward; for one that is past, `frame`
    /// keeps what it has.
    ///
    /// # Errors
    /// When the picture, or one before it, can't be decoded.
    fn show(&mut self, time_us: u64, frame: &mut I420Frame) -> Result<(), FaceVideoError>;
}

/// A video and the sample of its clause that sounds.
#[derive(Debug, Clone)]
pub struct FaceVideoAt {
    /// The video.
    pub video: Arc<dyn FaceVideo>,
    /// Samples of the clause before it.
    pub sample: u64,
}

/// Only the very same video is equal.
impl PartialEq for FaceVideoAt {
    fn eq(&self, other: &Self) -> bool {
        same_video(&self.video, &other.video) && self.sample == other.sample
    }
}

/// Whether both are the very same video.
pub(crate) fn same_video(one: &Arc<dyn FaceVideo>, other: &Arc<dyn FaceVideo>) -> bool {
    Arc::as_ptr(one).cast::<()>() == Arc::as_ptr(other).cast::<()>()
}

/// When a sample sounds, in microseconds from the clause's start.
#[must_use]
pub fn time_us(samples: u64) -> u64 {
    samples.saturating_mul(1_000_000) / u64::from(PLAYOUT_SAMPLE_RATE)
}
