//! A stand-alone avatar: a participant that plays the voice of an agent elsewhere, and shows our face speaking with it.
//!
//! It serves one agent, the one that its token (or `--on-behalf-of`) names; streams and calls of anybody else are refused.

use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use dialogue::{AgentState, EndReason, Engine, Input};
use face::MouthFromSound;
use proto::avatar::{ANSWER_OK, ANSWER_REJECT, AudioFormat, METHOD_CLEAR_BUFFER, TOPIC_AUDIO_STREAM};
use proto::room::{ATTRIBUTE_AGENT_STATE, ATTRIBUTE_PUBLISH_ON_BEHALF};
use proto::worker::ExitCode;
use room::{
    Attributes, AudioPublisher, ByteReader, ConnectOptions, Connection, DisconnectReason, Room, RoomConnector,
    RoomError, RoomEvent, RoomEvents, RpcFault, RpcResponder,
};
use tokio::sync::mpsc;

use super::decoder::PcmDecoder;
use super::notices::tell_progress;
use super::segments::{Progress, SegmentId, Segments};
use super::takeover::PortrayFace;
use crate::participants::left_on_purpose;
use crate::presence::presence;
use crate::publish::{FaceTrack, leave, publish_face, publish_voice};
use crate::voice::OwnFaceTrack;
use session::engine_host::EngineHost;
use session::face::{Attention, ShownActivity};
use session::ports::PLAYOUT_SAMPLE_RATE;
use session::voice::SharedClock;
use session::{FaceFollows, OwnFace};

/// How often it is looked whether a frame is due, while something sounds.
const TICK: Duration = Duration::from_millis(5);
/// A stream that brings nothing for so long is over: its end was lost. Shorter when the next one has begun.
const IDLE_STREAM: Duration = Duration::from_secs(10);
const SUPERSEDED_STREAM: Duration = Duration::from_secs(1);
/// Streams that may wait behind the one that is read.
const MOST_WAITING: usize = 32;
/// News for the agent that may wait.
const NOTICE_QUEUE: usize = 128;
/// How long the agent may take to arrive, and to return when its connection broke.
const ARRIVAL: Duration = Duration::from_secs(60);
const RETURN: Duration = Duration::from_secs(15);

/// How an avatar joins, and for whom it speaks.
pub struct AvatarOptions {
    /// The SFU's address.
    pub url: String,
    /// Grants one room.
    pub token: String,
    /// The agent's identity; `None` when the token names it.
    pub on_behalf_of: Option<String>,
    /// How its face is published.
    pub face_track: FaceTrack,
    /// What its face looks like.
    pub portray: PortrayFace,
}

/// Why an avatar could not begin.
#[derive(Debug, thiserror::Error)]
pub enum AvatarError {
    /// The room can't be joined or published to.
    #[error(transparent)]
    Room(#[from] RoomError),
    /// The face can't be made ready.
    #[error("face: {0}")]
    Face(String),
    /// It has no agent.
    #[error(
        "--on-behalf-of: is not set, and the token does not say whom the avatar speaks for (attribute lk.publish_on_behalf)"
    )]
    NobodyToSpeakFor,
}

/// Joins, plays whatever the agent says until that leaves or `ending` resolves, calls `leaving`, and leaves.
///
/// # Errors
/// When the room can't be joined or published to, or the face not be drawn.
pub async fn run_avatar(
    connector: &dyn RoomConnector,
    options: AvatarOptions,
    ending: impl Future<Output = EndReason>,
    leaving: impl FnOnce(),
) -> Result<ExitCode, AvatarError> {
    let connect = ConnectOptions { auto_subscribe: false, ..ConnectOptions::default() };
    let Connection { room, events } = connector.connect(&options.url, &options.token, connect).await?;
    let room: Arc<dyn Room> = Arc::from(room);
    let exit = tokio::select! {
        exit = serve(&room, options, events) => exit,
        reason = ending => Ok(match reason {
            EndReason::OwnerGone => ExitCode::OwnerGone,
            EndReason::Superseded => ExitCode::Superseded,
            _ => ExitCode::Ended,
        }),
    };
    leaving();
    leave(&room).await;
    exit
}

async fn serve(room: &Arc<dyn Room>, options: AvatarOptions, events: RoomEvents) -> Result<ExitCode, AvatarError> {
    let agent = bind(room, options.on_behalf_of).await?;
    // Before anything is published: an agent that sees our picture may call at once.
    room.register_rpc(METHOD_CLEAR_BUFFER)?;
    let portrayal = (options.portray)().await.map_err(AvatarError::Face)?;
    let (voice, picture) = tokio::try_join!(publish_voice(room), publish_face(room, options.face_track))?;
    let face = FaceFollows::default();
    face.activity.show(AgentState::Listening);
    let _stop = StopFace(face.stop.clone());
    let (inputs, face_news) = mpsc::channel(64);
    let own_face = OwnFace { output: Arc::new(OwnFaceTrack(picture)), portrayal };
    face.start(own_face, EngineHost::Threads, &inputs).map_err(|error| AvatarError::Face(error.to_string()))?;
    let (notices, waiting) = mpsc::channel(NOTICE_QUEUE);
    let teller = tokio::spawn(tell_progress(room.clone(), agent.clone(), waiting));
    tracing::info!(agent, "ready to speak for");
    let mut avatar = Avatar {
        agent,
        voice,
        clock: face.clock,
        activity: face.activity,
        attention: Attention::default(),
        notices,
        segments: Segments::default(),
        mouth: MouthFromSound::new(PLAYOUT_SAMPLE_RATE),
        reading: None,
        waiting: VecDeque::new(),
        leave_at: Some((Instant::now() + ARRIVAL, ExitCode::NobodyArrived)),
    };
    let exit = avatar.run(events, face_news).await;
    drop(avatar);
    teller.abort();
    Ok(exit)
}

/// Ends the face's thread when the avatar ends, however that comes.
struct StopFace(Arc<AtomicBool>);

impl Drop for StopFace {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

/// Whom this participant speaks for, as everybody in the room can see.
async fn bind(room: &Arc<dyn Room>, on_behalf_of: Option<String>) -> Result<String, AvatarError> {
    let bound = room.local().attributes.get(ATTRIBUTE_PUBLISH_ON_BEHALF).filter(|agent| !agent.is_empty()).cloned();
    match (bound, on_behalf_of) {
        (Some(bound), None) => Ok(bound),
        (Some(bound), Some(asked)) if bound == asked => Ok(bound),
        (_, Some(asked)) => {
            room.set_attributes(Attributes::from([(ATTRIBUTE_PUBLISH_ON_BEHALF.to_owned(), asked.clone())])).await?;
            Ok(asked)
        }
        (None, None) => Err(AvatarError::NobodyToSpeakFor),
    }
}

/// The stream that is read.
struct Reading {
    segment: SegmentId,
    reader: Box<dyn ByteReader>,
    decoder: PcmDecoder,
    last_piece: Instant,
}

struct Avatar {
    agent: String,
    voice: Arc<dyn AudioPublisher>,
    clock: SharedClock,
    activity: ShownActivity,
    attention: Attention,
    notices: mpsc::Sender<Progress>,
    segments: Segments,
    mouth: MouthFromSound,
    reading: Option<Reading>,
    waiting: VecDeque<Reading>,
    /// When to leave, unless the agent comes; and what that means.
    leave_at: Option<(Instant, ExitCode)>,
}

impl Avatar {
    async fn run(&mut self, mut events: RoomEvents, mut face: mpsc::Receiver<Input>) -> ExitCode {
        loop {
            if let Err(error) = self.play().await {
                match error {
                    // The room is over; its last event says why.
                    RoomError::Closed => {}
                    error => {
                        tracing::error!(%error, "the voice cannot be played");
                        return ExitCode::EngineLost;
                    }
                }
            }
            let tick = (!self.segments.is_idle()).then(|| Instant::now() + TICK);
            let has_room = self.segments.has_room();
            tokio::select! {
                event = events.recv() => {
                    let event = event.unwrap_or(RoomEvent::Disconnected(DisconnectReason::Other));
                    if let Some(exit) = self.room_event(event) {
                        return exit;
                    }
                }
                piece = next_piece(&mut self.reading), if has_room => self.take_piece(piece),
                Some(news) = face.recv() => {
                    if news == (Input::EngineFailed { engine: Engine::Face }) {
                        return ExitCode::EngineLost;
                    }
                }
                () = sleep_until(tick) => self.end_idle_stream(),
                () = sleep_until(self.leave_at.map(|(at, _)| at)) => {
                    let exit = self.leave_at.map_or(ExitCode::Ended, |(_, exit)| exit);
                    tracing::info!(%exit, agent = self.agent, "leaving");
                    return exit;
                }
            }
        }
    }

    /// Hands over what is due, and tells what came to pass.
    async fn play(&mut self) -> Result<(), RoomError> {
        let now = Instant::now();
        let told = self.segments.progress(now);
        self.tell(told);
        while let Some(frame) = self.segments.next_frame(now) {
            self.clock.hand_over(now, frame.len() as u64);
            if let Some(shape) = self.mouth.push(&frame) {
                self.clock.add_shape(now, shape);
            }
            if !self.segments.has_sound() {
                // What comes next is not known: as far as the mouth can tell, silence.
                for shape in self.mouth.finish() {
                    self.clock.add_shape(now, shape);
                }
            }
            self.voice.capture(&frame).await?;
        }
        let told = self.segments.progress(now);
        self.tell(told);
        Ok(())
    }

    fn tell(&mut self, told: Vec<Progress>) {
        for progress in told {
            self.activity.show(match progress {
                Progress::Started => AgentState::Speaking,
                Progress::Finished(_) => AgentState::Listening,
            });
            if self.notices.try_send(progress).is_err() {
                tracing::warn!("the agent takes no news: some were lost");
            }
        }
    }

    fn room_event(&mut self, event: RoomEvent) -> Option<ExitCode> {
        if let Some(event) = presence(&event) {
            self.attention.observe(&event);
            self.activity.look(self.attention.gaze());
        }
        match event {
            RoomEvent::ByteStream { identity, topic, attributes, reader, .. } if topic == TOPIC_AUDIO_STREAM => {
                if identity == self.agent {
                    self.open(&attributes, reader);
                } else {
                    tracing::warn!(identity, "a voice of somebody else's is not played");
                }
            }
            RoomEvent::RpcInvocation { caller_identity, method, responder, .. } => {
                self.called(&caller_identity, &method, responder);
            }
            RoomEvent::ParticipantConnected(participant) if participant.identity == self.agent => {
                self.leave_at = None;
                self.show_state(&participant.attributes);
            }
            RoomEvent::AttributesChanged { identity, changed } if identity == self.agent => self.show_state(&changed),
            RoomEvent::ParticipantDisconnected { identity, reason } if identity == self.agent => {
                // Nobody is left to hear how far it came.
                self.clear();
                tracing::info!(agent = self.agent, ?reason, "the agent left");
                if left_on_purpose(reason) {
                    return Some(ExitCode::Ended);
                }
                self.leave_at = Some((Instant::now() + RETURN, ExitCode::Ended));
            }
            RoomEvent::Disconnected(reason) => {
                return Some(if left_on_purpose(reason) { ExitCode::Ended } else { ExitCode::ConnectionLost });
            }
            _ => {}
        }
        None
    }

    /// The agent thinks, or listens: we look like it.
    fn show_state(&self, attributes: &Attributes) {
        let state = attributes.get(ATTRIBUTE_AGENT_STATE).and_then(|state| state.parse().ok());
        if let Some(state) = state.filter(|state| self.segments.is_idle() && *state != AgentState::Speaking) {
            self.activity.show(state);
        }
    }

    /// A segment begins to arrive.
    fn open(&mut self, attributes: &Attributes, reader: Box<dyn ByteReader>) {
        if self.waiting.len() >= MOST_WAITING {
            return tracing::warn!("too many streams wait to be played: one is ignored");
        }
        let segment = self.segments.open();
        let decoder = AudioFormat::from_attributes(attributes)
            .map_err(|error| error.to_string())
            .and_then(|format| PcmDecoder::new(format).map_err(|error| error.to_string()));
        match decoder {
            Ok(decoder) => {
                self.waiting.push_back(Reading { segment, reader, decoder, last_piece: Instant::now() });
                self.read_on();
            }
            Err(error) => {
                tracing::warn!(error, "a stream can't be played");
                // It is a segment all the same, of no length: the agent waits for its end.
                self.segments.end(segment);
            }
        }
    }

    /// Reads the next stream, if none is being read.
    fn read_on(&mut self) {
        if self.reading.is_none() {
            self.reading = self.waiting.pop_front();
            if let Some(reading) = &mut self.reading {
                reading.last_piece = Instant::now();
            }
        }
    }

    fn take_piece(&mut self, piece: Result<Option<Vec<u8>>, RoomError>) {
        let Some(reading) = &mut self.reading else { return };
        let now = Instant::now();
        reading.last_piece = now;
        let (samples, over) = match piece {
            Ok(Some(bytes)) => (reading.decoder.push(&bytes), false),
            Ok(None) => (reading.decoder.finish(), true),
            Err(error) => {
                tracing::warn!(%error, "a stream broke off: what has come of it is played");
                (reading.decoder.finish(), true)
            }
        };
        let segment = reading.segment;
        match samples {
            Ok(samples) => self.segments.push(segment, &samples, now),
            Err(error) => tracing::error!(%error, "a stream can't be played on"),
        }
        if over {
            self.end_stream(segment);
        }
    }

    fn end_stream(&mut self, segment: SegmentId) {
        self.segments.end(segment);
        self.reading = None;
        self.read_on();
    }

    /// A stream whose end was lost must not hold up all that come after it.
    fn end_idle_stream(&mut self) {
        let has_room = self.segments.has_room();
        let patience = if self.waiting.is_empty() { IDLE_STREAM } else { SUPERSEDED_STREAM };
        let Some(reading) = &mut self.reading else { return };
        if !has_room {
            reading.last_piece = Instant::now();
        } else if reading.last_piece.elapsed() > patience {
            tracing::warn!("a stream brings nothing more: its segment is over");
            self.take_piece(Ok(None));
        }
    }

    fn called(&mut self, caller: &str, method: &str, responder: RpcResponder) {
        let answer = if method != METHOD_CLEAR_BUFFER {
            Err(RpcFault::new(RpcFault::UNSUPPORTED_METHOD, "the avatar does not offer this method"))
        } else if caller == self.agent {
            self.clear();
            Ok(ANSWER_OK.to_owned())
        } else {
            tracing::warn!(caller, method, "a call of somebody else's is rejected");
            Ok(ANSWER_REJECT.to_owned())
        };
        if let Err(error) = responder.respond(answer) {
            tracing::debug!(%error, method, "a call could not be answered");
        }
    }

    /// Silence, now.
    fn clear(&mut self) {
        if let Err(error) = self.voice.clear() {
            tracing::warn!(%error, "could not clear the voice's queue");
        }
        let told = self.segments.clear(Instant::now());
        self.clock.reset();
        self.mouth = MouthFromSound::new(PLAYOUT_SAMPLE_RATE);
        self.reading = None;
        self.waiting.clear();
        self.activity.show(AgentState::Listening);
        self.tell(told);
    }
}

/// The next piece of what is read; never, when nothing is.
async fn next_piece(reading: &mut Option<Reading>) -> Result<Option<Vec<u8>>, RoomError> {
    match reading {
        Some(reading) => reading.reader.next().await,
        None => std::future::pending().await,
    }
}

/// Sleeps until `at`; for ever when there is none.
async fn sleep_until(at: Option<Instant>) {
    match at {
        Some(at) => tokio::time::sleep_until(at.into()).await,
        None => std::future::pending().await,
    }
}
