//! Calls between participants: making them, offering methods, answering.
//!
//! The library waits for our answer without a deadline of its own, and keeps a room alive that offers a method or owes an
//! answer. So a room's [`Desk`] knows of both, and settles everything when the room is over.

use std::collections::{HashMap, HashSet};
use std::sync::Mutex;
use std::time::Duration;

use super::call::{Waiting, unexpected};
use super::events;
use super::library::Library;
use super::membership::Membership;
use super::proto::{self, ffi_request};
use super::registry::lock;
use super::reply::Reply;
use crate::{RPC_METHOD_LIMIT, RPC_PAYLOAD_LIMIT, RoomError, RoomEvent, RpcError, RpcFault, RpcRequest, RpcResponder};

/// Calls of others that a room may owe an answer to at the same time; more are refused.
const MOST_UNANSWERED: usize = 64;
/// Calls of ours in one room that may wait for an answer at the same time.
const MOST_CALLS: usize = 64;
/// How long the arrival of a call may take to be acknowledged at most (LiveKit's default).
const LONGEST_ROUND_TRIP: Duration = Duration::from_secs(7);
const OFFERING: &str = "offering a method";
const CALLING: &str = "calling a participant";

/// What one room has to do with calls.
#[derive(Default)]
struct Desk {
    /// Our own participant's native handle.
    local: u64,
    /// Methods we offer.
    methods: HashSet<String>,
    /// Calls of others that we have not answered, by the library's number.
    unanswered: HashSet<u64>,
    /// Calls of ours that wait, by request id, and who is called.
    calls: HashMap<u64, String>,
}

/// The desks of all rooms, by the room's native handle.
#[derive(Default)]
pub(super) struct Desks(Mutex<HashMap<u64, Desk>>);

/// What becomes of a call that came in.
enum Admission {
    /// It goes to the reader of this room's events.
    Taken { room: u64 },
    /// Its room owes too many answers already.
    TooMany,
    /// Its room is over.
    Closed,
}

impl Desks {
    /// We are in a room.
    pub(super) fn open(&self, room: u64, local: u64) {
        lock(&self.0).insert(room, Desk { local, ..Desk::default() });
    }

    fn with<T>(&self, room: u64, act: impl FnOnce(&mut Desk) -> T) -> Result<T, RoomError> {
        lock(&self.0).get_mut(&room).map(act).ok_or(RoomError::Closed)
    }

    fn admit(&self, local: u64, invocation: u64) -> Admission {
        let mut desks = lock(&self.0);
        let Some((room, desk)) = desks.iter_mut().find(|(_, desk)| desk.local == local) else {
            return Admission::Closed;
        };
        if desk.unanswered.len() >= MOST_UNANSWERED {
            return Admission::TooMany;
        }
        desk.unanswered.insert(invocation);
        Admission::Taken { room: *room }
    }

    /// Whether this call was still to be answered. It is not any more.
    fn settle(&self, room: u64, invocation: u64) -> bool {
        self.with(room, |desk| desk.unanswered.remove(&invocation)).unwrap_or(false)
    }

    /// The waiting calls to one participant.
    fn calls_to(&self, room: u64, identity: &str) -> Vec<u64> {
        let to = |desk: &mut Desk| desk.calls.iter().filter(|(_, to)| *to == identity).map(|(id, _)| *id).collect();
        self.with(room, to).unwrap_or_default()
    }
}

/// A call of ours that waits.
struct Calling {
    library: &'static Library,
    room: u64,
    id: u64,
}

impl Drop for Calling {
    fn drop(&mut self) {
        // A room that is over has no calls any more.
        let _ = self.library.registry.rpc.with(self.room, |desk| desk.calls.remove(&self.id));
    }
}

fn check_method(action: &'static str, method: &str) -> Result<(), RoomError> {
    if method.is_empty() {
        return Err(RoomError::Request { action, message: "the method has no name".into() });
    }
    if method.len() > RPC_METHOD_LIMIT {
        return Err(RoomError::TooLarge { what: "the name of a method", limit: RPC_METHOD_LIMIT });
    }
    Ok(())
}

/// Offers a method to everybody in the room.
pub(super) fn register(membership: &Membership, method: &str) -> Result<(), RoomError> {
    check_method(OFFERING, method)?;
    membership.state.check_open()?;
    let (library, room) = (membership.library(), membership.room());
    if !library.registry.rpc.with(room, |desk| desk.methods.insert(method.to_owned()))? {
        return Ok(());
    }
    let request = ffi_request::Message::RegisterRpcMethod(proto::RegisterRpcMethodRequest {
        local_participant_handle: membership.local(),
        method: method.to_owned(),
    });
    let registered = library.request(OFFERING, request).map(drop);
    if registered.is_err() {
        library.registry.rpc.with(room, |desk| desk.methods.remove(method))?;
    }
    registered
}

/// Calls a participant and waits for the answer.
pub(super) async fn perform(membership: &Membership, request: RpcRequest) -> Result<String, RpcError> {
    let RpcRequest { destination_identity, method, payload, timeout } = request;
    membership.state.check_open()?;
    check_method(CALLING, &method)?;
    if payload.len() > RPC_PAYLOAD_LIMIT {
        return Err(RoomError::TooLarge { what: "the payload of a call", limit: RPC_PAYLOAD_LIMIT }.into());
    }
    let (library, room) = (membership.library(), membership.room());
    let milliseconds = |time: Duration| u32::try_from(time.as_millis()).unwrap_or(u32::MAX);
    let mut calling = None;
    let mut waiting = Waiting::start(library, |id| {
        let begun = library.registry.rpc.with(room, |desk| {
            let free = desk.calls.len() < MOST_CALLS;
            if free {
                desk.calls.insert(id, destination_identity.clone());
            }
            free
        })?;
        if !begun {
            let message = format!("{MOST_CALLS} calls wait for an answer already");
            return Err(RoomError::Request { action: CALLING, message });
        }
        calling = Some(Calling { library, room, id });
        let request = proto::PerformRpcRequest {
            local_participant_handle: membership.local(),
            destination_identity,
            method,
            payload,
            response_timeout_ms: Some(milliseconds(timeout)),
            request_async_id: Some(id),
            max_round_trip_latency_ms: Some(milliseconds((timeout / 2).min(LONGEST_ROUND_TRIP))),
        };
        library.request(CALLING, ffi_request::Message::PerformRpc(request)).map(drop)
    })?;
    let reply = waiting.reply(CALLING, timeout).await;
    drop(calling);
    match reply {
        Ok(Reply::RpcAnswered(Ok(payload))) if payload.len() > RPC_PAYLOAD_LIMIT => {
            Err(RoomError::TooLarge { what: "the answer to a call", limit: RPC_PAYLOAD_LIMIT }.into())
        }
        Ok(Reply::RpcAnswered(answer)) => Ok(answer?),
        Ok(_) => Err(unexpected(CALLING).into()),
        Err(RoomError::Timeout { .. }) => Err(RpcError::Timeout),
        Err(error) => Err(error.into()),
    }
}

/// Somebody calls a method of ours. Runs on the library's threads.
pub(super) fn invoked(library: &'static Library, call: proto::RpcMethodInvocationEvent) {
    let (local, invocation) = (call.local_participant_handle, call.invocation_id);
    let refuse = |code: u32, message: &str| {
        tracing::warn!(caller = call.caller_identity, method = call.method, message, "a call is refused");
        if let Err(error) = send_answer(library, local, invocation, Err(RpcFault::new(code, message))) {
            tracing::debug!(%error, "a call can't be refused any more");
        }
    };
    if call.payload.len() > RPC_PAYLOAD_LIMIT {
        return refuse(RpcFault::REQUEST_TOO_LARGE, "the payload is too large");
    }
    let room = match library.registry.rpc.admit(local, invocation) {
        Admission::Taken { room } => room,
        Admission::TooMany => return refuse(RpcFault::APPLICATION, "too many calls wait for an answer"),
        Admission::Closed => return refuse(RpcFault::APPLICATION, "the room is closed"),
    };
    let responder = RpcResponder::new(move |answer| {
        if library.registry.rpc.settle(room, invocation) {
            send_answer(library, local, invocation, answer)
        } else {
            Err(RoomError::Closed)
        }
    });
    let event = RoomEvent::RpcInvocation {
        caller_identity: call.caller_identity,
        method: call.method,
        payload: call.payload,
        response_timeout: Duration::from_millis(call.response_timeout_ms.into()),
        responder,
    };
    events::deliver(library, room, |_| Some(event));
}

fn send_answer(
    library: &'static Library,
    local: u64,
    invocation: u64,
    answer: Result<String, RpcFault>,
) -> Result<(), RoomError> {
    let (payload, error) = match answer {
        Ok(payload) => (Some(payload), None),
        Err(fault) => (None, Some(proto::RpcError { code: fault.code, message: fault.message, data: None })),
    };
    let response = proto::RpcMethodInvocationResponseRequest {
        local_participant_handle: local,
        invocation_id: invocation,
        payload,
        error,
    };
    library.request("answering a call", ffi_request::Message::RpcMethodInvocationResponse(response)).map(drop)
}

/// Somebody left: calls to them that wait are over.
pub(super) fn participant_left(library: &'static Library, room: u64, identity: &str) {
    for id in library.registry.rpc.calls_to(room, identity) {
        let fault = RpcFault::new(RpcFault::RECIPIENT_LEFT, "the participant left");
        library.registry.answer(id, Reply::RpcAnswered(Err(fault)));
    }
}

/// A room is over: nothing is offered, owed or waited for any more.
pub(super) fn close(library: &'static Library, room: u64) {
    let desk = lock(&library.registry.rpc.0).remove(&room);
    let Some(desk) = desk else { return };
    for id in desk.calls.into_keys() {
        library.registry.forget(id);
    }
    let gone = |error: RoomError| tracing::debug!(%error, "the room was gone already");
    for invocation in desk.unanswered {
        let fault = RpcFault::new(RpcFault::APPLICATION, "the participant leaves");
        send_answer(library, desk.local, invocation, Err(fault)).unwrap_or_else(gone);
    }
    for method in desk.methods {
        let request = proto::UnregisterRpcMethodRequest { local_participant_handle: desk.local, method };
        let request = ffi_request::Message::UnregisterRpcMethod(request);
        library.request("withdrawing a method", request).map(drop).unwrap_or_else(gone);
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used)]

    use super::*;

    #[test]
    fn a_room_owes_so_many_answers_and_no_more() {
        let desks = Desks::default();
        desks.open(7, 70);
        desks.open(8, 80);
        let taken = |admission: Admission| matches!(admission, Admission::Taken { .. });
        assert!((0..MOST_UNANSWERED as u64).all(|invocation| taken(desks.admit(70, invocation))));
        assert!(matches!(desks.admit(70, 1000), Admission::TooMany));
        assert!(matches!(desks.admit(80, 1001), Admission::Taken { room: 8 }), "another room");
        assert!(desks.settle(7, 3));
        assert!(!desks.settle(7, 3), "answered once");
        assert!(taken(desks.admit(70, 1002)));
        assert!(matches!(desks.admit(90, 1003), Admission::Closed), "a room that is not there");
    }

    #[test]
    fn only_the_calls_to_the_one_who_left_are_over() {
        let desks = Desks::default();
        desks.open(7, 70);
        desks.with(7, |desk| desk.calls.extend([(1, "ada".to_owned()), (2, "bob".to_owned())])).unwrap();
        assert_eq!(desks.calls_to(7, "ada"), [1]);
        assert!(desks.calls_to(7, "eve").is_empty() && desks.calls_to(9, "ada").is_empty());
    }
}
