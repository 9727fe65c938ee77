//! The loop of one conversation: feeds the dialogue core with what happens and does what it says.
//!
//! ```text
//!  mod.rs               the loop: inputs, transport events, wake-ups
//!  transport_events.rs  transport events as inputs
//!  early.rs             what arrives before the agent listens to its sender
//!  push_to_talk.rs      a client's button as inputs
//!  voices.rs            the users' voices
//!  actions.rs           outputs of the dialogue as commands to hearing, generation, playout, captions
//!  reporting.rs         what is logged, counted and traced
//! ```

mod actions;
mod early;
mod push_to_talk;
mod reporting;
mod transport_events;
mod voices;

use std::collections::HashMap;
use std::time::Instant;

use dialogue::{AgentState, Dialogue, EndReason, Input, SpeechId};
use speech::CancelFlag;
use telemetry::spans::CallSpan;
use tokio::sync::{mpsc, oneshot, watch};
use tokio::task::{JoinHandle, JoinSet};

use early::Early;

use crate::call_clock::CallClock;
use crate::chat_input::ChatInput;
use crate::face::{Attention, ShownActivity};
use crate::generation::mind::MindCommand;
use crate::hearing::{EarSender, Recording};
use crate::ports::{Caption, TransportEvent, TransportEvents};
use crate::recording::Recorder;
use crate::transcript_store::TranscriptStore;
use crate::voice::{PlayoutCommand, SynthesisCommand};
use voices::Voices;

/// Where the conversation's commands go.
pub struct Links {
    /// To the VAD.
    pub ears: EarSender,
    /// To the chat model.
    pub mind: mpsc::Sender<MindCommand>,
    /// To the voice.
    pub voice: mpsc::Sender<SynthesisCommand>,
    /// To playout.
    pub playout: mpsc::Sender<PlayoutCommand>,
    /// To the captions.
    pub captions: mpsc::Sender<Caption>,
    /// To the agent's state as clients see it.
    pub states: watch::Sender<AgentState>,
    /// To the face.
    pub activity: ShownActivity,
    /// Back to the conversation, for what is started on its behalf.
    pub inputs: mpsc::Sender<Input>,
    /// Keeps everything, when that was asked for.
    pub recorder: Option<Recorder>,
    /// Keeps what was said, when calls are kept.
    pub transcripts: Option<Box<dyn TranscriptStore>>,
    /// What traces of this call hang on.
    pub span: CallSpan,
}

/// A conversation under way.
pub struct Conversation {
    dialogue: Dialogue,
    clock: CallClock,
    links: Links,
    voices: Voices,
    attention: Attention,
    linked: Option<String>,
    listening: Option<JoinHandle<()>>,
    /// What came from users who may be linked soon.
    early: Early,
    /// Tells the listening task that pre-connect audio is being read: once for each voice.
    preconnect: Option<oneshot::Sender<Recording>>,
    /// One flag for each speech that may still be generated or synthesised.
    cancels: HashMap<SpeechId, CancelFlag>,
    chat: ChatInput,
    /// When the turn is over whose button was released.
    turn_ends: Option<Instant>,
    /// Readers of messages and of audio from before the call; they end with the call.
    readers: JoinSet<()>,
}

impl Conversation {
    /// A conversation that begins with an empty call.
    #[must_use]
    pub fn new(dialogue: Dialogue, clock: CallClock, links: Links) -> Self {
        Self {
            dialogue,
            clock,
            links,
            voices: Voices::default(),
            attention: Attention::default(),
            linked: None,
            listening: None,
            early: Early::default(),
            preconnect: None,
            cancels: HashMap::new(),
            chat: ChatInput::default(),
            turn_ends: None,
            readers: JoinSet::new(),
        }
    }

    /// Runs until the dialogue ends the call. The transcript store is still open then.
    pub async fn run(
        mut self,
        mut events: TransportEvents,
        mut inputs: mpsc::Receiver<Input>,
    ) -> (EndReason, Option<Box<dyn TranscriptStore>>) {
        loop {
            if let Some(reason) = self.act() {
                if let Some(task) = self.listening.take() {
                    task.abort();
                }
                return (reason, self.links.transcripts.take());
            }
            let wake = self.dialogue.next_wake().map(|(at, _)| self.clock.instant(at));
            tokio::select! {
                // Reports of the engines first: they are older than the transport events that depend on them.
                biased;
                input = inputs.recv() => match input {
                    Some(input) => self.take(input),
                    None => self.take(Input::HangUp(EndReason::Asked)),
                },
                event = events.recv() => self.transport_event(event.unwrap_or(TransportEvent::Closed { on_purpose: false })),
                Some(_) = self.readers.join_next() => {}
                () = sleep_until(self.early.deadline()) => self.refuse_early(),
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
            self.links.activity.user_paused();
        }
        if matches!(input, Input::SpeechStarted { .. } | Input::Typed { .. } | Input::TurnBegun) {
            self.attention.partner_speaks();
            self.look();
        }
        // What is written has no caption.
        if let (Input::Typed { text }, Some(transcripts)) = (&input, &mut self.links.transcripts) {
            transcripts.user_typed(text);
        }
        let now = self.clock.now();
        // Outputs of an earlier input come before this one in a recording.
        if let Some(recorder) = &self.links.recorder {
            recorder.input(now, &input);
        }
        self.dialogue.handle(now, input);
    }

    /// The face looks where the attention is.
    fn look(&self) {
        self.links.activity.look(self.attention.gaze());
    }
}

/// Sleeps until `at`; for ever when there is none.
async fn sleep_until(at: Option<Instant>) {
    match at {
        Some(at) => tokio::time::sleep_until(at.into()).await,
        None => std::future::pending().await,
    }
}
