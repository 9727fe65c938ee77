//! Who is there, since when, and why they left.
#![allow(clippy::unwrap_used, clippy::expect_used)]

use crate::common::{Peer, ROOM, play_tone, within};
use livekit_api::services::room::RoomClient;
use room::{Attributes, DisconnectReason, ParticipantKind, RoomError, RoomEvent};
use testkit::sfu::LivekitServer;

fn attribute(key: &str, value: &str) -> Attributes {
    [(key.to_owned(), value.to_owned())].into()
}

async fn left(peer: &mut Peer, who: &str) -> DisconnectReason {
    peer.event("somebody leaves", |event| match event {
        RoomEvent::ParticipantDisconnected { identity, reason } if identity == who => Some(reason),
        _ => None,
    })
    .await
}

/// The last event, after which there is none.
async fn end(peer: &mut Peer) -> DisconnectReason {
    let reason = peer
        .event("the room ends", |event| match event {
            RoomEvent::Disconnected(reason) => Some(reason),
            _ => None,
        })
        .await;
    assert!(within("the events end", peer.events.recv()).await.is_none());
    reason
}

#[tokio::test(flavor = "multi_thread")]
async fn those_who_were_there_before_come_first_and_once() {
    let server = LivekitServer::start().await.unwrap();
    let mut agent = Peer::join_as_agent(&server, "agent").await;
    assert_eq!((agent.room.name().as_str(), agent.room.local().identity.as_str()), (ROOM, "agent"));
    assert_eq!(agent.room.local().kind, ParticipantKind::Agent);
    agent.room.set_attributes(attribute("lk.agent.state", "listening")).await.unwrap();
    let voice = agent.publish_voice(50).await;
    let _playing = play_tone(voice, 440.0);

    let mut ada = Peer::join(&server, "ada").await;
    agent.participant("ada").await;
    let mut seen = Vec::new();
    let mut tracks = 0;
    // Up to the arrival of a third, which is after everything about the first.
    let _bob = Peer::join(&server, "bob").await;
    ada.event("bob comes and the voice is there", |event| {
        match event {
            RoomEvent::ParticipantConnected(info) => {
                if info.identity == "agent" {
                    assert_eq!(info.kind, ParticipantKind::Agent);
                    assert_eq!(info.attributes.get("lk.agent.state").map(String::as_str), Some("listening"));
                }
                seen.push(info.identity);
            }
            RoomEvent::TrackSubscribed { identity, .. } => {
                assert_eq!((identity.as_str(), seen.first().map(String::as_str)), ("agent", Some("agent")));
                tracks += 1;
            }
            _ => {}
        }
        (seen.iter().any(|identity| identity == "bob") && tracks == 1).then_some(())
    })
    .await;
    assert_eq!(seen, ["agent", "bob"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn attributes_are_merged_and_what_changed_is_reported() {
    let server = LivekitServer::start().await.unwrap();
    let agent = Peer::join_as_agent(&server, "agent").await;
    let mut ada = Peer::join(&server, "ada").await;
    for state in ["listening", "thinking"] {
        agent.room.set_attributes(attribute("lk.agent.state", state)).await.unwrap();
        let (identity, changed) = ada
            .event("attributes change", |event| match event {
                RoomEvent::AttributesChanged { identity, changed } => Some((identity, changed)),
                _ => None,
            })
            .await;
        assert_eq!((identity.as_str(), changed), ("agent", attribute("lk.agent.state", state)));
    }
    agent.room.set_attributes(attribute("lk.agent.name", "Ann")).await.unwrap();
    let both: Attributes =
        attribute("lk.agent.state", "thinking").into_iter().chain(attribute("lk.agent.name", "Ann")).collect();
    let mut agent = agent;
    while agent.room.local().attributes != both {
        within("our own attributes follow", agent.events.recv()).await.expect("the room goes on");
    }
    // A person's token does not allow it.
    let refused = ada.room.set_attributes(attribute("lk.agent.state", "idle")).await;
    assert!(matches!(refused, Err(RoomError::Request { .. })), "{refused:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn leaving_is_reported_to_both_sides_with_its_reason() {
    let server = LivekitServer::start().await.unwrap();
    let mut agent = Peer::join_as_agent(&server, "agent").await;
    let mut ada = Peer::join(&server, "ada").await;
    agent.participant("ada").await;
    ada.room.disconnect().await.unwrap();
    ada.room.disconnect().await.unwrap();
    assert_eq!(end(&mut ada).await, DisconnectReason::ClientInitiated);
    assert_eq!(left(&mut agent, "ada").await, DisconnectReason::ClientInitiated);

    let bob = Peer::join(&server, "bob").await;
    agent.participant("bob").await;
    // Dropped without a word: it leaves all the same.
    let Peer { room, events } = bob;
    drop(room);
    drop(events);
    assert_eq!(left(&mut agent, "bob").await, DisconnectReason::ClientInitiated);
}

#[tokio::test(flavor = "multi_thread")]
async fn being_removed_replaced_or_closed_out_ends_the_room_with_that_reason() {
    let server = LivekitServer::start().await.unwrap();
    let service = RoomClient::with_api_key(&server.http_url(), server.api_key(), server.api_secret());

    let mut first = Peer::join(&server, "ada").await;
    let mut second = Peer::join(&server, "ada").await;
    assert_eq!(end(&mut first).await, DisconnectReason::DuplicateIdentity);
    let closed = first.room.send_text("hello?", room::TextOptions::default()).await;
    assert!(matches!(closed, Err(RoomError::Closed)), "{closed:?}");

    service.remove_participant(ROOM, "ada").await.unwrap();
    assert_eq!(end(&mut second).await, DisconnectReason::ParticipantRemoved);

    let mut third = Peer::join(&server, "ada").await;
    service.delete_room(ROOM).await.unwrap();
    assert_eq!(end(&mut third).await, DisconnectReason::RoomDeleted);
}
