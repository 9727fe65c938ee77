//! Calls between participants.
#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::sync::Arc;
use std::time::{Duration, Instant};

use crate::common::{Peer, within};
use room::{
    RPC_METHOD_LIMIT, RPC_PAYLOAD_LIMIT, Room, RoomError, RoomEvent, RpcError, RpcFault, RpcRequest, RpcResponder,
};
use testkit::sfu::LivekitServer;
use tokio::task::JoinSet;

/// An agent that offers `ask`, and Ada, who knows that it is there.
async fn pair(server: &LivekitServer) -> (Peer, Peer) {
    let agent = Peer::join_as_agent(server, "agent").await;
    agent.room.register_rpc("ask").unwrap();
    let mut ada = Peer::join(server, "ada").await;
    ada.participant("agent").await;
    (agent, ada)
}

fn call(method: &str, payload: &str) -> RpcRequest {
    RpcRequest {
        destination_identity: "agent".into(),
        method: method.into(),
        payload: payload.into(),
        timeout: Duration::from_secs(15),
    }
}

struct Invocation {
    caller: String,
    method: String,
    payload: String,
    responder: RpcResponder,
}

async fn invocation(peer: &mut Peer) -> Invocation {
    peer.event("a call comes", |event| match event {
        RoomEvent::RpcInvocation { caller_identity: caller, method, payload, responder, .. } => {
            Some(Invocation { caller, method, payload, responder })
        }
        _ => None,
    })
    .await
}

/// Makes a call that the other side takes with `answer`.
async fn asked(
    ada: &Peer,
    agent: &mut Peer,
    request: RpcRequest,
    answer: impl FnOnce(Invocation),
) -> Result<String, RpcError> {
    let answering = async { answer(invocation(agent).await) };
    within("the call is answered", async { tokio::join!(ada.room.perform_rpc(request), answering) }).await.0
}

#[tokio::test(flavor = "multi_thread")]
async fn a_call_is_answered_in_both_directions() {
    let server = LivekitServer::start().await.unwrap();
    let (mut agent, mut ada) = pair(&server).await;
    // As large as may be, both ways; three bytes a letter.
    let largest = "京".repeat(RPC_PAYLOAD_LIMIT / 3);
    let answer = asked(&ada, &mut agent, call("ask", &largest), |invocation| {
        assert_eq!((invocation.caller.as_str(), invocation.method.as_str()), ("ada", "ask"));
        invocation.responder.respond(Ok(invocation.payload)).unwrap();
    })
    .await;
    assert_eq!(answer.unwrap(), largest);

    ada.room.register_rpc("tell").unwrap();
    agent.participant("ada").await;
    let request = RpcRequest { destination_identity: "ada".into(), ..call("tell", "") };
    let answer = asked(&agent, &mut ada, request, |invocation| {
        assert_eq!((invocation.caller.as_str(), invocation.payload.as_str()), ("agent", ""));
        invocation.responder.respond(Ok(String::new())).unwrap();
    })
    .await;
    assert_eq!(answer.unwrap(), "");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_error_reaches_the_caller_and_so_does_an_answer_that_was_never_given() {
    let server = LivekitServer::start().await.unwrap();
    let (mut agent, ada) = pair(&server).await;
    let told = RpcFault::new(42, "I don't know.");
    let given = told.clone();
    let refused =
        asked(&ada, &mut agent, call("ask", "why"), |invocation| invocation.responder.respond(Err(given)).unwrap())
            .await;
    assert!(matches!(&refused, Err(RpcError::Fault(fault)) if *fault == told), "{refused:?}");

    let forgotten = asked(&ada, &mut agent, call("ask", "why"), drop).await;
    let Err(RpcError::Fault(fault)) = forgotten else { panic!("{forgotten:?}") };
    assert_eq!(fault.code, RpcFault::APPLICATION);

    let too_large = asked(&ada, &mut agent, call("ask", "why"), |invocation| {
        let refused = invocation.responder.respond(Ok("x".repeat(RPC_PAYLOAD_LIMIT + 1)));
        assert!(matches!(refused, Err(RoomError::TooLarge { .. })), "{refused:?}");
    })
    .await;
    let Err(RpcError::Fault(fault)) = too_large else { panic!("{too_large:?}") };
    assert_eq!(fault.code, RpcFault::RESPONSE_TOO_LARGE);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_nobody_offers_is_refused_at_once() {
    let server = LivekitServer::start().await.unwrap();
    let (mut agent, ada) = pair(&server).await;
    let unknown = within("the call is refused", ada.room.perform_rpc(call("aks", ""))).await;
    assert!(matches!(unknown, Err(RpcError::UnknownMethod)), "{unknown:?}");

    let long = "x".repeat(RPC_PAYLOAD_LIMIT + 1);
    let too_large = ada.room.perform_rpc(call("ask", &long)).await;
    assert!(
        matches!(too_large, Err(RpcError::Room(RoomError::TooLarge { limit: RPC_PAYLOAD_LIMIT, .. }))),
        "{too_large:?}"
    );
    let too_long = agent.room.register_rpc(&"m".repeat(RPC_METHOD_LIMIT + 1));
    assert!(matches!(too_long, Err(RoomError::TooLarge { .. })), "{too_long:?}");
    assert!(matches!(agent.room.register_rpc(""), Err(RoomError::Request { .. })));
    // None of it came to the agent: the first that does is this.
    let answer = asked(&ada, &mut agent, call("ask", "now"), |invocation| {
        assert_eq!(invocation.payload, "now");
        invocation.responder.respond(Ok("yes".into())).unwrap();
    })
    .await;
    assert_eq!(answer.unwrap(), "yes");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_caller_waits_no_longer_than_it_said() {
    let server = LivekitServer::start().await.unwrap();
    let (mut agent, ada) = pair(&server).await;
    let timeout = Duration::from_millis(1500);
    let asked = Instant::now();
    let request = RpcRequest { timeout, ..call("ask", "") };
    let (late, invocation) = tokio::join!(ada.room.perform_rpc(request), invocation(&mut agent));
    assert!(matches!(late, Err(RpcError::Timeout)), "{late:?}");
    assert!(asked.elapsed() >= timeout, "given up after {:?}", asked.elapsed());
    // Nobody waits for this any more; the next call has its own answer.
    invocation.responder.respond(Ok("late".into())).unwrap();
    let answer =
        self::asked(&ada, &mut agent, call("ask", ""), |it| it.responder.respond(Ok("in time".into())).unwrap()).await;
    assert_eq!(answer.unwrap(), "in time");

    let request = RpcRequest { destination_identity: "nobody".into(), timeout, ..call("ask", "") };
    let unreachable = within("nobody answers", ada.room.perform_rpc(request)).await;
    assert!(matches!(unreachable, Err(RpcError::Unreachable)), "{unreachable:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_call_ends_with_the_one_who_was_called() {
    let server = LivekitServer::start().await.unwrap();
    let (mut agent, ada) = pair(&server).await;
    let request = RpcRequest { timeout: Duration::from_secs(3600), ..call("ask", "") };
    let leaving = async {
        let invocation = invocation(&mut agent).await;
        agent.room.disconnect().await.unwrap();
        let closed = invocation.responder.respond(Ok("too late".into()));
        assert!(matches!(closed, Err(RoomError::Closed)), "{closed:?}");
        assert!(matches!(agent.room.register_rpc("again"), Err(RoomError::Closed)));
    };
    let (gone, ()) = within("the call ends", async { tokio::join!(ada.room.perform_rpc(request), leaving) }).await;
    // Either its farewell or the server's word was faster.
    assert!(matches!(gone, Err(RpcError::RecipientLeft | RpcError::Fault(_))), "{gone:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_call_ends_when_the_one_who_was_called_vanishes_or_the_caller_leaves() {
    let server = LivekitServer::start().await.unwrap();
    let (mut agent, ada) = pair(&server).await;
    let request = RpcRequest { timeout: Duration::from_secs(3600), ..call("ask", "") };
    let removing = async {
        let invocation = invocation(&mut agent).await;
        // Another one takes its identity: it has no time for a farewell.
        let other = Peer::join_as_agent(&server, "agent").await;
        (invocation, other)
    };
    let (gone, (unanswered, other)) =
        within("the call ends", async { tokio::join!(ada.room.perform_rpc(request.clone()), removing) }).await;
    assert!(gone.is_err(), "{gone:?}");
    drop((unanswered, agent));

    let mut agent = other;
    agent.room.register_rpc("ask").unwrap();
    let leaving = async {
        let invocation = invocation(&mut agent).await;
        ada.room.disconnect().await.unwrap();
        invocation
    };
    let (closed, _) = within("the call ends", async { tokio::join!(ada.room.perform_rpc(request), leaving) }).await;
    assert!(matches!(closed, Err(RpcError::Room(RoomError::Closed))), "{closed:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn of_a_flood_of_calls_that_nobody_answers_some_wait_and_the_rest_is_refused_at_once() {
    let server = LivekitServer::start().await.unwrap();
    let (mut agent, ada) = pair(&server).await;
    let bob = Peer::join(&server, "bob").await;
    let mut flood = JoinSet::new();
    for peer in [ada, bob] {
        let room: Arc<dyn Room> = Arc::from(peer.room);
        for _ in 0..50 {
            let (room, request) = (room.clone(), RpcRequest { timeout: Duration::from_secs(60), ..call("ask", "?") });
            flood.spawn(async move { room.perform_rpc(request).await });
        }
    }
    let fault = |answer: Option<Result<Result<String, RpcError>, _>>| match answer.unwrap().unwrap() {
        Err(RpcError::Fault(fault)) => fault.message,
        other => panic!("{other:?}"),
    };
    // The agent reads nothing meanwhile: 64 calls wait in its events.
    for refused in 0..36 {
        let message = fault(within("a call is refused", flood.join_next()).await);
        assert!(message.contains("too many calls"), "call {refused}: {message}");
    }
    for _ in 0..64 {
        drop(invocation(&mut agent).await);
        let message = fault(within("a call ends", flood.join_next()).await);
        assert!(message.contains("no answer"), "{message}");
    }
    let eve = Peer::join(&server, "eve").await;
    let answer = asked(&eve, &mut agent, call("ask", ""), |it| it.responder.respond(Ok("yes".into())).unwrap()).await;
    assert_eq!(answer.unwrap(), "yes");
}
