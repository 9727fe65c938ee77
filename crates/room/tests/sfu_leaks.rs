//! Nothing native is left behind. One test alone in its process, because the count is the process's.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod common;

use std::time::Duration;

use common::{Peer, first_sound, play_tone, within};
use room::ffi::live_handles;
use room::{
    ByteOptions, ConnectOptions, I420View, RoomConnector, RoomEvent, TextOptions, TrackKind, VideoCodec,
    VideoPublishOptions,
};
use testkit::sfu::LivekitServer;

/// Everything once: voice, face, text, subscriptions; then all is dropped, half of it before the rooms.
async fn call(server: &LivekitServer) {
    let agent = Peer::join_as_agent(server, "agent").await;
    let mut ada = Peer::join(server, "ada").await;
    let voice = agent.publish_voice(50).await;
    let playing = play_tone(voice, 440.0);
    let (_, _, track) = ada.track(TrackKind::Audio).await;
    let mut stream = track.audio(48_000, 10, 10).unwrap();
    first_sound(&mut stream).await;
    let face = VideoPublishOptions {
        name: "face".into(),
        width: 64,
        height: 64,
        max_framerate: 25.0,
        max_bitrate: 100_000,
        codec: VideoCodec::Vp8,
        simulcast: false,
        user_timestamps: false,
    };
    let face = agent.room.publish_video(face).await.unwrap();
    let (y, uv) = (vec![100; 64 * 64], vec![128; 32 * 32]);
    let view = I420View { width: 64, height: 64, y: &y, u: &uv, v: &uv, stride_y: 64, stride_uv: 32 };
    face.capture(view, room::FrameStamp::default()).unwrap();
    let writer = agent.room.open_text(TextOptions { topic: "t".into(), ..TextOptions::default() }).await.unwrap();
    let bytes = agent.room.open_bytes(ByteOptions { topic: "b".into(), ..ByteOptions::default() }).await.unwrap();
    agent.room.send_bytes(b"unread", ByteOptions { topic: "b".into(), ..ByteOptions::default() }).await.unwrap();
    ada.event("a byte stream opens", |event| matches!(event, RoomEvent::ByteStream { .. }).then_some(())).await;
    agent.room.send_text("unread", TextOptions { topic: "t".into(), ..TextOptions::default() }).await.unwrap();
    ada.event("a text stream opens", |event| matches!(event, RoomEvent::TextStream { .. }).then_some(())).await;
    assert!(live_handles() > 0, "the count counts");
    agent.room.disconnect().await.unwrap();
    drop(stream);
    drop(ada);
    drop((playing, face, writer, bytes, agent, track));
}

#[tokio::test(flavor = "multi_thread")]
async fn ten_calls_and_an_abandoned_join_leave_no_native_object() {
    let server = LivekitServer::start().await.unwrap();
    for _ in 0..10 {
        call(&server).await;
    }
    // Given up while joining: whatever comes of it is released too.
    let hasty = ConnectOptions { timeout: Duration::from_millis(1), ..ConnectOptions::default() };
    let joined = common::connector().connect(&server.url(), &server.token("bob", common::ROOM), hasty).await;
    assert!(joined.is_err());
    let mut clock = tokio::time::interval(Duration::from_millis(10));
    within("all native objects are gone", async {
        while live_handles() > 0 {
            clock.tick().await;
        }
    })
    .await;
}
