//! From the room's events to notes: who the agent is, what it says it does, its captions, sound and pictures.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use proto::room::{
    ATTRIBUTE_AGENT_STATE, ATTRIBUTE_SEGMENT_ID, ATTRIBUTE_TRANSCRIBED_TRACK_ID, ATTRIBUTE_TRANSCRIPTION_FINAL,
    AgentState, TOPIC_TRANSCRIPTION, TRUE,
};
use room::{Attributes, ParticipantInfo, ParticipantKind, RemoteTrack, RoomEvent, RoomEvents, TextReader, TrackKind};
use tokio::sync::watch;
use tokio::task::JoinSet;

use super::ears::{self, Heard};
use super::eyes::{self, Seen};
use super::notes::{Clock, Notebook, Observation};
use crate::wav::ROOM_SAMPLE_RATE;

/// The longest caption that is read, in bytes.
const LONGEST_CAPTION: usize = 64 * 1024;
/// How long a caption stream may stay silent.
const CAPTION_DEADLINE: Duration = Duration::from_secs(120);
/// How many caption streams are read at once; more are ignored.
const MOST_STREAMS: usize = 64;

/// Everything received in a call.
#[derive(Debug, Default)]
pub(super) struct Received {
    pub(super) heard: Vec<Heard>,
    pub(super) seen: Vec<Seen>,
    pub(super) agent: Option<String>,
}

/// What a task of the pump brings home.
enum Brought {
    Sound(Heard),
    Pictures(Seen),
    Text,
}

/// A track that is listened to or watched. Dropping it ends that: the task sees the sender go.
struct Attended {
    /// The stream delivers only as long as the track lives.
    _track: Arc<dyn RemoteTrack>,
    _stop: watch::Sender<bool>,
}

/// Reads a room's events until told to stop.
pub(super) struct Pump {
    notebook: Notebook,
    clock: Clock,
    stop: watch::Receiver<bool>,
    local: String,
    agent: Option<String>,
    agent_tracks: BTreeSet<String>,
    attended: BTreeMap<String, Attended>,
    tasks: JoinSet<Brought>,
    unnamed: usize,
}

impl Pump {
    pub(super) fn new(local: String, notebook: Notebook, clock: Clock, stop: watch::Receiver<bool>) -> Self {
        Self {
            notebook,
            clock,
            stop,
            local,
            agent: None,
            agent_tracks: BTreeSet::new(),
            attended: BTreeMap::new(),
            tasks: JoinSet::new(),
            unnamed: 0,
        }
    }

    pub(super) async fn run(mut self, mut events: RoomEvents) -> Received {
        let mut received = Received::default();
        loop {
            tokio::select! {
                event = events.recv() => match event {
                    Some(event) => self.take(event),
                    None => {
                        self.note(Observation::Disconnected { reason: "the event stream ended".into() });
                        break;
                    }
                },
                Some(brought) = self.tasks.join_next() => keep(&mut received, brought),
                _ = self.stop.changed() => break,
            }
        }
        // Ears and eyes end with their tracks, captions by the same signal; the caller bounds this wait.
        self.attended.clear();
        while let Some(brought) = self.tasks.join_next().await {
            keep(&mut received, brought);
        }
        received.agent = self.agent;
        received
    }

    fn note(&self, what: Observation) {
        self.notebook.note(self.clock.now(), what);
    }

    fn take(&mut self, event: RoomEvent) {
        match event {
            RoomEvent::ParticipantConnected(info) => self.meet(info),
            RoomEvent::ParticipantDisconnected { identity, .. } => {
                if self.agent.as_deref() == Some(identity.as_str()) {
                    self.note(Observation::AgentLeft);
                }
            }
            RoomEvent::AttributesChanged { identity, changed } => {
                if self.agent.as_deref() == Some(identity.as_str()) {
                    self.note_state(&changed);
                }
            }
            RoomEvent::TrackSubscribed { identity, info, track } => {
                if identity != self.local {
                    self.agent_tracks.insert(info.sid.clone());
                    self.attend(info.sid, track);
                }
            }
            RoomEvent::TextStream { identity, topic, attributes, reader } => {
                if topic == TOPIC_TRANSCRIPTION && self.tasks.len() < MOST_STREAMS {
                    self.read(&identity, &attributes, reader);
                }
            }
            RoomEvent::Disconnected(reason) => {
                self.note(Observation::Disconnected { reason: format!("{reason:?}") });
            }
            RoomEvent::Reconnecting => tracing::warn!("the connection broke, it is being mended"),
            RoomEvent::Reconnected => tracing::info!("the connection is mended"),
            RoomEvent::TrackUnsubscribed { sid, .. } => {
                self.attended.remove(&sid);
            }
            RoomEvent::ByteStream { .. }
            | RoomEvent::TrackMuted { .. }
            | RoomEvent::LocalTrackSubscribed { .. }
            | RoomEvent::LocalTrackRepublished { .. }
            | RoomEvent::SpeakersChanged { .. }
            | RoomEvent::RpcInvocation { .. } => {}
        }
    }

    fn meet(&mut self, info: ParticipantInfo) {
        if info.kind != ParticipantKind::Agent || self.agent.is_some() {
            return;
        }
        self.agent = Some(info.identity.clone());
        self.note(Observation::AgentJoined { identity: info.identity });
        self.note_state(&info.attributes);
    }

    fn note_state(&self, attributes: &Attributes) {
        match attributes.get(ATTRIBUTE_AGENT_STATE).map(|text| text.parse::<AgentState>()) {
            Some(Ok(state)) => self.note(Observation::State(state)),
            Some(Err(error)) => tracing::warn!("{error}"),
            None => {}
        }
    }

    fn attend(&mut self, sid: String, track: Arc<dyn RemoteTrack>) {
        let clock = self.clock;
        let (sender, stop) = watch::channel(false);
        match track.kind() {
            TrackKind::Audio => match track.audio(ROOM_SAMPLE_RATE, 10, ears::QUEUE_FRAMES) {
                Ok(stream) => {
                    let notebook = self.notebook.clone();
                    self.tasks.spawn(async move { Brought::Sound(ears::listen(stream, notebook, clock, stop).await) });
                }
                Err(error) => tracing::warn!("cannot hear track {sid}: {error}"),
            },
            TrackKind::Video => match track.video(eyes::QUEUE_FRAMES) {
                Ok(stream) => {
                    self.tasks.spawn(async move { Brought::Pictures(eyes::watch(stream, clock, stop).await) });
                }
                Err(error) => tracing::warn!("cannot see track {sid}: {error}"),
            },
        }
        self.attended.insert(sid, Attended { _track: track, _stop: sender });
    }

    /// Captions name the track they are of: the agent's own, or else somebody's whom the agent heard, which is us.
    fn read(&mut self, identity: &str, attributes: &Attributes, reader: Box<dyn TextReader>) {
        self.unnamed += 1;
        let segment = attributes.get(ATTRIBUTE_SEGMENT_ID).cloned().unwrap_or_else(|| format!("#{}", self.unnamed));
        let is_final = attributes.get(ATTRIBUTE_TRANSCRIPTION_FINAL).is_some_and(|value| value == TRUE);
        let of_agent = match attributes.get(ATTRIBUTE_TRANSCRIBED_TRACK_ID).filter(|sid| !sid.is_empty()) {
            Some(sid) if self.agent_tracks.contains(sid) => true,
            Some(_) | None => identity != self.local,
        };
        let (notebook, clock, mut stop) = (self.notebook.clone(), self.clock, self.stop.clone());
        self.tasks.spawn(async move {
            let reading = async {
                if of_agent {
                    read_agent(reader, segment, &notebook, clock).await;
                } else {
                    read_user(reader, segment, is_final, &notebook, clock).await;
                }
            };
            tokio::select! {
                () = reading => {}
                _ = stop.changed() => {}
            }
            Brought::Text
        });
    }
}

fn keep(received: &mut Received, brought: Result<Brought, tokio::task::JoinError>) {
    match brought {
        Ok(Brought::Sound(heard)) => received.heard.push(heard),
        Ok(Brought::Pictures(seen)) => received.seen.push(seen),
        Ok(Brought::Text) => {}
        Err(error) => tracing::warn!("a task of the caller failed: {error}"),
    }
}

async fn read_agent(mut reader: Box<dyn TextReader>, segment: String, notebook: &Notebook, clock: Clock) {
    notebook.note(clock.now(), Observation::AgentCaptionBegan { segment: segment.clone() });
    let mut total = 0;
    while let Ok(piece) = tokio::time::timeout(CAPTION_DEADLINE, reader.next()).await {
        match piece {
            Ok(Some(delta)) => {
                total += delta.len();
                if total > LONGEST_CAPTION {
                    return tracing::warn!("a caption is longer than {LONGEST_CAPTION} bytes: the rest is ignored");
                }
                notebook.note(clock.now(), Observation::AgentCaptionDelta { segment: segment.clone(), delta });
            }
            Ok(None) => return,
            Err(error) => return tracing::warn!("a caption broke off: {error}"),
        }
    }
}

async fn read_user(
    mut reader: Box<dyn TextReader>,
    segment: String,
    is_final: bool,
    notebook: &Notebook,
    clock: Clock,
) {
    match tokio::time::timeout(CAPTION_DEADLINE, reader.read_all(LONGEST_CAPTION)).await {
        Ok(Ok(text)) => notebook.note(clock.now(), Observation::UserCaption { segment, text, is_final }),
        Ok(Err(error)) => tracing::warn!("a caption broke off: {error}"),
        Err(_) => tracing::warn!("a caption did not end within {CAPTION_DEADLINE:?}"),
    }
}
