//! What an engine declares that it can do. Code asks this, never which engine it is.

/// Where an engine runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// In this process: it needs cores and memory, and no key.
    Embedded,
    /// At a service: a request may cost money.
    Remote,
}

/// What a speech-to-text engine can do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SpeechToTextCapabilities {
    /// Where it runs.
    pub place: Place,
    /// The languages that it understands, as primary subtags of BCP 47; empty for any.
    pub languages: &'static [&'static str],
    /// Whether it gives the words so far of an utterance that goes on.
    pub streams_partials: bool,
    /// Whether it gives the time of each word.
    pub word_times: bool,
}

/// What a chat model can do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ChatCapabilities {
    /// Where it runs.
    pub place: Place,
    /// Whether messages may hold images.
    pub images: bool,
    /// Whether it calls tools.
    pub tools: bool,
}

/// A voice of a text-to-speech engine.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Voice {
    /// Its name in the persona file.
    pub name: &'static str,
    /// What it sounds like, in a few words.
    pub summary: &'static str,
}

/// What a text-to-speech engine can do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TextToSpeechCapabilities {
    /// Where it runs.
    pub place: Place,
    /// The languages that it speaks, as primary subtags of BCP 47; empty for any.
    pub languages: &'static [&'static str],
    /// Its voices, the default one first; empty when the service knows them and we do not.
    pub voices: &'static [Voice],
    /// Samples a second.
    pub sample_rate: u32,
    /// Whether the times of words and phonemes are the engine's own, as opposed to estimated.
    pub exact_times: bool,
}

impl TextToSpeechCapabilities {
    /// An engine in this process with one voice, for any language, and the times of its words.
    #[must_use]
    pub const fn embedded(sample_rate: u32) -> Self {
        Self { place: Place::Embedded, languages: &[], voices: &[], sample_rate, exact_times: true }
    }
}
