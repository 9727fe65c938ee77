//! Ears and voice behind OpenAI's audio protocol: OpenAI, Speaches, vLLM and others, by their base URL.
//!
//! ```text
//!  16 kHz f32 ─> WAV ─> remote::Client ── POST audio/transcriptions ──> {"text": …} ─> text
//!  clause ─> spoken words ─> remote::Client ── POST audio/speech ──> PCM 24 kHz, streamed
//!       │                                                             └─> cutter ─> 100 ms, 200 ms, … ─> sink
//!       └─ written words ─> pace (letters or phonemes, learned from clause to clause) ─> word and mouth times
//! ```
//! Protocol: <https://platform.openai.com/docs/api-reference/audio>.

mod cutter;
mod pace;
mod transcription;
mod voice;

pub use pace::OPENAI_SPEECH_RATE;
pub use transcription::{OpenAiTranscription, OpenAiTranscriptionOptions};
pub use voice::{OpenAiSpeech, OpenAiSpeechOptions};
