//! What both sides of a comparison are given, and what their agents are told.

/// What both agents say first.
pub(super) const GREETING: &str = "Hello! I am glad you are here.";
/// What both language models are told. The stub does not care.
pub(super) const INSTRUCTIONS: &str = "You are a friendly voice assistant. Answer in one or two short sentences.";

/// What both sides are given.
#[derive(Debug, Clone)]
pub(super) struct Setting {
    /// The stub engines, as `OPENAI_BASE_URL`.
    pub(super) engines_url: String,
    /// Their key, as `OPENAI_API_KEY`.
    pub(super) engines_key: String,
    /// Silence after which the voice activity ends a turn.
    pub(super) silence_ms: u32,
}
