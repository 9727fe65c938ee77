//! Remote procedure calls between participants: LiveKit's RPC, as <https://docs.livekit.io/home/client/data/rpc/> describes it.

use std::fmt;
use std::time::Duration;

use crate::RoomError;

/// The longest payload and the longest answer, in bytes: LiveKit's limit for all clients.
pub const RPC_PAYLOAD_LIMIT: usize = 15 * 1024;
/// The longest name of a method, in bytes.
pub const RPC_METHOD_LIMIT: usize = 64;
/// The longest message of an [`RpcFault`], in bytes; what is beyond is cut off.
pub const RPC_MESSAGE_LIMIT: usize = 256;

/// A call to make: see [`Room::perform_rpc`](crate::Room::perform_rpc).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RpcRequest {
    /// Who is called.
    pub destination_identity: String,
    /// What, at most [`RPC_METHOD_LIMIT`] bytes.
    pub method: String,
    /// With what, at most [`RPC_PAYLOAD_LIMIT`] bytes.
    pub payload: String,
    /// How long everything together may take. Half of it, at most seven seconds, is for hearing that the call arrived.
    pub timeout: Duration,
}

/// What is answered in place of a result.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message} (code {code})")]
pub struct RpcFault {
    /// LiveKit's own codes are 1400 to 1999; an application takes others.
    pub code: u32,
    /// For people. At most [`RPC_MESSAGE_LIMIT`] bytes.
    pub message: String,
}

impl RpcFault {
    /// The destination does not offer the method.
    pub const UNSUPPORTED_METHOD: u32 = 1400;
    /// There is no such participant.
    pub const RECIPIENT_NOT_FOUND: u32 = 1401;
    /// The payload is longer than [`RPC_PAYLOAD_LIMIT`].
    pub const REQUEST_TOO_LARGE: u32 = 1402;
    /// The method itself failed.
    pub const APPLICATION: u32 = 1500;
    /// The destination never said that the call arrived.
    pub const CONNECTION_TIMEOUT: u32 = 1501;
    /// It arrived, and was not answered in time.
    pub const RESPONSE_TIMEOUT: u32 = 1502;
    /// The destination left.
    pub const RECIPIENT_LEFT: u32 = 1503;
    /// The answer is longer than [`RPC_PAYLOAD_LIMIT`].
    pub const RESPONSE_TOO_LARGE: u32 = 1504;

    /// A fault; a message that is too long is cut.
    #[must_use]
    pub fn new(code: u32, message: impl Into<String>) -> Self {
        let mut message = message.into();
        message.truncate(message.floor_char_boundary(RPC_MESSAGE_LIMIT));
        Self { code, message }
    }
}

/// Why a call has no result. The destination can send any code, so that all but [`Self::Room`] may be its claim.
#[derive(Debug, thiserror::Error)]
pub enum RpcError {
    /// The call could not be made, or not be finished.
    #[error(transparent)]
    Room(#[from] RoomError),
    /// The destination does not offer this method.
    #[error("the participant called does not offer this method")]
    UnknownMethod,
    /// The call did not arrive: nobody of that identity is there, or its connection is broken.
    #[error("the participant called can't be reached")]
    Unreachable,
    /// The destination left before it answered.
    #[error("the participant called left")]
    RecipientLeft,
    /// There was no answer in time.
    #[error("the participant called did not answer in time")]
    Timeout,
    /// The answer is an error.
    #[error("the call was answered with an error: {0}")]
    Fault(RpcFault),
}

impl From<RpcFault> for RpcError {
    fn from(fault: RpcFault) -> Self {
        match fault.code {
            RpcFault::UNSUPPORTED_METHOD => Self::UnknownMethod,
            RpcFault::RECIPIENT_NOT_FOUND | RpcFault::CONNECTION_TIMEOUT => Self::Unreachable,
            RpcFault::RESPONSE_TIMEOUT => Self::Timeout,
            RpcFault::RECIPIENT_LEFT => Self::RecipientLeft,
            _ => Self::Fault(fault),
        }
    }
}

type Answer = Result<String, RpcFault>;
type Reply = Box<dyn FnOnce(Answer) -> Result<(), RoomError> + Send>;

/// Answers one call of somebody else's. Dropping it answers that the method failed, so that nobody waits in vain.
pub struct RpcResponder(Option<Reply>);

impl RpcResponder {
    /// A responder whose answer goes to `reply`, which must not block. For backends and tests.
    #[must_use]
    pub fn new(reply: impl FnOnce(Answer) -> Result<(), RoomError> + Send + 'static) -> Self {
        Self(Some(Box::new(reply)))
    }

    /// Sends the answer on its way.
    ///
    /// # Errors
    /// [`RoomError::Closed`] when the room is over; [`RoomError::TooLarge`] when the answer is longer than
    /// [`RPC_PAYLOAD_LIMIT`]: then the caller gets a fault that says so.
    pub fn respond(mut self, answer: Answer) -> Result<(), RoomError> {
        let Some(reply) = self.0.take() else { return Ok(()) };
        match answer {
            Ok(payload) if payload.len() > RPC_PAYLOAD_LIMIT => {
                reply(Err(RpcFault::new(RpcFault::RESPONSE_TOO_LARGE, "the answer is too large")))?;
                Err(RoomError::TooLarge { what: "the answer to a call", limit: RPC_PAYLOAD_LIMIT })
            }
            answer => reply(answer),
        }
    }
}

impl Drop for RpcResponder {
    fn drop(&mut self) {
        if let Some(reply) = self.0.take()
            && let Err(error) = reply(Err(RpcFault::new(RpcFault::APPLICATION, "the method gave no answer")))
        {
            tracing::debug!(%error, "a call can't be answered any more");
        }
    }
}

impl fmt::Debug for RpcResponder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("RpcResponder")
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used)]

    use std::sync::mpsc;

    use super::*;

    fn responder() -> (RpcResponder, mpsc::Receiver<Answer>) {
        let (sender, answers) = mpsc::sync_channel(4);
        (RpcResponder::new(move |answer| sender.send(answer).map_err(|_| RoomError::Closed)), answers)
    }

    #[test]
    fn a_call_is_answered_once_and_at_the_latest_when_its_responder_is_dropped() {
        let (answered, answers) = responder();
        answered.respond(Ok("yes".into())).unwrap();
        assert_eq!(answers.iter().collect::<Vec<_>>(), [Ok("yes".to_owned())]);
        let (dropped, answers) = responder();
        drop(dropped);
        let answers: Vec<_> = answers.iter().collect();
        assert!(
            matches!(answers.as_slice(), [Err(RpcFault { code: RpcFault::APPLICATION, .. })]),
            "answered: {answers:?}"
        );
    }

    #[test]
    fn an_answer_above_the_limit_becomes_a_fault() {
        let (responder, answers) = responder();
        let refused = responder.respond(Ok("x".repeat(RPC_PAYLOAD_LIMIT + 1)));
        assert!(matches!(refused, Err(RoomError::TooLarge { limit: RPC_PAYLOAD_LIMIT, .. })), "{refused:?}");
        assert_eq!(answers.recv().unwrap().unwrap_err().code, RpcFault::RESPONSE_TOO_LARGE);
    }

    #[test]
    fn a_long_message_is_cut_between_two_letters() {
        let fault = RpcFault::new(7, "ü".repeat(200));
        assert_eq!(fault.message, "ü".repeat(128));
        let odd = RpcFault::new(7, format!("x{}", "ü".repeat(200)));
        assert_eq!(odd.message.len(), 255);
    }
}
