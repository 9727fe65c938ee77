//! Speech as sound and as words: what every engine that hears or speaks shares.
//!
//! For: the values that cross the boundary of such an engine, resampling, finding the voiced parts of sound, and turning written
//! words into phonemes and phonemes back into the times of words. Never: a model, a service, or whose turn it is.
//!
//! ```text
//!  probability of a voice per 32 ms ──> SpeechGate ──> started / stopped
//!  clause ─> spoken words ─> phrases ─> espeak-ng (own process) ─> phonemes ─> an engine's samples
//!     └──────── written words ──────── word times <── phoneme times ──────────────┘
//! ```

mod articulation;
pub mod espeak;
pub mod gate;
pub mod phrases;
pub mod resample;
mod spoken;
mod types;
pub mod word_times;

pub use types::*;
