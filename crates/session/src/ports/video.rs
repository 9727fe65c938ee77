//! Pictures in both directions.

use async_trait::async_trait;
use face::I420Frame;

use super::TransportError;

/// When a picture is from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct FrameStamp {
    /// Microseconds on a monotonic clock that is the same for all pictures of a call.
    pub timestamp_us: i64,
    /// The sample of the voice that the picture belongs to, of 48 kHz; sent only where somebody measures.
    pub user_timestamp: Option<u64>,
}

/// Where the face's pictures go.
pub trait VideoOutput: Send + Sync {
    /// Takes one picture. Blocks for a copy: called off the async threads.
    ///
    /// # Errors
    /// [`TransportError::Closed`] when the connection is over.
    fn capture(&self, frame: &I420Frame, stamp: FrameStamp) -> Result<(), TransportError>;
}

/// A picture of a user's camera or screen: I420, tightly packed.
#[derive(Debug, Clone)]
pub struct VideoFrame {
    /// Width in pixels.
    pub width: u32,
    /// Height in pixels.
    pub height: u32,
    /// Y (`width * height`), then U, then V (each half as wide and high, rounded up).
    pub data: Vec<u8>,
}

/// A user's camera or screen, not yet looked at.
pub trait VideoInput: Send + Sync {
    /// Starts to look. The transport holds one picture unread and drops the older one.
    ///
    /// # Errors
    /// [`TransportError`] when it can't be looked at.
    fn open(&self) -> Result<Box<dyn VideoFrames>, TransportError>;
}

/// A camera or screen that is looked at.
#[async_trait]
pub trait VideoFrames: Send {
    /// The next picture; `None` when there will be none.
    async fn next(&mut self) -> Option<VideoFrame>;
}
