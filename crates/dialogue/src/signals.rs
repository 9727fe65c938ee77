//! What goes into the machine and what comes out of it.

use std::time::{Duration, Instant};

use proto::room::AgentState;

use crate::Message;

/// One turn of the user: everything said until it is answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct TurnId(pub u64);

/// One speech of the agent: a greeting or a reply, with its generation, voice and caption.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct SpeechId(pub u64);

/// The engines a call can't do without.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Engine {
    /// Voice activity detection.
    VoiceActivity,
    /// Speech-to-text.
    SpeechToText,
    /// The language model.
    LanguageModel,
    /// Text-to-speech.
    TextToSpeech,
    /// The face's renderer.
    Face,
}

impl Engine {
    /// Its name for people.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::VoiceActivity => "voice activity detection",
            Self::SpeechToText => "speech-to-text",
            Self::LanguageModel => "the language model",
            Self::TextToSpeech => "text-to-speech",
            Self::Face => "the face",
        }
    }
}

/// How a reply's generation ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Finish {
    /// Everything was said.
    Complete,
    /// The limit of length was reached.
    Truncated,
}

/// Something that happened.
#[derive(Debug, Clone, PartialEq)]
pub enum Input {
    /// Time has passed: the wake-up that `next_wake` asked for.
    Wake,
    /// The engines are loaded and the voice is published.
    Ready,
    /// A person (not an agent, not an avatar) is in the room.
    PersonArrived {
        /// Who, unique in the room.
        identity: String,
    },
    /// A person is gone.
    PersonLeft {
        /// Who.
        identity: String,
        /// They hung up, as opposed to a connection that was lost.
        on_purpose: bool,
    },
    /// Somebody receives our voice now.
    VoiceSubscribed,
    /// The linked user began to speak at `at`, a little before it was noticed.
    SpeechStarted {
        /// When the voice began.
        at: Instant,
    },
    /// The linked user stopped speaking at `at`.
    SpeechStopped {
        /// When the voice ended.
        at: Instant,
    },
    /// The words of a turn so far.
    Transcript {
        /// Which turn.
        turn: TurnId,
        /// Which request of that turn; older ones are ignored.
        revision: u32,
        /// The words; empty when there were none.
        text: String,
    },
    /// A speakable piece of the reply.
    ReplyClause {
        /// Which reply.
        speech: SpeechId,
        /// The words.
        text: String,
    },
    /// The reply is complete.
    ReplyFinished {
        /// Which reply.
        speech: SpeechId,
        /// How.
        finish: Finish,
    },
    /// The first sample of a speech is playing.
    VoiceStarted {
        /// Which speech.
        speech: SpeechId,
    },
    /// Words of a speech were played.
    Heard {
        /// Which speech.
        speech: SpeechId,
        /// The words, with the white space that separates them from those before.
        text: String,
    },
    /// The last sample of a finished speech was played.
    VoiceFinished {
        /// Which speech.
        speech: SpeechId,
    },
    /// An engine failed for good.
    EngineFailed {
        /// Which.
        engine: Engine,
    },
    /// The connection to the room broke and is being mended.
    RoomInterrupted,
    /// The connection is mended.
    RoomRestored,
    /// The room was joined anew: whoever was there may have left meanwhile without a word.
    RoomRejoined,
    /// The call has to end, decided outside (a signal, the room closed, the owner gone).
    HangUp(EndReason),
}

/// Something to do.
#[derive(Debug, Clone, PartialEq)]
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
    /// Transcribe everything heard of this turn so far.
    Transcribe {
        /// Which turn.
        turn: TurnId,
        /// To be returned with the transcript.
        revision: u32,
    },
    /// The audio of this turn is no longer needed.
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
        /// The whole conversation, instructions first.
        messages: Vec<Message>,
    },
    /// Stop making this reply.
    CancelGeneration {
        /// Which reply.
        speech: SpeechId,
    },
    /// Say this after whatever was queued for the same speech.
    Speak {
        /// Which speech.
        speech: SpeechId,
        /// One clause.
        text: String,
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
    /// Show words of the agent that were just heard.
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
    /// Tell the room in writing, without a voice.
    Notice {
        /// One plain sentence.
        text: String,
    },
    /// A reply began to sound: how long each stage took.
    TurnMeasured(TurnTimes),
    /// The agent was spoken over and fell silent.
    Interrupted {
        /// Which speech.
        speech: SpeechId,
    },
    /// Leave. The last output.
    End(EndReason),
}

/// How long each stage of an answer took, all from the end of the user's speech.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TurnTimes {
    /// The final transcript was there.
    pub transcript: Duration,
    /// The turn was taken to be over.
    pub end_of_turn: Duration,
    /// The first clause of the reply was there.
    pub first_clause: Duration,
    /// The first sample was played.
    pub first_sound: Duration,
}

/// Why the call ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EndReason {
    /// Everybody has hung up.
    EverybodyLeft,
    /// The last person's connection was lost and did not come back.
    UserVanished,
    /// Nobody ever came.
    NobodyArrived,
    /// An engine is lost.
    EngineLost(Engine),
    /// The connection to the room is lost.
    RoomLost,
    /// The process that owns this one is gone.
    OwnerGone,
    /// Somebody asked us to leave.
    Asked,
}
