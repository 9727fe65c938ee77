//! Twenty broken persona files: each error names line, column, key, and what would be right.
#![allow(clippy::unwrap_used, clippy::expect_used)]

use crate::sample::schema;

/// The errors in a file, without its name.
fn errors(text: &str) -> Vec<String> {
    let Err(errors) = schema().parse("p.toml", text) else { return Vec::new() };
    errors.iter().map(|error| error.to_string().replacen("p.toml:", "", 1)).collect()
}

/// The errors of a persona with this beyond its name and instructions, which are lines 1 and 2.
fn with(rest: &str) -> Vec<String> {
    errors(&format!("name = \"Ava\"\ninstructions = \"Be kind.\"\n{rest}\n"))
}

#[test]
fn what_every_persona_needs() {
    assert_eq!(errors("instructions = \"Be kind.\"\n"), ["1:1: name: missing field `name`, expected a string"]);
    assert_eq!(
        errors("greeting = \"Hi.\"\n"),
        [
            "1:1: name: missing field `name`, expected a string",
            "1:1: instructions: missing field `instructions`, expected a string"
        ]
    );
    assert_eq!(errors("name = \"Ava\"\ninstructions = \" \"\n"), ["2:1: instructions: must not be empty"]);
    let errors = errors("name = \" \"\ninstructions = \"Be kind.\"\n");
    assert!(errors.len() == 1 && errors[0].starts_with("1:1: name: must not be empty"), "{errors:?}");
}

#[test]
fn keys_that_do_not_exist() {
    assert_eq!(
        with("greting = \"Hi.\""),
        ["3:1: greting: unknown field `greting` (did you mean greeting?), expected one of `budget`, `captions`, \
          `engines`, `face`, `greeting`, `instructions`, `language`, `name`, `turns`, `voice`"]
    );
    let errors = with("[engines]\nlmm = \"openai\"");
    assert!(errors[0].starts_with("4:1: engines.lmm: unknown field `lmm` (did you mean llm?)"), "{errors:?}");
    let errors = with("[engine]\nllm = \"openai\"");
    assert!(errors[0].starts_with("3:2: engine: unknown field `engine` (did you mean engines?)"), "{errors:?}");
    let errors = with("[voice]\nspeed = 1.2");
    assert_eq!(errors, ["4:1: voice.speed: unknown field `speed`, expected one of `name`"]);
}

#[test]
fn values_of_another_kind() {
    assert_eq!(with("greeting = 3"), ["3:12: greeting: expected a string, found 3"]);
    assert_eq!(with("[face]\nenabled = \"no\""), ["4:11: face.enabled: expected true or false, found \"no\""]);
    assert_eq!(with("face = true"), ["3:8: face: expected a table, found true"]);
    assert_eq!(
        with("[turns]\nsilence_ms = \"500\""),
        ["4:14: turns.silence_ms: expected a whole number from 100 to 10000, found \"500\""]
    );
}

#[test]
fn values_out_of_range() {
    assert_eq!(
        with("[turns]\nend_of_turn = \"fixed\"\nsilence_ms = 5"),
        ["5:14: turns.silence_ms: expected a whole number from 100 to 10000, found 5"]
    );
    assert_eq!(
        with("[budget]\nmoney_per_minute = -1.0"),
        ["4:20: budget.money_per_minute: expected a number from 0 to 1000000, found -1.0"]
    );
    assert_eq!(with("[face]\nsize = 300"), ["4:8: face.size: expected one of 256, 512, 720, found 300"]);
}

#[test]
fn names_that_are_not_known() {
    assert_eq!(
        with("[engines]\nllm = \"gpt\""),
        [
            "4:7: engines.llm: expected one of `qwen2.5-coder-0.5b`, `qwen2.5-coder-0.5b-english`, `openai`, found \"gpt\""
        ]
    );
    assert_eq!(
        with("[turns]\nend_of_turn = \"detectr\""),
        [
            "4:15: turns.end_of_turn: expected one of `combined`, `detector`, `adaptive`, `fixed`, `manual`, found \"detectr\" \
          (did you mean detector?)"
        ]
    );
    assert_eq!(
        with("[engines]\npreset = \"opnai\""),
        ["4:1: engines.preset: expected one of `embedded`, `openai`, found \"opnai\""]
    );
    let errors = with("[engines]\nllm = \"openai\"\nllm_model = \" \"");
    assert!(errors[0].starts_with("5:1: engines.llm_model: must not be empty"), "{errors:?}");
    let errors = with("[face]\nmood = \"hungry\"");
    assert!(errors[0].starts_with("4:1: face.mood: `hungry` is no mood; one of joy, "), "{errors:?}");
}

#[test]
fn values_that_do_not_go_together() {
    let errors = with("[face]\ncharacter = \"mei\"\nportrait = \"me.jpg\"");
    assert_eq!(errors, ["5:1: face.portrait: there is a character too; leave one of them out"]);
    let errors = with("[budget]\nmoney_per_minute = 0.1");
    assert!(errors[0].starts_with("4:1: budget.money_per_minute: nothing has a price; set "), "{errors:?}");
    let errors = with("engines = { tts_voice = \"nova\" }");
    assert!(errors[0].starts_with("3:13: engines.tts_voice: has no effect on `piper`; set tts = "), "{errors:?}");
}

#[test]
fn languages_and_voices_that_the_engines_lack() {
    let errors = with("language = \"de\"");
    assert!(errors[0].starts_with("3:1: language: `moonshine` knows `en` only; choose another engine"), "{errors:?}");
    let errors = with("language = \"tlh\"");
    assert!(errors[0].starts_with("3:1: language: ") && errors[0].contains("`de`"), "{errors:?}");
    assert_eq!(with("language = \"EN-gb\"").len(), 0, "letter case means nothing");
    assert_eq!(with("language = \"de\"\n[engines]\npreset = \"openai\"").len(), 0);
    let errors = with("[voice]\nname = \"alloy\"");
    assert_eq!(errors, ["4:1: voice.name: `piper` has no voice `alloy`, expected one of `joe`"]);
    let errors = with("[voice]\nname = \"alloy\"\n[engines]\ntts = \"kokoro\"");
    assert_eq!(errors, ["4:1: voice.name: `kokoro` has no voice `alloy`, expected one of `af_heart`, `bf_emma`"]);
}

#[test]
fn what_is_not_toml() {
    let errors = errors("name = \"Ava\ninstructions = 1\n");
    assert!(errors[0].starts_with("1:"), "{errors:?}");
    let errors = with("[face]\nsize = 512\nsize = 256");
    assert!(errors[0].starts_with("5:1: size: duplicate key"), "{errors:?}");
}

#[test]
fn every_mistake_of_a_file_is_told_in_its_order() {
    let found = with("greting = \"Hi.\"\n[turns]\nsilence_ms = 1\ninterrupt_words = 99\n[face]\nsize = 1");
    let places: Vec<&str> = found.iter().map(|error| error.split(": ").next().unwrap()).collect();
    assert_eq!(places, ["3:1", "5:14", "6:19", "8:8"]);
    let found = with("greting = 1\n[face]\nsize = 1\nmood = \"hungry\"\n[engines]\npreset = \"opnai\"");
    let places: Vec<&str> = found.iter().map(|error| error.split(": ").next().unwrap()).collect();
    assert_eq!(places, ["3:1", "5:8", "6:1", "8:1"], "of every kind: {found:?}");
    let found = with("[face]\nprovider = \"avatar\"\nmood = \"hungry\"\n[budget]\nmoney_per_minute = 1.0");
    assert_eq!(found.len(), 3, "{found:?}");
}
