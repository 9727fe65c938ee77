//! Embedded engines on ONNX Runtime: voice activity, the end of a turn, speech-to-text and text-to-speech.
//!
//! For: one file an engine, with its name, assets, capabilities and constructor. Never: choosing among them.
//!
//! ```text
//!  16 kHz f32 ──> silero ──> probability of a voice per 32 ms
//!  16 kHz f32 of one turn so far ──> smart_turn ──> probability that its speaker has finished
//!  16 kHz f32 of one utterance ──> moonshine ──> text
//!  clause ──> hibari, piper, kokoro ──> SpeechChunk … (f32 at the voice's own rate + phoneme and word times)
//! ```
//!
//! [`onnx::init`] comes first, once per process; each engine's `open` calls it.

pub mod hibari;
mod hibari_vocoder;
pub mod kokoro;
mod kokoro_tokens;
pub mod moonshine;
mod moonshine_evidence;
mod moonshine_text;
pub mod onnx;
mod onnx_graph;
pub mod piper;
mod piper_config;
pub mod silero;
pub mod smart_turn;
mod whisper_features;

use engines::EngineRegistry;

/// Adds every engine of this crate.
#[must_use]
pub fn register(registry: EngineRegistry) -> EngineRegistry {
    registry
        .with_voice_activity([silero::ENGINE])
        .with_turn_detectors([smart_turn::ENGINE])
        .with_speech_to_text([moonshine::ENGINE])
        .with_text_to_speech([hibari::ENGINE, piper::ENGINE, kokoro::ENGINE])
}
