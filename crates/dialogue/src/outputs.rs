//! What comes out of the machine.

use chat::{Clause, Message};
use proto::agent::AgentState;
use serde::{Deserialize, Serialize};

use crate::{EndReason, Level, SpeechId, TurnId, TurnTimes};

/// What playout has to do with a speech.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Playout {
    /// Let it sound: until then it is held back, however much of it is made.
    Start,
    /// The user makes a sound: be ready to pause at once. Nothing changes that can be heard.
    Brace,
    /// Fall silent, and remember the sample.
    Pause,
    /// Go on from the very next sample; also takes back a `Brace`.
    Resume,
}

/// What became of an answer that was made before the turn was over.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Speculation {
    /// It was begun.
    Started,
    /// The turn was over: it is the answer.
    Committed,
    /// The user went on: it was thrown away.
    Discarded,
}

/// Why the agent went on after a pause.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FalseInterruption {
    /// The user only said that they are listening.
    BackChannel,
    /// There were no words in it.
    Noise,
}

/// Something to do.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Output {
    /// The agent's state changed: show it.
    State(AgentState),
    /// Listen to this person from now on.
    Link {
        /// Who.
        identity: String,
    },
    /// Stop listening: there is nobody.
    Unlink,
    /// Transcribe everything heard of this turn so far (since it was last cut).
    Transcribe {
        /// Which turn.
        turn: TurnId,
        /// To be returned with the transcript.
        revision: u32,
    },
    /// Judge by the sound whether this turn is over.
    DetectEndOfTurn {
        /// Which turn.
        turn: TurnId,
        /// To be returned with the probability.
        revision: u32,
    },
    /// Judge by the words whether a sentence ends here.
    JudgeSentence {
        /// Which turn.
        turn: TurnId,
        /// To be returned with the probability.
        revision: u32,
        /// The conversation so far, instructions first; the last message holds the words.
        messages: Vec<Message>,
    },
    /// Everything that the transcript of this revision covers is settled: its audio is no longer needed.
    CutTurn {
        /// Which turn.
        turn: TurnId,
        /// Which request.
        revision: u32,
    },
    /// The audio of this turn is no longer needed, nor any that was heard since: only speech under way is kept.
    CloseTurn {
        /// Which turn.
        turn: TurnId,
    },
    /// Show what the user said: the whole text of the turn.
    UserCaption {
        /// Which turn.
        turn: TurnId,
        /// The words.
        text: String,
        /// Nothing will change any more.
        is_final: bool,
    },
    /// Continue the conversation.
    Generate {
        /// The reply to make.
        speech: SpeechId,
        /// The whole conversation, instructions first.
        messages: Vec<Message>,
    },
    /// Nothing has to be said now, but the conversation will go on from here: think it through ahead of time.
    Prepare {
        /// The conversation so far, instructions first; the last message may be half of what the user is saying.
        messages: Vec<Message>,
    },
    /// Stop making this reply.
    CancelGeneration {
        /// Which reply.
        speech: SpeechId,
    },
    /// Make the sound of this, after whatever was queued for the same speech.
    Speak {
        /// Which speech.
        speech: SpeechId,
        /// The words, and what goes with them.
        #[serde(flatten)]
        clause: Clause,
    },
    /// Nothing more will be queued for this speech.
    FinishSpeech {
        /// Which speech.
        speech: SpeechId,
    },
    /// Fall silent at once and forget what is queued.
    StopSpeech {
        /// Which speech.
        speech: SpeechId,
    },
    /// Let a speech sound, or not.
    Playout {
        /// Which speech.
        speech: SpeechId,
        /// What to do.
        order: Playout,
    },
    /// Show words of the agent that were just heard (or written, when it has no voice).
    AgentCaption {
        /// Which speech.
        speech: SpeechId,
        /// The words, with their white space.
        delta: String,
    },
    /// The caption of this speech is complete.
    EndAgentCaption {
        /// Which speech.
        speech: SpeechId,
    },
    /// Tell the users in writing, without a voice.
    Notice {
        /// One plain sentence.
        text: String,
    },
    /// A reply began to sound: when each stage was reached.
    TurnMeasured {
        /// Which turn was answered.
        turn: TurnId,
        /// The stages.
        times: TurnTimes,
    },
    /// What became of an answer made ahead of time.
    Speculation(Speculation),
    /// The agent was spoken over and fell silent for good.
    Interrupted {
        /// Which speech.
        speech: SpeechId,
    },
    /// The agent paused, and goes on.
    FalselyInterrupted {
        /// Which speech.
        speech: SpeechId,
        /// Why it goes on.
        why: FalseInterruption,
    },
    /// A turn without words was dropped.
    TurnDropped {
        /// Which turn.
        turn: TurnId,
    },
    /// Nobody has said anything for a while, or somebody does again.
    UserAway(bool),
    /// What is left of the budget allows only this from now on.
    Level(Level),
    /// Leave. The last output.
    End(EndReason),
}
