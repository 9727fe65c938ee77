//! What can go wrong in a room.

use std::time::Duration;

/// What went wrong in a room.
#[derive(Debug, thiserror::Error)]
pub enum RoomError {
    /// The native library is missing, of the wrong version, or lacks a function.
    #[error("LiveKit library: {0}")]
    Library(String),
    /// The server could not be reached, or did not let us in for a reason that may pass.
    #[error("could not join the room: {0}")]
    Connect(String),
    /// The server does not take this token (HTTP 401 or 403): trying again with it is useless.
    #[error("could not join the room: refused: {0}")]
    Refused(String),
    /// A request was refused by the library or the server.
    #[error("{action}: {message}")]
    Request {
        /// What was being done.
        action: &'static str,
        /// What it said.
        message: String,
    },
    /// No answer in time.
    #[error("{action}: no answer within {after:?}")]
    Timeout {
        /// What was being done.
        action: &'static str,
        /// How long we waited.
        after: Duration,
    },
    /// The room is gone.
    #[error("the room is closed")]
    Closed,
    /// A limit of ours was passed.
    #[error("{what} is larger than {limit} bytes")]
    TooLarge {
        /// What was too large.
        what: &'static str,
        /// The limit.
        limit: usize,
    },
}
