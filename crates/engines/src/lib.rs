//! Engines: what each kind does, what an engine can do, and which engines there are.
//!
//! For: the traits of voice activity detection, turn detection, speech-to-text, chat models and text-to-speech; what an engine
//! declares about itself; the registry that a persona's names are looked up in. Never: a concrete engine.
//!
//! ```text
//!  engines-onnx, engines-llama, engines-openai: one file an engine, each with an ENGINE
//!        │ registration
//!        ▼
//!  EngineRegistry ── find(name) ──> ENGINE.prepare(context, options) ──> Prepared: files are there, settings are right
//!                                                                            └── load() on the engine's own thread
//! ```
//!
//! Engines are blocking and not shared: each is owned by one thread of its own. Long calls take a [`speech::CancelFlag`]
//! and stream what they have into a sink, so that a remote engine fits the same trait.

mod capabilities;
mod chat_model;
mod context;
mod error;
mod options;
mod registration;
mod registry;
mod role;
mod speech_to_text;
mod text_to_speech;
mod turn_detector;
mod voice_activity;

pub use capabilities::{ChatCapabilities, Place, SpeechToTextCapabilities, TextToSpeechCapabilities, Voice};
pub use chat_model::{ChatModel, LlmError};
pub use context::{Context, Variable, Variables};
pub use error::EngineError;
pub use options::{NoOptions, options};
pub use registration::{Engine, Prepared};
pub use registry::{
    ChatEngine, EngineRegistry, SpeechToTextEngine, TextToSpeechEngine, TurnDetectorEngine, VoiceActivityEngine,
};
pub use role::Role;
pub use speech_to_text::SpeechToText;
pub use text_to_speech::TextToSpeech;
pub use turn_detector::TurnDetector;
pub use voice_activity::VoiceActivityDetector;
