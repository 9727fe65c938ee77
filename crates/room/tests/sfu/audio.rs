//! A voice, from its publisher to its listeners.
#![allow(clippy::unwrap_used, clippy::expect_used)]

use crate::common::{Peer, first_sound, is_loud, play_tone, strength, tone, within};
use livekit_api::services::room::RoomClient;
use room::{AudioPublishOptions, RoomError, RoomEvent, TrackKind, TrackSource};
use testkit::sfu::LivekitServer;

#[tokio::test(flavor = "multi_thread")]
async fn a_tone_is_heard_as_that_tone_at_the_asked_rate() {
    let server = LivekitServer::start().await.unwrap();
    let mut speaker = Peer::join_as_agent(&server, "agent").await;
    let mut listener = Peer::join(&server, "ada").await;
    let voice = speaker.publish_voice(50).await;
    let _playing = play_tone(voice.clone(), 880.0);

    let (identity, info, track) = listener.track(TrackKind::Audio).await;
    assert_eq!(identity, "agent");
    assert_eq!((info.source, info.name.as_str(), info.muted), (TrackSource::Microphone, "voice", false));
    assert_eq!(info.sid, voice.track_sid());
    // Opus, sent twice over against losses (RED).
    assert_eq!(info.mime_type.to_ascii_lowercase(), "audio/red");

    let mut stream = track.audio(16_000, 20, 50).unwrap();
    first_sound(&mut stream).await;
    let mut heard = Vec::new();
    within("a second of sound", async {
        while heard.len() < 16_000 {
            let frame = stream.next().await.unwrap();
            assert_eq!((frame.sample_rate, frame.samples.len()), (16_000, 320));
            heard.extend(frame.samples);
        }
    })
    .await;
    let (right, wrong) = (strength(&heard, 16_000, 880.0), strength(&heard, 16_000, 440.0));
    assert!(right > 6_000.0 && wrong < right / 10.0, "880 Hz: {right}, 440 Hz: {wrong}");

    let sid = voice.track_sid();
    speaker
        .event("the speaker learns that it is heard", |event| {
            matches!(event, RoomEvent::LocalTrackSubscribed { sid: heard } if heard == sid).then_some(())
        })
        .await;
}

/// Plays a second of sound into a queue of a second, clears the queue when it begins to be heard (if so told), and
/// returns how many of its milliseconds were heard.
async fn heard_of_a_second(clear: bool) -> usize {
    let server = LivekitServer::start().await.unwrap();
    let speaker = Peer::join_as_agent(&server, "agent").await;
    let mut listener = Peer::join(&server, "ada").await;
    let voice = speaker.publish_voice(1_000).await;
    let (_, _, track) = listener.track(TrackKind::Audio).await;
    let mut stream = track.audio(48_000, 10, 200).unwrap();
    // Silence comes through first: from here on nothing is lost to the start of the connection.
    within("the track carries silence", stream.next()).await.unwrap();

    for frame in 0..100 {
        voice.capture(&tone(440.0, frame * 480)).await.unwrap();
    }
    first_sound(&mut stream).await;
    if clear {
        voice.clear().unwrap();
    }
    let (mut loud, mut silent_since) = (1, 0);
    within("the sound ends", async {
        while silent_since < 50 {
            let frame = stream.next().await.unwrap();
            if is_loud(&frame.samples) {
                (loud, silent_since) = (loud + 1, 0);
            } else {
                silent_since += 1;
            }
        }
    })
    .await;
    loud * 10
}

#[tokio::test(flavor = "multi_thread")]
async fn clearing_cuts_what_is_queued() {
    let whole = heard_of_a_second(false).await;
    let cut = heard_of_a_second(true).await;
    assert!(whole >= 850, "{whole} ms of a second were heard");
    assert!(cut <= 500, "{cut} ms were heard after the queue was cleared");
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_is_heard_is_told_and_so_is_that_nobody_is_any_more() {
    let server = LivekitServer::start().await.unwrap();
    let speaker = Peer::join_as_agent(&server, "agent").await;
    let mut listener = Peer::join(&server, "ada").await;
    let voice = speaker.publish_voice(50).await;
    let playing = play_tone(voice.clone(), 440.0);
    let speakers = |event| match event {
        RoomEvent::SpeakersChanged { identities } => Some(identities),
        _ => None,
    };
    assert_eq!(listener.event("somebody is heard", speakers).await, ["agent"]);
    drop(playing);
    let _silence = crate::common::Task::spawn(async move { while voice.capture(&[0; 480]).await.is_ok() {} });
    assert!(listener.event("nobody is heard", speakers).await.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_track_muted_by_the_server_is_reported_and_so_is_its_end() {
    let server = LivekitServer::start().await.unwrap();
    let speaker = Peer::join_as_agent(&server, "agent").await;
    let mut listener = Peer::join(&server, "ada").await;
    let voice = speaker.publish_voice(50).await;
    let playing = play_tone(voice.clone(), 440.0);
    let (_, info, track) = listener.track(TrackKind::Audio).await;
    let mut stream = track.audio(48_000, 10, 10).unwrap();
    first_sound(&mut stream).await;

    let service = RoomClient::with_api_key(&server.http_url(), server.api_key(), server.api_secret());
    service.mute_published_track(crate::common::ROOM, "agent", &voice.track_sid(), true).await.unwrap();
    let muted = listener
        .event("the track is muted", |event| match event {
            RoomEvent::TrackMuted { identity, sid, muted } => Some((identity, sid, muted)),
            _ => None,
        })
        .await;
    assert_eq!(muted, ("agent".to_owned(), info.sid.clone(), true));

    // Dropping the publisher unpublishes: the listener's stream ends by itself.
    drop(playing);
    drop(voice);
    let gone = listener
        .event("the track is gone", |event| match event {
            RoomEvent::TrackUnsubscribed { identity, sid } => Some((identity, sid)),
            _ => None,
        })
        .await;
    assert_eq!(gone, ("agent".to_owned(), info.sid.clone()));
    within("the stream ends", async { while stream.next().await.is_some() {} }).await;
    assert!(matches!(track.audio(48_000, 10, 10), Err(RoomError::Closed)));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_can_not_be_published_or_captured_is_refused() {
    let server = LivekitServer::start().await.unwrap();
    let speaker = Peer::join_as_agent(&server, "agent").await;
    for queue_ms in [15, 2_000] {
        let options = AudioPublishOptions { name: "voice".into(), queue_ms };
        let refused = speaker.room.publish_audio(options).await;
        assert!(matches!(refused, Err(RoomError::Request { .. })), "{queue_ms} ms");
    }
    let voice = speaker.publish_voice(20).await;
    assert!(matches!(voice.capture(&[0; 479]).await, Err(RoomError::Request { .. })));
    speaker.room.disconnect().await.unwrap();
    assert!(matches!(voice.capture(&[0; 480]).await, Err(RoomError::Closed)));
}
