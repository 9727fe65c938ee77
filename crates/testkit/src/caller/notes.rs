//! What was noticed during a call, each with its time on the call's clock.

use std::time::{Duration, Instant};

use proto::room::AgentState;
use tokio::sync::mpsc;

/// The one clock of a call: time since `POST /join-room` was sent.
#[derive(Debug, Clone, Copy)]
pub(super) struct Clock {
    origin: Instant,
}

impl Clock {
    pub(super) fn start() -> Self {
        Self { origin: Instant::now() }
    }

    pub(super) fn now(&self) -> Duration {
        self.origin.elapsed()
    }

    /// The instant of a time on this clock, for timers.
    pub(super) fn instant(&self, at: Duration) -> tokio::time::Instant {
        (self.origin + at).into()
    }
}

/// One thing noticed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Observation {
    /// The agent is in the room.
    AgentJoined { identity: String },
    /// The agent left.
    AgentLeft,
    /// The agent says what it is doing.
    State(AgentState),
    /// A caption of what we said: the whole text so far of one segment.
    UserCaption { segment: String, text: String, is_final: bool },
    /// A caption stream of what the agent says was opened; it replaces what the segment held.
    AgentCaptionBegan { segment: String },
    /// More of it.
    AgentCaptionDelta { segment: String, delta: String },
    /// The agent began to sound.
    AgentSounds,
    /// The agent fell silent.
    AgentSilent,
    /// The first voiced sample of a turn (from 0) was played into the microphone.
    CallerSpeaks { turn: usize },
    /// The last one was.
    CallerSilent { turn: usize },
    /// The first voiced sample of a back-channel (from 0) was played into the microphone.
    BackChannelBegins { index: usize },
    /// The last one was.
    BackChannelEnds { index: usize },
    /// The microphone could not be fed any more.
    MicrophoneFailed { message: String },
    /// The room is over.
    Disconnected { reason: String },
}

/// Something noticed, and when.
#[derive(Debug, Clone)]
pub(super) struct Note {
    pub(super) at: Duration,
    pub(super) what: Observation,
}

/// Where the parts of a caller put their notes. Bounded: a reader that is stuck loses them.
#[derive(Debug, Clone)]
pub(super) struct Notebook {
    sender: mpsc::Sender<Note>,
}

/// How many notes may wait for the conductor.
const CAPACITY: usize = 4096;

impl Notebook {
    pub(super) fn open() -> (Self, mpsc::Receiver<Note>) {
        let (sender, receiver) = mpsc::channel(CAPACITY);
        (Self { sender }, receiver)
    }

    pub(super) fn note(&self, at: Duration, what: Observation) {
        match self.sender.try_send(Note { at, what }) {
            // After the call nobody reads any more: what comes then is of no interest.
            Ok(()) | Err(mpsc::error::TrySendError::Closed(_)) => {}
            Err(mpsc::error::TrySendError::Full(note)) => tracing::warn!(?note.what, "a note was lost: too many wait"),
        }
    }
}
