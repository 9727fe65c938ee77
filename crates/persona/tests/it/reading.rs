//! Persona files that are right, and the mistakes that tests of single keys look for.
#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::path::Path;

use persona::Persona;

use crate::sample::schema;

const WHO: &str = "name = \"Ava\"\ninstructions = \"Be kind.\"\n";

fn persona(rest: &str) -> Persona {
    schema().parse("p.toml", &format!("{WHO}{rest}")).unwrap_or_else(|errors| panic!("{errors}"))
}

fn error(rest: &str) -> String {
    schema().parse("p.toml", &format!("{WHO}{rest}")).expect_err("refused").to_string()
}

#[test]
fn the_default_persona_is_valid() {
    let persona = schema().load(None).unwrap();
    assert_eq!(persona.name, "AI Assistant");
    assert!(!persona.greeting.is_empty());
}

#[test]
fn engines_are_the_default_ones_unless_the_persona_says_otherwise() {
    let engines = |rest: &str| {
        let engines = persona(&format!("[engines]\n{rest}")).engines;
        [engines.speech_to_text(), engines.language_model(), engines.text_to_speech()].map(|engine| engine.name)
    };
    let openai = || Some("openai".to_owned());
    assert_eq!(engines(""), [None, None, None]);
    assert_eq!(engines("preset = \"embedded\"\n"), [None, None, None]);
    assert_eq!(engines("preset = \"openai\"\ntts_voice = \"nova\"\n"), [openai(), openai(), openai()]);
    let mixed = engines("preset = \"openai\"\nstt = \"moonshine\"\n");
    assert_eq!(mixed, [Some("moonshine".to_owned()), openai(), openai()]);
    assert_eq!(engines("llm = \"openai\"\nllm_model = \"m\"\n"), [None, openai(), None]);
}

#[test]
fn short_keys_are_options_of_the_engine() {
    let chosen = persona("[engines]\ntts = \"openai\"\ntts_voice = \"nova\"\ntts_options = { model = \"m\" }\n");
    let options = chosen.engines.text_to_speech().options;
    assert_eq!((options["voice"].as_str(), options["model"].as_str()), (Some("nova"), Some("m")));
}

#[test]
fn keys_that_would_have_no_effect_are_refused_with_what_to_do() {
    assert_eq!(
        error("[engines]\ntts_voice = \"nova\"\n"),
        "p.toml:4:1: engines.tts_voice: has no effect on `piper`; set tts = \"openai\" too, or leave tts_voice out"
    );
    let both = error("[engines]\nllm = \"openai\"\nstt_model = \"m\"\n");
    assert!(both.starts_with("p.toml:5:1: engines.stt_model: has no"), "{both}");
}

#[test]
fn there_is_a_face_unless_the_persona_says_otherwise() {
    let shown = |rest: &str| persona(rest).face.enabled;
    assert!(shown("") && shown("[face]\n") && shown("[face]\ncharacter = \"drawn\"\n"));
    assert!(!shown("[face]\nenabled = false\n"));
}

#[test]
fn an_avatar_is_named_by_its_identity() {
    let avatar = |rest: &str| persona(&format!("[face]\n{rest}")).face;
    assert_eq!(avatar("").avatar(), None);
    let named = avatar("provider = \"avatar\"\nidentity = \"agent-avatar-1\"\n");
    assert_eq!(named.avatar(), Some("agent-avatar-1"));
    assert_eq!(avatar("provider = \"tavus\"\n").avatar(), Some("tavus-avatar-agent"));
    let off = avatar("enabled = false\nprovider = \"avatar\"\nidentity = \"agent-avatar-1\"\n");
    assert_eq!(off.avatar(), None);
    assert!(error("[face]\nprovider = \"avatar\"\n").starts_with("p.toml:4:1: face.provider: needs"));
    assert!(error("[face]\nidentity = \"a\"\n").starts_with("p.toml:4:1: face.identity: has an effect"));
    assert!(error("[face]\nprovider = \"tavvus\"\n").contains("face.provider: expected one of `local`"));
}

#[test]
fn a_missing_file_is_named() {
    let error = schema().load(Some(Path::new("/nonexistent/ava.toml"))).expect_err("no such file");
    assert!(error.to_string().starts_with("/nonexistent/ava.toml:1:1: -: cannot be read"));
}

#[test]
fn the_schema_names_everything_that_can_be_chosen_and_has_no_references() {
    let schema = schema();
    let schema = schema.json();
    for key in ["turns/properties/end_of_turn", "turns/properties/back_channel", "engines/properties/tts"] {
        let names = schema.pointer(&format!("/properties/{key}/oneOf")).unwrap().as_array().unwrap();
        assert!(names.len() > 1 && names[0]["description"].as_str().unwrap().starts_with("the "), "{key}");
    }
    assert!(!schema.to_string().contains("$ref"), "{schema:#}");
    assert_eq!(schema["properties"]["turns"]["properties"]["silence_ms"]["maximum"], 10_000);
    assert_eq!(schema["additionalProperties"], false);
}
