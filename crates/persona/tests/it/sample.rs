//! What a program may offer to personas.

use persona::{Choice, Choices, EngineChoice, PersonaSchema};
use serde_json::{Value, json};

fn choice(name: &str) -> Choice {
    Choice { name: name.to_owned(), summary: format!("the {name} one") }
}

fn engine(name: &str, options: &[&str], languages: &[&str], voices: &[&str]) -> EngineChoice {
    let properties: serde_json::Map<String, Value> =
        options.iter().map(|option| ((*option).to_owned(), json!({ "type": ["string", "null"] }))).collect();
    let owned = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect();
    EngineChoice {
        choice: choice(name),
        options: json!({ "type": "object", "properties": properties, "additionalProperties": false }),
        languages: owned(languages),
        voices: owned(voices),
    }
}

/// The parser of a program with two engines of each kind, and three voices.
pub(crate) fn schema() -> PersonaSchema {
    PersonaSchema::new(Choices {
        stt: vec![engine("moonshine", &[], &["en"], &[]), engine("openai", &["model"], &[], &[])],
        llm: vec![
            engine("qwen2.5-coder-0.5b", &[], &[], &[]),
            engine("qwen2.5-coder-0.5b-english", &[], &[], &[]),
            engine("openai", &["model"], &[], &[]),
        ],
        tts: vec![
            engine("piper", &[], &["en"], &["joe"]),
            engine("hibari", &[], &["en"], &["heart"]),
            engine("kokoro", &[], &["en"], &["af_heart", "bf_emma"]),
            engine("openai", &["model", "voice"], &[], &[]),
        ],
        end_of_turn: ["combined", "detector", "adaptive", "fixed", "manual"].map(choice).to_vec(),
        interruption: ["words", "voice"].map(choice).to_vec(),
        back_channel: ["words", "never"].map(choice).to_vec(),
    })
}
