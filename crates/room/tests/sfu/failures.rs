//! Servers that refuse, are absent, or die.
#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::net::TcpListener;
use std::path::Path;
use std::time::{Duration, Instant};

use crate::common::{Peer, connector, first_sound, play_tone};
use room::ffi::FfiConnector;
use room::{ConnectOptions, RoomConnector, RoomError, RoomEvent, TrackKind};
use testkit::sfu::LivekitServer;

async fn refusal(url: &str, token: &str, timeout: Duration) -> RoomError {
    let options = ConnectOptions { timeout, ..ConnectOptions::default() };
    let started = Instant::now();
    let Err(error) = connector().connect(url, token, options).await else { panic!("joined {url}") };
    assert!(started.elapsed() < timeout + Duration::from_secs(2), "{:?}", started.elapsed());
    error
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_of_another_server_is_refused_without_retries() {
    let (server, other) = (LivekitServer::start().await.unwrap(), LivekitServer::start().await.unwrap());
    let timeout = Duration::from_secs(10);
    let foreign = other.token("ada", crate::common::ROOM);
    for token in [foreign.as_str(), "not a token", ""] {
        let error = refusal(&server.url(), token, timeout).await;
        assert!(matches!(error, RoomError::Refused(_)), "{error}");
        assert!(!error.to_string().contains(&foreign), "a token is a secret: {error}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_absent_server_and_one_that_never_answers_fail_within_the_deadline() {
    let timeout = Duration::from_secs(3);
    // Nobody listens: the port was free a moment ago.
    let free = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let error = refusal(&format!("ws://{free}"), "token", timeout).await;
    assert!(matches!(error, RoomError::Connect(_) | RoomError::Timeout { .. }), "{error}");
    // Somebody listens but says nothing.
    let mute = TcpListener::bind("127.0.0.1:0").unwrap();
    let error = refusal(&format!("ws://{}", mute.local_addr().unwrap()), "token", timeout).await;
    assert!(matches!(error, RoomError::Connect(_) | RoomError::Timeout { .. }), "{error}");
    let error = refusal("not an address", "token", timeout).await;
    assert!(matches!(error, RoomError::Connect(_)), "{error}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_dies_and_comes_back_is_rejoined_with_our_tracks() {
    let mut server = LivekitServer::start().await.unwrap();
    let mut agent = Peer::join_as_agent(&server, "agent").await;
    let voice = agent.publish_voice(50).await;
    let before = voice.track_sid();
    let _playing = play_tone(voice.clone(), 440.0);

    server.kill();
    agent.event("the loss is noticed", |event| matches!(event, RoomEvent::Reconnecting).then_some(())).await;
    server.restart().await.unwrap();
    // Every new id of the voice is announced (each attempt to rejoin may give one), and the publisher knows the last.
    let mut ids = vec![before.clone()];
    let mut reconnected = false;
    agent
        .event("the room is rejoined and the voice is there again", |event| {
            match event {
                RoomEvent::Reconnected => reconnected = true,
                RoomEvent::LocalTrackRepublished { previous_sid, sid } => {
                    assert_eq!(ids.last(), Some(&previous_sid));
                    ids.push(sid);
                }
                _ => {}
            }
            (reconnected && ids.len() > 1).then_some(())
        })
        .await;
    assert_ne!(voice.track_sid(), before);
    assert_eq!(ids.last(), Some(&voice.track_sid()));

    let mut listener = Peer::join(&server, "ada").await;
    let (_, info, track) = listener.track(TrackKind::Audio).await;
    assert_eq!(info.sid, voice.track_sid());
    first_sound(&mut track.audio(48_000, 10, 50).unwrap()).await;
}

#[test]
fn only_one_library_is_loaded_and_a_missing_one_is_named() {
    let missing = FfiConnector::load(Path::new("/no/such/liblivekit_ffi.so"));
    let Err(RoomError::Library(message)) = missing else { panic!("loaded") };
    assert!(message.contains("/no/such/liblivekit_ffi.so"), "{message}");
    connector();
    connector();
    let text = tempfile::NamedTempFile::new().unwrap();
    let Err(RoomError::Library(message)) = FfiConnector::load(text.path()) else { panic!("loaded") };
    assert!(message.contains("one per process"), "{message}");
}
