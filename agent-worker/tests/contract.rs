//! The persona file must not change by accident: which keys there are, what each takes, and what its default is.
//!
//! The keys are asked of the parser itself: it names them when it refuses one that does not exist.
#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::collections::BTreeSet;

use agent_worker::engines::{persona_schema, registry};
use persona::Persona;
use testkit::snapshot::{assert_unchanged, folder};

/// The keys that every persona must set.
const REQUIRED: [(&str, &str); 2] = [("name", "\"Ava\""), ("instructions", "\"Be kind.\"")];
/// A key that does not exist.
const UNKNOWN: &str = "zzz";
/// What is tried as the value of each key, besides the names that the parser says it takes.
const TRIED: [&str; 6] = ["\"?\"", "true", "1", "1000000000000", "-0.5", "[]"];
/// Personas that together set every key.
const DEFAULTS: &str = "persona-defaults.toml";
const DEFAULTS_OF_A_SERVICE: &str = "persona-defaults-of-a-service.toml";
const OTHERS: [&str; 2] = ["persona-own-photo.toml", "persona-avatar.toml"];

/// A key, with the table it stands in.
type Key = (Option<String>, String);

/// Why a persona that sets this, and what every persona must set, is refused.
fn refusal(table: Option<&str>, key: &str, value: &str) -> Option<String> {
    let required = REQUIRED.iter().filter(|(name, _)| table.is_some() || *name != key);
    let mut text: String = required.map(|(name, value)| format!("{name} = {value}\n")).collect();
    text += &table.map(|table| format!("[{table}]\n")).unwrap_or_default();
    text += &format!("{key} = {value}\n");
    let errors = persona_schema().parse("p.toml", &text).err()?;
    errors.iter().next().map(|error| format!("{}: {}", error.key, error.message))
}

/// What stands between back quotes after `expected`.
fn expected(message: &str) -> Vec<String> {
    let Some((_, list)) = message.split_once("expected") else { return Vec::new() };
    list.split('`').skip(1).step_by(2).map(str::to_owned).collect()
}

/// The keys of a table, or of the top level, as the parser names them.
fn keys_of(table: Option<&str>) -> Option<Vec<String>> {
    let message = refusal(table, UNKNOWN, "1")?;
    message.contains(&format!("unknown field `{UNKNOWN}`")).then(|| expected(&message))
}

fn every_key() -> Vec<Key> {
    let mut keys = Vec::new();
    for key in keys_of(None).unwrap() {
        match keys_of(Some(&key)) {
            Some(inner) => keys.extend(inner.into_iter().map(|inner| (Some(key.clone()), inner))),
            None => keys.push((None, key)),
        }
    }
    keys
}

fn shown((table, key): &Key) -> String {
    table.as_ref().map_or_else(|| key.clone(), |table| format!("{table}.{key}"))
}

#[test]
fn the_keys_of_a_persona_and_what_they_take_are_unchanged() {
    let mut text = String::new();
    for key in every_key() {
        let refusal = |value: &str| refusal(key.0.as_deref(), &key.1, value);
        let named = expected(&refusal(TRIED[0]).unwrap_or_default());
        let named = named.iter().filter(|name| !name.contains(' ')).map(|name| format!("\"{name}\""));
        text += &format!("{}\n", shown(&key));
        for value in TRIED.map(str::to_owned).into_iter().chain(named) {
            text += &format!("  {value:16} {}\n", refusal(&value).unwrap_or_else(|| "ok".to_owned()));
        }
    }
    assert_unchanged(&[("persona-keys.txt".to_owned(), text)]);
}

fn committed(name: &str) -> (Persona, toml::Table) {
    let text = std::fs::read_to_string(folder().join(name)).unwrap();
    let persona = persona_schema().parse(name, &text).unwrap_or_else(|error| panic!("{error}"));
    (persona, text.parse().unwrap())
}

/// The keys that a file sets.
fn keys_in(file: &toml::Table) -> Vec<String> {
    let inner = |(key, value): (&String, &toml::Value)| match value.as_table() {
        Some(table) => table.keys().map(|inner| format!("{key}.{inner}")).collect(),
        None => vec![key.clone()],
    };
    file.iter().flat_map(inner).collect()
}

#[test]
fn the_committed_personas_are_read_and_set_every_key() {
    let files = OTHERS.into_iter().chain([DEFAULTS, DEFAULTS_OF_A_SERVICE]);
    let set: BTreeSet<String> = files.flat_map(|file| keys_in(&committed(file).1)).collect();
    let known: BTreeSet<String> = every_key().iter().map(shown).collect();
    let missing: Vec<&String> = known.difference(&set).collect();
    assert!(missing.is_empty(), "no committed persona sets {missing:?}");
}

/// Everything that a persona decides, with the defaults of what it leaves out.
fn effect(persona: &Persona) -> impl PartialEq + std::fmt::Debug + use<> {
    let mut settings = dialogue::Settings { budget: persona.budget.settings(), ..dialogue::Settings::default() };
    persona.turns.apply(&mut settings);
    let (known, face, engines) = (registry(), &persona.face, &persona.engines);
    // What the options of a service are without a word of them is a test of its crate.
    let names = (
        known.speech_to_text(engines.speech_to_text().name.as_deref()).unwrap().name,
        known.chat(engines.language_model().name.as_deref()).unwrap().name,
        known.text_to_speech(engines.text_to_speech().name.as_deref()).unwrap().name,
    );
    let first =
        || known.text_to_speech(Some(names.2)).unwrap().capabilities.voices.first().map(|voice| voice.name.to_owned());
    let voice = persona.voice.name.clone().or_else(first);
    (
        (persona.name.clone(), persona.instructions.clone(), persona.greeting.clone(), persona.language.clone()),
        (voice, face.enabled, face.appearance(), face.emotion_tags, face.provider, persona.captions),
        (names, settings),
    )
}

#[test]
fn the_committed_defaults_are_those_of_a_persona_that_sets_nothing() {
    let required: String = REQUIRED.iter().map(|(name, value)| format!("{name} = {value}\n")).collect();
    for (file, preset) in [(DEFAULTS, "embedded"), (DEFAULTS_OF_A_SERVICE, "openai")] {
        let least = format!("{required}[engines]\npreset = \"{preset}\"\n");
        let least = persona_schema().parse("p.toml", &least).unwrap();
        assert_eq!(effect(&committed(file).0), effect(&least), "{file}");
    }
    let nothing = persona_schema().parse("p.toml", &required).unwrap();
    assert_eq!(effect(&committed(DEFAULTS).0), effect(&nothing));
}
