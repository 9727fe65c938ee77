//! A face, from its publisher to its viewers.
#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::sync::Arc;
use std::time::Duration;

use crate::common::{Peer, Task, within};
use room::{
    FrameStamp, I420View, RoomError, RoomEvent, TrackKind, TrackSource, VideoCodec, VideoPublishOptions, VideoPublisher,
};
use testkit::sfu::LivekitServer;

const WIDTH: usize = 320;
const HEIGHT: usize = 240;

fn options(codec: VideoCodec) -> VideoPublishOptions {
    VideoPublishOptions {
        name: "face".into(),
        width: WIDTH as u32,
        height: HEIGHT as u32,
        max_framerate: 25.0,
        max_bitrate: 800_000,
        codec,
        simulcast: false,
        user_timestamps: true,
    }
}

/// Half dark, half bright, tinted, in planes whose rows are longer than the picture.
struct Picture {
    y: Vec<u8>,
    u: Vec<u8>,
    v: Vec<u8>,
}

const STRIDE_Y: usize = WIDTH + 32;
const STRIDE_UV: usize = WIDTH / 2 + 16;

impl Picture {
    fn new() -> Self {
        let row = |x: usize| if x < WIDTH / 2 { 50 } else { 200 };
        let y = (0..STRIDE_Y * HEIGHT).map(|i| row(i % STRIDE_Y)).collect();
        Self { y, u: vec![90; STRIDE_UV * HEIGHT / 2], v: vec![160; STRIDE_UV * HEIGHT / 2] }
    }

    fn view(&self) -> I420View<'_> {
        I420View {
            width: WIDTH as u32,
            height: HEIGHT as u32,
            y: &self.y,
            u: &self.u,
            v: &self.v,
            stride_y: STRIDE_Y as u32,
            stride_uv: STRIDE_UV as u32,
        }
    }
}

/// Shows the picture 25 times a second until dropped.
fn show(face: Arc<dyn VideoPublisher>) -> Task {
    Task::spawn(async move {
        let mut clock = tokio::time::interval(Duration::from_millis(40));
        for frame in 0_i64.. {
            clock.tick().await;
            let face = face.clone();
            let shown = tokio::task::spawn_blocking(move || face.capture(Picture::new().view(), stamp(frame)));
            if shown.await.unwrap().is_err() {
                return;
            }
        }
    })
}

fn stamp(frame: i64) -> FrameStamp {
    FrameStamp { timestamp_us: frame * 40_000, user_timestamp: u64::try_from(frame).ok().map(|frame| frame + 1) }
}

fn near(value: u8, expected: u8) -> bool {
    value.abs_diff(expected) <= 12
}

async fn is_seen_as_sent(codec: VideoCodec, mime_type: &str) {
    let server = LivekitServer::start().await.unwrap();
    let mut speaker = Peer::join_as_agent(&server, "agent").await;
    let mut viewer = Peer::join(&server, "ada").await;
    let face: Arc<dyn VideoPublisher> = Arc::from(speaker.room.publish_video(options(codec)).await.unwrap());
    let _showing = show(face.clone());

    let (identity, info, track) = viewer.track(TrackKind::Video).await;
    assert_eq!((identity.as_str(), info.source, info.name.as_str()), ("agent", TrackSource::Camera, "face"));
    assert_eq!(info.sid, face.track_sid());
    assert_eq!(info.mime_type.to_ascii_lowercase(), mime_type);
    assert!(matches!(track.audio(48_000, 10, 10), Err(RoomError::Request { .. })));

    let mut stream = track.video(2).unwrap();
    within("ten frames are seen", async {
        let (mut last, mut last_number) = (None, None);
        for _ in 0..10 {
            let frame = stream.next().await.unwrap();
            assert_eq!((frame.width as usize, frame.height as usize), (WIDTH, HEIGHT));
            assert_eq!(frame.data.len(), WIDTH * HEIGHT * 3 / 2);
            assert!(last.is_none_or(|last| last < frame.timestamp_us), "frames come in order");
            last = Some(frame.timestamp_us);
            let number = frame.user_timestamp.unwrap();
            assert!(last_number.is_none_or(|last| last < number), "every frame brings its own number");
            last_number = Some(number);
            let middle = HEIGHT / 2 * WIDTH;
            let (dark, bright) = (frame.data[middle + WIDTH / 4], frame.data[middle + WIDTH * 3 / 4]);
            assert!(near(dark, 50) && near(bright, 200), "{dark}, {bright}");
            let chroma = WIDTH * HEIGHT + HEIGHT / 4 * WIDTH / 2 + WIDTH / 4;
            let (u, v) = (frame.data[chroma], frame.data[chroma + WIDTH * HEIGHT / 4]);
            assert!(near(u, 90) && near(v, 160), "{u}, {v}");
        }
    })
    .await;
    speaker
        .event("the speaker learns that it is seen", |event| {
            matches!(event, RoomEvent::LocalTrackSubscribed { .. }).then_some(())
        })
        .await;
    drop(track);
    speaker.room.disconnect().await.unwrap();
    within("the stream ends with the track", async { while stream.next().await.is_some() {} }).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_picture_in_h264_is_seen_as_it_was_sent() {
    is_seen_as_sent(VideoCodec::H264, "video/h264").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_picture_in_vp8_is_seen_as_it_was_sent() {
    is_seen_as_sent(VideoCodec::Vp8, "video/vp8").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_picture_with_planes_too_short_is_refused_before_it_reaches_the_library() {
    let server = LivekitServer::start().await.unwrap();
    let speaker = Peer::join_as_agent(&server, "agent").await;
    let face = speaker.room.publish_video(options(VideoCodec::H264)).await.unwrap();
    let mut picture = Picture::new();
    picture.u.truncate(10);
    assert!(matches!(face.capture(picture.view(), FrameStamp::default()), Err(RoomError::Request { .. })));
    let odd = VideoPublishOptions { width: 321, ..options(VideoCodec::H264) };
    assert!(matches!(speaker.room.publish_video(odd).await, Err(RoomError::Request { .. })));
}
