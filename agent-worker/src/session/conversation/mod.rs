//! One call: feeds the dialogue core with what happens and does what it says.

//!
//! ```text
//!  mod.rs          the loop: inputs, room events, wake-ups
//!  room_events.rs  what the room tells, as inputs
//!  early.rs        what came before its sender was told of
//!  push_to_talk.rs the calls of a frontend's button, as inputs
//!  actions.rs      what the dialogue wants, as commands to the organs
//!  reporting.rs    what of it is logged and counted
//! ```

mod actions;
mod early;
mod push_to_talk;
mod reporting;
mod room_events;

pub use push_to_talk::offer_push_to_talk;

use std::collections::HashMap;
use std::time::Instant;

use dialogue::{AgentState, Dialogue, EndReason, Input, SpeechId};
use room::{RoomEvent, RoomEvents};
use speech::CancelFlag;
use telemetry::spans::CallSpan;
use tokio::sync::{mpsc, oneshot, watch};
use tokio::task::{JoinHandle, JoinSet};

use early::Early;

use crate::call_book::Book;
use crate::session::call_clock::CallClock;
use crate::session::chat_input::ChatInput;
use crate::session::face::attention::Attention;
use crate::session::face::face_loop::ShownActivity;
use crate::session::generation::mind::MindCommand;
use crate::session::hearing::{EarCommand, Recording};
use crate::session::recording::Recorder;
use crate::session::voice::{PlayoutCommand, SynthesisCommand};
use crate::transport::avatar::peer::AvatarPeer;
use crate::transport::avatar::takeover::VoiceTrack;
use crate::transport::captions::CaptionCommand;
use crate::transport::participants::Voices;

/// Where the call's commands go.
pub struct Organs {
    /// To the ears.
    pub ears: mpsc::Sender<EarCommand>,
    /// To the mind.
    pub mind: mpsc::Sender<MindCommand>,
    /// To the voice.
    pub voice: mpsc::Sender<SynthesisCommand>,
    /// To playout.
    pub playout: mpsc::Sender<PlayoutCommand>,
    /// To the captions.
    pub captions: mpsc::Sender<CaptionCommand>,
    /// To the agent's state as the room sees it.
    pub states: watch::Sender<AgentState>,
    /// To the face.
    pub activity: ShownActivity,
    /// Back to the call, for what is started on its behalf.
    pub inputs: mpsc::Sender<Input>,
    /// The voice track, for its id.
    pub voice_track: VoiceTrack,
    /// The participant that is to be voice and face, if another one is.
    pub avatar: Option<AvatarPeer>,
    /// Keeps everything, when that was asked for.
    pub recorder: Option<Recorder>,
    /// Where what was said is written down, when calls are kept.
    pub(crate) book: Option<Book>,
    /// What traces of this call hang on.
    pub span: CallSpan,
}

/// A call under way.
pub struct Call {
    dialogue: Dialogue,
    clock: CallClock,
    organs: Organs,
    voices: Voices,
    attention: Attention,
    linked: Option<String>,
    listening: Option<JoinHandle<()>>,
    /// What came from people of whom the room has not told yet.
    unknown: Early,
    /// Tells who listens that a recording of what was said before is on its way: once for each track.
    early: Option<oneshot::Sender<Recording>>,
    /// One flag for each speech that may still be generated or synthesised.
    cancels: HashMap<SpeechId, CancelFlag>,
    chat: ChatInput,
    /// When the turn is over whose button was released.
    turn_ends: Option<Instant>,
    /// Readers of messages and of audio from before the call; they end with the call.
    readers: JoinSet<()>,
}

impl Call {
    /// A call that begins with nobody there.
    #[must_use]
    pub fn new(dialogue: Dialogue, clock: CallClock, organs: Organs) -> Self {
        Self {
            dialogue,
            clock,
            organs,
            voices: Voices::default(),
            attention: Attention::default(),
            linked: None,
            listening: None,
            unknown: Early::default(),
            early: None,
            cancels: HashMap::new(),
            chat: ChatInput::default(),
            turn_ends: None,
            readers: JoinSet::new(),
        }
    }

    /// Runs until the dialogue ends the call. The book is still open then.
    pub(crate) async fn run(
        mut self,
        mut events: RoomEvents,
        mut inputs: mpsc::Receiver<Input>,
    ) -> (EndReason, Option<Book>) {
        loop {
            if let Some(reason) = self.act() {
                if let Some(task) = self.listening.take() {
                    task.abort();
                }
                return (reason, self.organs.book.take());
            }
            let wake = self.dialogue.next_wake().map(|(at, _)| self.clock.instant(at));
            tokio::select! {
                // Reports of the engines first: they are older than the room events that depend on them.
                biased;
                input = inputs.recv() => match input {
                    Some(input) => self.take(input),
                    None => self.take(Input::HangUp(EndReason::Asked)),
                },
                event = events.recv() => self.room_event(event.unwrap_or(RoomEvent::Disconnected(room::DisconnectReason::Other))),
                Some(_) = self.readers.join_next() => {}
                () = sleep_until(self.unknown.deadline()) => self.refuse_unknown(),
                () = sleep_until(self.turn_ends) => self.end_released_turn(),
                () = sleep_until(wake) => self.take(Input::Wake),
            }
        }
    }

    fn take(&mut self, input: Input) {
        if !input.is_frequent() {
            tracing::debug!(?input, "dialogue input");
        }
        if matches!(input, Input::SpeechStopped { .. }) {
            self.organs.activity.user_paused();
        }
        if matches!(input, Input::SpeechStarted { .. } | Input::Typed { .. } | Input::TurnBegun) {
            self.attention.partner_speaks();
            self.look();
        }
        // What is written has no caption.
        if let (Input::Typed { text }, Some(book)) = (&input, &mut self.organs.book) {
            book.user_typed(text);
        }
        let now = self.clock.now();
        // Outputs of an earlier input come before this one in a recording.
        if let Some(recorder) = &self.organs.recorder {
            recorder.input(now, &input);
        }
        self.dialogue.handle(now, input);
    }

    /// The face looks where the attention is.
    fn look(&self) {
        self.organs.activity.look(self.attention.gaze());
    }
}

/// Sleeps until `at`; for ever when there is none.
async fn sleep_until(at: Option<Instant>) {
    match at {
        Some(at) => tokio::time::sleep_until(at.into()).await,
        None => std::future::pending().await,
    }
}
