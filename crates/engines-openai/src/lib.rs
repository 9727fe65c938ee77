//! Engines behind OpenAI's protocols: OpenAI, vLLM, Ollama, Speaches and others, by their base URL.
//!
//! For: one file an engine, with its name, options, variables, capabilities and constructor. Never: choosing among them.
//!
//! ```text
//!  16 kHz f32 ─> WAV ─> remote::Client ── POST audio/transcriptions ──> {"text": …} ─> text
//!  &[Message] ─> request (JSON) ─> remote::Client ── POST chat/completions ──> server-sent events ─> Delta …
//!  clause ─> spoken words ─> remote::Client ── POST audio/speech ──> PCM 24 kHz, streamed
//!       │                                                             └─> cutter ─> 100 ms, 200 ms, … ─> sink
//!       └─ written words ─> pace (letters or phonemes, learned from clause to clause) ─> word and mouth times
//! ```
//! Protocols: <https://platform.openai.com/docs/api-reference>.

mod chat_completions;
mod cutter;
mod pace;
mod service;
mod transcription;
mod voice;

use engines::EngineRegistry;

pub use chat_completions::{OpenAiChat, OpenAiChatOptions};
pub use pace::OPENAI_SPEECH_RATE;
pub use transcription::{OpenAiTranscription, OpenAiTranscriptionOptions};
pub use voice::{OpenAiSpeech, OpenAiSpeechOptions};

/// Adds every engine of this crate.
#[must_use]
pub fn register(registry: EngineRegistry) -> EngineRegistry {
    registry
        .with_speech_to_text([transcription::ENGINE])
        .with_chat([chat_completions::ENGINE])
        .with_text_to_speech([voice::ENGINE])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_defaults_that_options_document_are_those_that_are_used() {
        let (stt, chat, tts) = (transcription::ENGINE.options, chat_completions::ENGINE.options, voice::ENGINE.options);
        for (schema, option, default) in [
            (stt(), "model", transcription::DEFAULT_MODEL),
            (chat(), "model", chat_completions::DEFAULT_MODEL),
            (tts(), "model", voice::DEFAULT_MODEL),
            (tts(), "voice", voice::DEFAULT_VOICE),
        ] {
            let schema = schema.to_value();
            let described = schema.pointer(&format!("/properties/{option}/description")).and_then(|text| text.as_str());
            let expected = format!("[default: `{default}`]");
            assert!(described.is_some_and(|text| text.contains(&expected)), "{option}: {described:?}, {expected}");
        }
    }
}
