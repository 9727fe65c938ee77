//! A person who joins, hears whether the agent begins to speak, and leaves: says nothing, and records nothing.

use std::sync::Arc;
use std::time::Duration;

use proto::http::JoinRoomResponse;
use room::{
    AudioPublishOptions, AudioPublisher, AudioStream, ConnectOptions, Connection, RemoteTrack, Room, RoomConnector,
    RoomEvent, RoomEvents, TrackKind,
};
use tokio::sync::oneshot;
use tokio::task::JoinHandle;
use tokio::time::Instant;

use crate::measure::{EnergyGate, GateChange};
use crate::wav::ROOM_SAMPLE_RATE;

/// How long joining a room may take, on a machine where a hundred do so at once.
const JOIN_DEADLINE: Duration = Duration::from_secs(60);
const FRAME_MS: u32 = 10;
/// Frames that may wait to be read: 1 s.
const QUEUE_FRAMES: usize = 100;

/// Somebody in a room.
pub(super) struct Visitor {
    room: Box<dyn Room>,
    microphone: Option<Box<dyn AudioPublisher>>,
    greeted: oneshot::Receiver<Instant>,
    _reader: Reader,
}

/// Ends with whoever holds this.
struct Reader(JoinHandle<()>);

impl Visitor {
    /// Joins with the token that the token server gave.
    pub(super) async fn enter(connector: &dyn RoomConnector, given: &JoinRoomResponse) -> anyhow::Result<Self> {
        let options = ConnectOptions { auto_subscribe: true, timeout: JOIN_DEADLINE };
        let Connection { room, events } = connector.connect(&given.livekit_url, &given.token, options).await?;
        let (tell, greeted) = oneshot::channel();
        let reader = Reader(tokio::spawn(read(events, tell)));
        Ok(Self { room, microphone: None, greeted, _reader: reader })
    }

    /// Has a microphone that nobody speaks into. The LiveKit server gathers its news of those who have none: that they left is
    /// heard up to three seconds later.
    pub(super) async fn with_microphone(mut self) -> anyhow::Result<Self> {
        let options = AudioPublishOptions { name: "microphone".to_owned(), queue_ms: 0 };
        self.microphone = Some(self.room.publish_audio(options).await?);
        Ok(self)
    }

    /// Waits for the first sound of a voice, and says when it came.
    pub(super) async fn greeted(&mut self, patience: Duration) -> Option<Instant> {
        tokio::time::timeout(patience, &mut self.greeted).await.ok()?.ok()
    }

    /// Leaves, so that the server knows at once.
    pub(super) async fn leave(self) -> anyhow::Result<()> {
        let left = self.room.disconnect().await;
        drop(self.microphone);
        Ok(left?)
    }
}

impl Drop for Reader {
    fn drop(&mut self) {
        self.0.abort();
    }
}

/// Reads events, and listens until somebody speaks.
async fn read(mut events: RoomEvents, tell: oneshot::Sender<Instant>) {
    let (mut tell, mut ears) = (Some(tell), None);
    loop {
        tokio::select! {
            event = events.recv() => match event {
                Some(RoomEvent::TrackSubscribed { info, track, .. }) if info.kind == TrackKind::Audio => {
                    ears = tell.as_ref().and_then(|_| Ears::on(track));
                }
                Some(_) => {}
                None => return,
            },
            heard = hear(&mut ears) => {
                // Nobody waits any more when everything is being given up.
                let _ = heard.then(|| tell.take()).flatten().map(|tell| tell.send(Instant::now()));
                ears = None;
            }
        }
    }
}

struct Ears {
    stream: AudioStream,
    gate: EnergyGate,
    /// The stream delivers only as long as the track lives.
    _track: Arc<dyn RemoteTrack>,
}

impl Ears {
    fn on(track: Arc<dyn RemoteTrack>) -> Option<Self> {
        let stream = track.audio(ROOM_SAMPLE_RATE, FRAME_MS, QUEUE_FRAMES);
        let stream = stream.inspect_err(|error| tracing::warn!("the agent cannot be heard: {error}")).ok()?;
        Some(Self { stream, gate: EnergyGate::new(u64::from(ROOM_SAMPLE_RATE)), _track: track })
    }
}

/// Whether a voice was heard before the track ended; waits for ever where there is none.
async fn hear(ears: &mut Option<Ears>) -> bool {
    let Some(Ears { stream, gate, .. }) = ears else { return std::future::pending().await };
    while let Some(frame) = stream.next().await {
        if matches!(gate.push(&frame.samples), Some(GateChange::Opened { .. })) {
            return true;
        }
    }
    false
}
