//! What the fuzz target of this crate runs; a test runs it too. See `fuzz/README.md`.

use crate::core::FromServer;
use crate::edge::wire;

/// A message as the LiveKit server might send it. Panics when it is read as something that it cannot be.
pub fn message(bytes: &[u8]) {
    let job = match wire::decode(bytes) {
        Ok(Some(FromServer::Availability(job))) => job,
        Ok(Some(FromServer::Assignment(assignment))) => {
            assert!(assignment.url.is_none_or(|url| !url.is_empty()), "an empty address is none");
            assignment.job
        }
        Ok(_) | Err(_) => return,
    };
    assert!(!job.id.as_str().is_empty() && !job.room.is_empty(), "a job without an id or a room is none");
}
