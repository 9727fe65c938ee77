//! The engines that this program knows, and what personas can choose from.

use ::engines::EngineRegistry;
use dialogue::PolicyRegistry;
use persona::{Choice, Choices, EngineChoice, PersonaSchema};

/// Every engine that this program knows. The first of each kind is the default.
#[must_use]
pub fn registry() -> EngineRegistry {
    let embedded = engines_llama::register(engines_onnx::register(EngineRegistry::default()));
    engines_openai::register(embedded)
}

/// The parser of persona files, with the engines and policies that this program knows.
#[must_use]
pub fn persona_schema() -> PersonaSchema {
    PersonaSchema::new(choices(&registry(), &PolicyRegistry::builtin()))
}

/// What personas can choose from.
#[must_use]
pub fn choices(engines: &EngineRegistry, policies: &PolicyRegistry) -> Choices {
    let choice = |(name, summary): (&str, &str)| Choice { name: name.to_owned(), summary: summary.to_owned() };
    let owned = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>();
    Choices {
        stt: engines
            .all_speech_to_text()
            .map(|engine| EngineChoice {
                choice: choice((engine.name, engine.summary)),
                options: (engine.options)().to_value(),
                languages: owned(engine.capabilities.languages),
                voices: vec![],
            })
            .collect(),
        llm: engines
            .all_chat()
            .map(|engine| EngineChoice {
                choice: choice((engine.name, engine.summary)),
                options: (engine.options)().to_value(),
                languages: vec![],
                voices: vec![],
            })
            .collect(),
        tts: engines
            .all_text_to_speech()
            .map(|engine| EngineChoice {
                choice: choice((engine.name, engine.summary)),
                options: (engine.options)().to_value(),
                languages: owned(engine.capabilities.languages),
                voices: engine.capabilities.voices.iter().map(|voice| voice.name.to_owned()).collect(),
            })
            .collect(),
        end_of_turn: policies.end_of_turn().map(choice).collect(),
        interruption: policies.interruption().map(choice).collect(),
        back_channel: policies.back_channel().map(choice).collect(),
    }
}
