//! The engines that a persona chose.

use std::path::PathBuf;

use ::engines::{
    ChatModel, Context, EngineError, EngineRegistry, Place, Prepared, SpeechToText, TextToSpeech, TextToSpeechEngine,
    TurnDetector, VoiceActivityDetector,
};
use assets::Asset;
use persona::Persona;
use session::engines::{EngineLoader, EngineOptions, LoadError};

use crate::configuration::Configuration;

/// Threads for one inference: the machine is shared with the other engines of the call.
const INFERENCE_THREADS: usize = 2;

/// The engines of one call, checked and not loaded yet.
#[derive(Debug)]
pub struct ChosenEngines {
    /// The LiveKit library.
    pub livekit_ffi: PathBuf,
    voice_activity: Prepared<dyn VoiceActivityDetector>,
    turn_detector: Prepared<dyn TurnDetector>,
    speech_to_text: Prepared<dyn SpeechToText>,
    chat: Prepared<dyn ChatModel>,
    text_to_speech: Prepared<dyn TextToSpeech>,
    options: EngineOptions,
}

/// The chat model that the persona chose, or `other` without options, checked and not loaded yet.
///
/// # Errors
/// Names the file, the variable or the option that is wrong.
pub fn prepare_chat(
    registry: &EngineRegistry,
    persona: &Persona,
    other: Option<&str>,
    configuration: &Configuration,
) -> Result<Prepared<dyn ChatModel>, EngineError> {
    let llm = persona.engines.language_model();
    let context = context(persona, configuration);
    match other {
        Some(name) => (registry.chat(Some(name))?.prepare)(&context, &toml::Table::new()),
        None => (registry.chat(llm.name.as_deref())?.prepare)(&context, &llm.options),
    }
}

/// What engines are prepared with, before a voice is chosen.
fn context(persona: &Persona, configuration: &Configuration) -> Context {
    Context {
        assets: configuration.assets.clone(),
        variables: configuration.engines.clone(),
        language: persona.language.clone(),
        voice: None,
        threads: INFERENCE_THREADS,
    }
}

impl ChosenEngines {
    /// Looks up what the persona chose, and checks its options, the environment and the files.
    ///
    /// # Errors
    /// Names the file, the variable or the option that is wrong.
    pub fn prepare(
        registry: &EngineRegistry,
        persona: &Persona,
        configuration: &Configuration,
    ) -> Result<Self, EngineError> {
        let livekit_ffi = configuration.assets.path(Asset::LivekitFfi)?;
        let mut context = context(persona, configuration);
        let none = toml::Table::new();
        let (stt, llm, tts) =
            (persona.engines.speech_to_text(), persona.engines.language_model(), persona.engines.text_to_speech());
        let speech_to_text = registry.speech_to_text(stt.name.as_deref())?;
        let chat = registry.chat(llm.name.as_deref())?;
        let text_to_speech = registry.text_to_speech(tts.name.as_deref())?;
        context.voice = voice_for(registry, text_to_speech, persona.voice.name.as_deref());
        let options = EngineOptions {
            transcribe_ahead: speech_to_text.capabilities.place == Place::Embedded,
            share_cores: chat.capabilities.place == Place::Embedded
                && text_to_speech.capabilities.place == Place::Embedded,
            ..EngineOptions::default()
        };
        Ok(Self {
            livekit_ffi,
            voice_activity: (registry.voice_activity(None)?.prepare)(&context, &none)?,
            turn_detector: (registry.turn_detector(None)?.prepare)(&context, &none)?,
            speech_to_text: (speech_to_text.prepare)(&context, &stt.options)?,
            chat: (chat.prepare)(&context, &llm.options)?,
            text_to_speech: (text_to_speech.prepare)(&context, &tts.options)?,
            options,
        })
    }

    /// How a conversation uses these engines.
    #[must_use]
    pub fn options(&self, detect_turns: bool) -> EngineOptions {
        EngineOptions { detect_turns, ..self.options }
    }
}

impl EngineLoader for ChosenEngines {
    fn voice_activity(&self) -> Result<Box<dyn VoiceActivityDetector>, LoadError> {
        Ok(self.voice_activity.load()?)
    }

    fn speech_to_text(&self) -> Result<Box<dyn SpeechToText>, LoadError> {
        Ok(self.speech_to_text.load()?)
    }

    fn turn_detector(&self) -> Result<Box<dyn TurnDetector>, LoadError> {
        Ok(self.turn_detector.load()?)
    }

    fn chat_model(&self) -> Result<Box<dyn ChatModel>, LoadError> {
        Ok(self.chat.load()?)
    }

    fn text_to_speech(&self) -> Result<Box<dyn TextToSpeech>, LoadError> {
        Ok(self.text_to_speech.load()?)
    }
}

/// The voice that the persona names. A service knows its own voices: what is the name of another engine's voice was meant for
/// that, as in a persona that changed its engine.
fn voice_for(registry: &EngineRegistry, chosen: &TextToSpeechEngine, name: Option<&str>) -> Option<String> {
    let name = name?;
    let is_foreign = chosen.capabilities.voices.is_empty()
        && registry
            .all_text_to_speech()
            .any(|engine| engine.capabilities.voices.iter().any(|voice| voice.name == name));
    if is_foreign {
        tracing::warn!(
            voice = name,
            engine = chosen.name,
            "the voice is another engine's: this one speaks with its default"
        );
        return None;
    }
    Some(name.to_owned())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::engines::registry;

    #[test]
    fn a_voice_of_another_engine_is_not_asked_of_a_service() {
        let registry = registry();
        let voice = |engine, name| voice_for(&registry, registry.text_to_speech(Some(engine)).unwrap(), name);
        assert_eq!(voice("openai", Some("joe")), None);
        assert_eq!(voice("openai", Some("nova")), Some("nova".to_owned()));
        assert_eq!(voice("piper", Some("joe")), Some("joe".to_owned()));
        assert_eq!(voice("kokoro", None), None);
    }
}
