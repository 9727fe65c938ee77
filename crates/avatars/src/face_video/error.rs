//! Why a lip-sync service can't begin.

use face::FaceError;

/// Why a lip-sync service can't begin.
#[derive(Debug, thiserror::Error)]
pub enum LipSyncError {
    /// The face at rest can't be drawn.
    #[error("the face can't be drawn: {0}")]
    Draw(#[from] FaceError),
    /// Its picture can't be encoded.
    #[error("the face's picture can't be encoded: {0}")]
    Encode(String),
    /// The operating system gives no thread.
    #[error("cannot start the lip-sync thread: {0}")]
    Thread(std::io::Error),
}
