//! What an engine does in a conversation.

use std::fmt;

/// What an engine does in a conversation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Role {
    /// Finds voices in sound.
    VoiceActivity,
    /// Tells whether a turn is over.
    TurnDetector,
    /// Turns speech into text.
    SpeechToText,
    /// Answers.
    ChatModel,
    /// Turns text into speech.
    TextToSpeech,
}

impl Role {
    /// Every role, in the order in which a conversation needs them.
    pub const ALL: [Self; 5] =
        [Self::VoiceActivity, Self::TurnDetector, Self::SpeechToText, Self::ChatModel, Self::TextToSpeech];
}

impl fmt::Display for Role {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::VoiceActivity => "voice activity detector",
            Self::TurnDetector => "turn detector",
            Self::SpeechToText => "speech-to-text engine",
            Self::ChatModel => "language model",
            Self::TextToSpeech => "text-to-speech engine",
        })
    }
}
