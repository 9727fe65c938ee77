//! The nouns that both sides of the machine share.

use serde::{Deserialize, Serialize};

/// One turn of the user: everything said until it is answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct TurnId(pub u64);

/// One speech of the agent: a greeting or a reply, with its generation, voice and caption.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct SpeechId(pub u64);

/// The engines of a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Engine {
    /// Voice activity detection.
    VoiceActivity,
    /// Speech-to-text.
    SpeechToText,
    /// The turn detector.
    TurnDetector,
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
            Self::TurnDetector => "the turn detector",
            Self::LanguageModel => "the language model",
            Self::TextToSpeech => "text-to-speech",
            Self::Face => "the face",
        }
    }
}

/// Something that was used up.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Usage {
    /// Tokens of the language model, read and written.
    Tokens(u64),
    /// Milliseconds of audio that an engine heard or spoke.
    AudioMilliseconds(u64),
    /// Audio chunks sent to the users.
    AudioChunks(u64),
    /// Video frames sent to the users.
    VideoFrames(u64),
}

/// What the budget allows, in the order in which things are given up.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Level {
    /// Everything.
    #[default]
    Full,
    /// No more answers ahead of time, no captions while the user speaks.
    NoSpeculation,
    /// Also fewer pictures of the face.
    FewerFrames,
    /// Also no voice: replies are written.
    TextOnly,
    /// Nothing: the call ends politely.
    Spent,
}

/// Why the call ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EndReason {
    /// Everybody has hung up.
    EverybodyLeft,
    /// The last person's connection was lost and did not come back.
    UserVanished,
    /// Nobody ever came.
    NobodyArrived,
    /// Nobody has said anything for very long.
    Idle,
    /// The call has lasted as long as it may.
    SessionLimit,
    /// The budget is spent.
    BudgetSpent,
    /// An engine is lost.
    EngineLost(Engine),
    /// The connection to the call is lost.
    #[serde(rename = "room_lost")]
    ConnectionLost,
    /// The process that owns this one is gone.
    OwnerGone,
    /// Another process serves the call now.
    Superseded,
    /// Somebody asked us to leave.
    Asked,
}
