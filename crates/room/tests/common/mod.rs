//! What the tests of the room share: a private server, participants, a tone, waiting with a deadline.
#![allow(dead_code, clippy::unwrap_used, clippy::expect_used, missing_docs)]

use std::f32::consts::TAU;
use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use room::ffi::FfiConnector;
use room::{
    AudioPublishOptions, AudioPublisher, AudioStream, ConnectOptions, ParticipantInfo, RemoteTrack, Room,
    RoomConnector, RoomEvent, RoomEvents, TrackInfo, TrackKind,
};
use testkit::sfu::LivekitServer;

pub(crate) const DEADLINE: Duration = Duration::from_secs(20);
pub(crate) const ROOM: &str = "lounge";

pub(crate) fn connector() -> FfiConnector {
    let assets = assets::Assets::open().expect("the assets");
    let library = assets.path(assets::Asset::LivekitFfi).expect("liblivekit_ffi.so: run `cargo xtask setup`");
    FfiConnector::load(&library).expect("the library loads")
}

/// Anything that must happen, or the test fails saying what did not.
pub(crate) async fn within<T>(what: &str, happens: impl Future<Output = T>) -> T {
    match tokio::time::timeout(DEADLINE, happens).await {
        Ok(value) => value,
        Err(_) => panic!("not within {DEADLINE:?}: {what}"),
    }
}

pub(crate) struct Peer {
    pub(crate) room: Box<dyn Room>,
    pub(crate) events: RoomEvents,
}

impl Peer {
    pub(crate) async fn join(server: &LivekitServer, identity: &str) -> Self {
        Self::with_token(server, &server.token(identity, ROOM)).await
    }

    pub(crate) async fn join_as_agent(server: &LivekitServer, identity: &str) -> Self {
        Self::with_token(server, &server.agent_token(identity, ROOM)).await
    }

    async fn with_token(server: &LivekitServer, token: &str) -> Self {
        let connection = connector().connect(&server.url(), token, ConnectOptions::default()).await.expect("joined");
        Self { room: connection.room, events: connection.events }
    }

    /// The first event that `pick` takes; others are passed over.
    pub(crate) async fn event<T>(&mut self, what: &str, mut pick: impl FnMut(RoomEvent) -> Option<T>) -> T {
        within(what, async {
            loop {
                let event = self.events.recv().await.unwrap_or_else(|| panic!("the room ended before: {what}"));
                if let Some(picked) = pick(event) {
                    return picked;
                }
            }
        })
        .await
    }

    pub(crate) async fn participant(&mut self, identity: &str) -> ParticipantInfo {
        self.event("a participant connects", |event| match event {
            RoomEvent::ParticipantConnected(info) if info.identity == identity => Some(info),
            _ => None,
        })
        .await
    }

    pub(crate) async fn track(&mut self, kind: TrackKind) -> (String, TrackInfo, Arc<dyn RemoteTrack>) {
        self.event("a track is subscribed to", |event| match event {
            RoomEvent::TrackSubscribed { identity, info, track } if info.kind == kind => Some((identity, info, track)),
            _ => None,
        })
        .await
    }

    pub(crate) async fn publish_voice(&self, queue_ms: u32) -> Arc<dyn AudioPublisher> {
        let options = AudioPublishOptions { name: "voice".into(), queue_ms };
        Arc::from(self.room.publish_audio(options).await.expect("a voice is published"))
    }
}

/// 10 ms of a tone, continuing at sample `from`.
pub(crate) fn tone(frequency: f32, from: usize) -> Vec<i16> {
    let sample = |i: usize| ((from + i) as f32 * frequency * TAU / 48_000.0).sin() * 12_000.0;
    (0..480).map(|i| sample(i) as i16).collect()
}

/// A task that is ended with its owner.
pub(crate) struct Task(tokio::task::JoinHandle<()>);

impl Task {
    pub(crate) fn spawn(work: impl Future<Output = ()> + Send + 'static) -> Self {
        Self(tokio::spawn(work))
    }
}

impl Drop for Task {
    fn drop(&mut self) {
        self.0.abort();
    }
}

/// Plays a tone until dropped (or until the room is gone).
pub(crate) fn play_tone(voice: Arc<dyn AudioPublisher>, frequency: f32) -> Task {
    Task::spawn(async move {
        let mut at = 0;
        while voice.capture(&tone(frequency, at)).await.is_ok() {
            at += 480;
        }
    })
}

/// The strength of one frequency in `samples` (Goertzel's algorithm), as an amplitude.
pub(crate) fn strength(samples: &[i16], sample_rate: u32, frequency: f32) -> f32 {
    let coefficient = 2.0 * (TAU * frequency / sample_rate as f32).cos();
    let (mut last, mut before) = (0.0_f32, 0.0_f32);
    for &sample in samples {
        (last, before) = (f32::from(sample) + coefficient * last - before, last);
    }
    let power = last * last + before * before - coefficient * last * before;
    2.0 * power.max(0.0).sqrt() / samples.len() as f32
}

pub(crate) fn is_loud(samples: &[i16]) -> bool {
    samples.iter().any(|sample| sample.unsigned_abs() > 2_000)
}

/// Reads frames until one is loud.
pub(crate) async fn first_sound(stream: &mut AudioStream) -> Vec<i16> {
    within("sound is heard", async {
        loop {
            let frame = stream.next().await.expect("the stream goes on");
            if is_loud(&frame.samples) {
                return frame.samples;
            }
        }
    })
    .await
}
