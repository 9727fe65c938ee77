//! Requests that are answered later.

use std::time::Duration;

use tokio::sync::oneshot;

use super::library::Library;
use super::logs;
use super::proto::ffi_request;
use super::reply::Reply;
use crate::RoomError;

/// An answer that is still to come. Dropping it gives up on the answer.
pub(super) struct Waiting {
    library: &'static Library,
    id: u64,
    receiver: oneshot::Receiver<Reply>,
}

impl Waiting {
    /// Registers first and lets `send` make the request second, so that the answer can't overtake us.
    pub(super) fn start(
        library: &'static Library,
        send: impl FnOnce(u64) -> Result<(), RoomError>,
    ) -> Result<Self, RoomError> {
        let (id, receiver) = library.registry.expect_reply();
        let waiting = Self { library, id, receiver };
        send(id)?;
        Ok(waiting)
    }

    /// The answer, or [`RoomError::Timeout`]. [`RoomError::Closed`] when the registry forgot the request.
    pub(super) async fn reply(&mut self, action: &'static str, after: Duration) -> Result<Reply, RoomError> {
        match tokio::time::timeout(after, &mut self.receiver).await {
            Ok(Ok(Reply::Refused(message))) => {
                // Errors are shown to people and logged; the library's may quote the address with its token.
                Err(RoomError::Request { action, message: logs::redact(&message).into_owned() })
            }
            Ok(Ok(reply)) => Ok(reply),
            Ok(Err(_)) => Err(RoomError::Closed),
            Err(_) => Err(RoomError::Timeout { action, after }),
        }
    }
}

impl Drop for Waiting {
    fn drop(&mut self) {
        self.library.registry.forget(self.id);
    }
}

/// Makes a request and waits for its answer, at most `after`.
pub(super) async fn call(
    library: &'static Library,
    action: &'static str,
    after: Duration,
    build: impl FnOnce(u64) -> ffi_request::Message,
) -> Result<Reply, RoomError> {
    let mut waiting = Waiting::start(library, |id| library.request(action, build(id)).map(drop))?;
    waiting.reply(action, after).await
}

/// The error for an answer of the wrong kind.
pub(super) fn unexpected(action: &'static str) -> RoomError {
    RoomError::Request { action, message: "the LiveKit library answered something else".into() }
}
