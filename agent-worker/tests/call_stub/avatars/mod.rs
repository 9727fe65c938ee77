//! What the tests of the avatar protocol share: members of a room, an ear, our avatar as a process.
#![allow(dead_code, clippy::unwrap_used, clippy::expect_used, missing_docs)]
// An event that is passed over is given back as it came.
#![allow(clippy::result_large_err)]

pub mod scene;

use std::collections::VecDeque;
use std::f32::consts::TAU;
use std::future::Future;
use std::process::Stdio;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use assets::{Asset, Assets};
use proto::avatar::{METHOD_PLAYBACK_FINISHED, METHOD_PLAYBACK_STARTED, PlaybackFinished};
use room::ffi::FfiConnector;
use room::{
    Attributes, ByteOptions, ConnectOptions, ParticipantInfo, RemoteTrack, Room, RoomConnector, RoomEvent, RoomEvents,
    RpcRequest, TrackInfo, TrackKind,
};
use testkit::process::find_workspace_binary;
use testkit::sfu::LivekitServer;
use tokio::process::{Child, Command};

pub const ROOM: &str = "stage";
pub const AGENT: &str = "agent-under-test";
pub const AVATAR: &str = "agent-avatar-under-test";
/// How long anything may take on a busy machine.
pub const DEADLINE: Duration = Duration::from_secs(40);

/// Frames of 10 ms without a sound that are silence.
const SILENT_FRAMES: usize = 30;

/// Anything that must happen, or the test fails saying what did not.
pub async fn within<T>(what: &str, happens: impl Future<Output = T>) -> T {
    match tokio::time::timeout(DEADLINE, happens).await {
        Ok(value) => value,
        Err(_) => panic!("not within {DEADLINE:?}: {what}"),
    }
}

/// A participant that tests act through.
pub struct Member {
    pub room: Box<dyn Room>,
    events: RoomEvents,
    /// Events that were passed over.
    passed: VecDeque<RoomEvent>,
}

impl Member {
    pub async fn join(url: &str, token: &str) -> Self {
        let library = Assets::open().unwrap().path(Asset::LivekitFfi).expect("run `cargo xtask assets`");
        let connector = FfiConnector::load(&library).unwrap();
        let connection = connector.connect(url, token, ConnectOptions::default()).await.unwrap();
        Self { room: connection.room, events: connection.events, passed: VecDeque::new() }
    }

    /// The first event that `pick` takes; what it gives back is kept for the next call.
    pub async fn event<T>(&mut self, what: &str, pick: impl FnMut(RoomEvent) -> Result<T, RoomEvent>) -> T {
        within(what, self.any_event(pick)).await.unwrap_or_else(|| panic!("the room ended before: {what}"))
    }

    pub async fn any_event<T>(&mut self, mut pick: impl FnMut(RoomEvent) -> Result<T, RoomEvent>) -> Option<T> {
        for _ in 0..self.passed.len() {
            let event = self.passed.pop_front()?;
            match pick(event) {
                Ok(picked) => return Some(picked),
                Err(event) => self.passed.push_back(event),
            }
        }
        loop {
            match pick(self.events.recv().await?) {
                Ok(picked) => return Some(picked),
                Err(event) => self.passed.push_back(event),
            }
        }
    }

    pub async fn track(&mut self, of: &str, kind: TrackKind) -> (TrackInfo, Arc<dyn RemoteTrack>) {
        self.event(&format!("{of} publishes {kind:?}"), |event| match event {
            RoomEvent::TrackSubscribed { identity, info, track } if identity == of && info.kind == kind => {
                Ok((info, track))
            }
            event => Err(event),
        })
        .await
    }

    pub async fn participant(&mut self, what: &str, wanted: impl Fn(&ParticipantInfo) -> bool) -> ParticipantInfo {
        self.event(what, |event| match event {
            RoomEvent::ParticipantConnected(info) if wanted(&info) => Ok(info),
            event => Err(event),
        })
        .await
    }

    /// Waits until an attribute of somebody's has this value.
    pub async fn attribute(&mut self, of: &str, key: &str, value: &str) {
        self.event(&format!("{key} of {of} is {value}"), |event| match event {
            RoomEvent::AttributesChanged { identity, changed }
                if identity == of && changed.get(key).is_some_and(|now| now == value) =>
            {
                Ok(())
            }
            event => Err(event),
        })
        .await;
    }

    /// Offers what an agent with an avatar offers.
    pub fn offer_playback(&self) {
        self.room.register_rpc(METHOD_PLAYBACK_STARTED).unwrap();
        self.room.register_rpc(METHOD_PLAYBACK_FINISHED).unwrap();
    }

    /// The next call of the avatar's: `None` when playback started.
    pub async fn playback(&mut self) -> Option<PlaybackFinished> {
        self.event("the avatar tells of its playing", |event| match event {
            RoomEvent::RpcInvocation { caller_identity, method, payload, responder, .. } => {
                assert_eq!(caller_identity, AVATAR);
                responder.respond(Ok("ok".into())).unwrap();
                if method == METHOD_PLAYBACK_STARTED {
                    assert_eq!(payload, "");
                    return Ok(None);
                }
                assert_eq!(method, METHOD_PLAYBACK_FINISHED);
                Ok(Some(PlaybackFinished::parse(&payload).expect("a payload with the right keys")))
            }
            event => Err(event),
        })
        .await
    }

    pub async fn call(&self, whom: &str, method: &str) -> String {
        self.call_with(whom, method, "").await
    }

    pub async fn call_with(&self, whom: &str, method: &str, payload: &str) -> String {
        let request = RpcRequest {
            destination_identity: whom.into(),
            method: method.into(),
            payload: payload.into(),
            timeout: DEADLINE,
        };
        self.room.perform_rpc(request).await.unwrap()
    }

    /// Sends one segment.
    pub async fn stream(&self, attributes: &[(&str, &str)], bytes: &[u8], piece: usize) {
        let mut writer = self.room.open_bytes(voice_stream(attributes)).await.unwrap();
        for piece in bytes.chunks(piece) {
            writer.write(piece).await.unwrap();
        }
        writer.close(Attributes::new()).await.unwrap();
    }
}

pub fn voice_stream(attributes: &[(&str, &str)]) -> ByteOptions {
    ByteOptions {
        topic: proto::avatar::TOPIC_AUDIO_STREAM.into(),
        attributes: attributes.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect(),
        destination_identities: vec![AVATAR.into()],
        ..ByteOptions::default()
    }
}

/// A tone as s16le PCM.
pub fn tone(seconds: f32, rate: u32, channels: usize) -> Vec<u8> {
    let count = (seconds * rate as f32) as usize;
    let sample = |n: usize| ((n as f32 * 500.0 * TAU / rate as f32).sin() * 12_000.0) as i16;
    (0..count).flat_map(|n| std::iter::repeat_n(sample(n), channels)).flat_map(i16::to_le_bytes).collect()
}

/// Listens to a track for as long as it lives.
pub struct Ear {
    /// Without it the track would be let go.
    _track: Arc<dyn RemoteTrack>,
    heard: Arc<Mutex<Heard>>,
    task: tokio::task::JoinHandle<()>,
}

#[derive(Default)]
struct Heard {
    /// Of each 10 ms: whether it was loud.
    loud: Vec<bool>,
}

impl Ear {
    pub fn on(track: &Arc<dyn RemoteTrack>) -> Self {
        let mut stream = track.audio(48_000, 10, 1_000).unwrap();
        let heard = Arc::new(Mutex::new(Heard::default()));
        let shared = heard.clone();
        let task = tokio::spawn(async move {
            while let Some(frame) = stream.next().await {
                let loud = frame.samples.iter().any(|sample| sample.unsigned_abs() > 1_500);
                shared.lock().unwrap().loud.push(loud);
            }
            // A track that is over is silent.
            shared.lock().unwrap().loud.extend([false; SILENT_FRAMES]);
        });
        Self { _track: track.clone(), heard, task }
    }

    /// Seconds of sound heard so far.
    pub fn seconds(&self) -> f64 {
        self.heard.lock().unwrap().loud.iter().filter(|loud| **loud).count() as f64 / 100.0
    }

    /// Waits until so many seconds of sound were heard in all.
    pub async fn hears(&self, seconds: f64) {
        within(&format!("{seconds} s of sound are heard"), async {
            while self.seconds() < seconds {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        })
        .await;
    }

    /// Waits until the last 300 ms were silent, and gives the seconds of sound heard in all.
    pub async fn silence(&self) -> f64 {
        within("silence", async {
            loop {
                {
                    let heard = self.heard.lock().unwrap();
                    if heard.loud.len() > SILENT_FRAMES && heard.loud.iter().rev().take(SILENT_FRAMES).all(|loud| !loud)
                    {
                        break;
                    }
                }
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        })
        .await;
        self.seconds()
    }
}

impl Drop for Ear {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// `agent-worker avatar` as a process.
pub struct AvatarProcess {
    child: Child,
    folder: tempfile::TempDir,
}

impl AvatarProcess {
    pub fn start(server: &LivekitServer, room: &str, agent: &str, identity: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let log = std::fs::File::create(folder.path().join("avatar.log")).unwrap();
        let child = Command::new(find_workspace_binary("agent-worker").unwrap())
            .args(["avatar", "--room", room, "--on-behalf-of", agent, "--identity", identity])
            .env_remove("LIVEKIT_TOKEN")
            .env("LIVEKIT_URL", server.url())
            .env("LIVEKIT_API_KEY", server.api_key())
            .env("LIVEKIT_API_SECRET", server.api_secret())
            .env("RUST_LOG", "info,agent_worker=debug,avatars=debug,session=debug,transport_livekit=debug")
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(log)
            .kill_on_drop(true)
            .spawn()
            .unwrap();
        Self { child, folder }
    }

    pub fn log(&self) -> String {
        std::fs::read_to_string(self.folder.path().join("avatar.log")).unwrap_or_default()
    }

    /// Its exit code.
    pub async fn ended(&mut self) -> i32 {
        within("the avatar ends", self.child.wait()).await.unwrap().code().expect("no signal ended it")
    }

    /// Its process, while it runs.
    pub fn pid(&self) -> Option<u32> {
        self.child.id()
    }
}

/// Whether so many seconds of sound came through whole. A listener's jitter buffer stretches sound on a busy machine.
pub fn came_through(heard: f64, sent: f64) -> bool {
    (sent - 0.1..sent + 0.4).contains(&heard)
}

pub fn close(seconds: f64, wanted: f64, by: f64) -> bool {
    (seconds - wanted).abs() <= by
}

/// How long since `begun`, for messages.
pub fn since(begun: Instant) -> String {
    format!("{:.2} s", begun.elapsed().as_secs_f64())
}
