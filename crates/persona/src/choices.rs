//! What a program offers to personas: engines, with their options and voices, and policies.

use serde_json::Value;

/// A name that a key can take.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Choice {
    /// The name.
    pub name: String,
    /// What it is, in one line.
    pub summary: String,
}

/// An engine that a persona can name.
#[derive(Debug, Clone, PartialEq)]
pub struct EngineChoice {
    /// Its name and what it is.
    pub choice: Choice,
    /// The JSON schema of its options.
    pub options: Value,
    /// The languages that it knows, as primary subtags of BCP 47; empty for any.
    pub languages: Vec<String>,
    /// The names of its voices, the default one first; empty for any, or if it does not speak.
    pub voices: Vec<String>,
}

/// What a program offers. An empty list accepts every name: the token server links no engine.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Choices {
    /// Speech-to-text engines, the default one first.
    pub stt: Vec<EngineChoice>,
    /// Language models, the default one first.
    pub llm: Vec<EngineChoice>,
    /// Text-to-speech engines, the default one first.
    pub tts: Vec<EngineChoice>,
    /// Policies for the end of a turn.
    pub end_of_turn: Vec<Choice>,
    /// Policies for interruptions.
    pub interruption: Vec<Choice>,
    /// Policies for back-channels.
    pub back_channel: Vec<Choice>,
}

impl Choices {
    /// The engines of each kind, with the key that names one.
    pub(crate) fn engines(&self) -> [(&'static str, &[EngineChoice]); 3] {
        [("stt", &self.stt), ("llm", &self.llm), ("tts", &self.tts)]
    }
}
