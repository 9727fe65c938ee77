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
    /// The key in `[engines]` of the persona file that names the engine; `None` when there is no choice.
    #[must_use]
    pub fn key(self) -> Option<&'static str> {
        match self {
            Self::SpeechToText => Some("stt"),
            Self::ChatModel => Some("llm"),
            Self::TextToSpeech => Some("tts"),
            Self::VoiceActivity | Self::TurnDetector => None,
        }
    }
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
