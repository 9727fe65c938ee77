//! Push to talk: the RPC methods of LiveKit's own example.

use proto::room::PushToTalk as Method;
use room::{Room, RoomError, RpcFault, RpcResponder};

use session::ports::{PushToTalk, PushToTalkRefused, PushToTalkResponder, TransportEvent};

/// Offers the methods to everybody in the room; who calls them is checked when they are called.
///
/// # Errors
/// [`RoomError::Closed`] when the room is over already.
pub fn offer_push_to_talk(room: &dyn Room) -> Result<(), RoomError> {
    Method::ALL.into_iter().try_for_each(|call| room.register_rpc(call.method()))
}

/// A call of one of the methods as an event; the responder back when it is none of them.
pub(super) fn push_to_talk(
    caller: &str,
    method: &str,
    responder: RpcResponder,
) -> Result<TransportEvent, RpcResponder> {
    let Some(method) = Method::of_method(method) else { return Err(responder) };
    let action = match method {
        Method::StartTurn => PushToTalk::Start,
        Method::EndTurn => PushToTalk::End,
        Method::CancelTurn => PushToTalk::Cancel,
    };
    let responder = PushToTalkResponder::new(move |answer: Result<(), PushToTalkRefused>| {
        let answer = answer
            .map(|()| String::new())
            .map_err(|PushToTalkRefused| RpcFault::new(RpcFault::APPLICATION, "the agent listens to somebody else"));
        respond(responder, answer, method.method());
    });
    Ok(TransportEvent::PushToTalk { identity: caller.to_owned(), action, responder })
}

/// Answers a call; the log says when that was not possible.
pub(super) fn respond(responder: RpcResponder, answer: Result<String, RpcFault>, method: &str) {
    if let Err(fault) = &answer {
        tracing::info!(method, %fault, "a call is refused");
    }
    if let Err(error) = responder.respond(answer) {
        tracing::debug!(%error, method, "a call could not be answered");
    }
}
