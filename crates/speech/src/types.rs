//! The values that cross the speech boundary.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// Samples a second of everything the ears hear.
pub const LISTEN_SAMPLE_RATE: u32 = 16_000;
/// Samples in one voice-activity frame: 32 ms at 16 kHz.
pub const VAD_FRAME: usize = 512;

/// Asks a running engine call to stop. Clones share one flag.
#[derive(Debug, Clone, Default)]
pub struct CancelFlag(Arc<AtomicBool>);

impl CancelFlag {
    /// Asks for the end. Can't be undone.
    pub fn cancel(&self) {
        self.0.store(true, Ordering::Release);
    }

    /// Whether the end was asked for.
    #[must_use]
    pub fn is_cancelled(&self) -> bool {
        self.0.load(Ordering::Acquire)
    }
}

/// One phoneme of synthesised speech.
#[derive(Debug, Clone, PartialEq)]
pub struct PhonemeSpan {
    /// The phoneme as IPA, as espeak-ng writes it, with the mark of primary stress (`ˈɜː`) and its length mark; the halves of
    /// a diphthong or affricate are phonemes of their own (`a`, `ɪ`). A single space or punctuation mark for a pause.
    pub ipa: String,
    /// First sample, counted from the start of this chunk.
    pub start: u64,
    /// One past the last sample.
    pub end: u64,
}

/// One written word of synthesised speech.
#[derive(Debug, Clone, PartialEq)]
pub struct WordSpan {
    /// The word as written, with its punctuation. Joining all words of a clause with spaces gives the clause.
    pub text: String,
    /// First sample, counted from the start of this chunk.
    pub start: u64,
    /// One past the last sample.
    pub end: u64,
}

/// A piece of synthesised speech.
#[derive(Debug, Clone, Default)]
pub struct SpeechChunk {
    /// Mono samples in -1 to 1, at [`crate::TextToSpeech::sample_rate`].
    pub samples: Vec<f32>,
    /// When each phoneme sounds.
    pub phonemes: Vec<PhonemeSpan>,
    /// When each word sounds.
    pub words: Vec<WordSpan>,
}

/// What went wrong in an engine.
#[derive(Debug, thiserror::Error)]
pub enum SpeechError {
    /// A model or library could not be loaded.
    #[error("{engine}: cannot load {path}: {message}")]
    Load {
        /// Which engine.
        engine: &'static str,
        /// Which file.
        path: String,
        /// Why.
        message: String,
    },
    /// A loaded engine failed.
    #[error("{engine}: {message}")]
    Run {
        /// Which engine.
        engine: &'static str,
        /// What it said.
        message: String,
    },
    /// The input can't be used.
    #[error("{engine}: {message}")]
    Input {
        /// Which engine.
        engine: &'static str,
        /// What is wrong with it.
        message: String,
    },
    /// A service failed.
    #[error("{engine}: {failure}")]
    Remote {
        /// Which engine.
        engine: &'static str,
        /// What happened.
        failure: remote::RemoteFailure,
    },
}

impl SpeechError {
    /// Whether every later call would fail too. Else only this one did, and the next may work.
    #[must_use]
    pub fn is_permanent(&self) -> bool {
        match self {
            Self::Load { .. } => true,
            Self::Run { .. } | Self::Input { .. } => false,
            Self::Remote { failure, .. } => failure.is_permanent(),
        }
    }
}
