//! `[engines]`: which engine does what, and the options of each.

use schemars::JsonSchema;
use serde::Deserialize;
use toml::{Table, Value};

use crate::choices::{Choices, EngineChoice};

/// The preset that takes the default engines.
const EMBEDDED: &str = "embedded";

/// `[engines]`. Keys of services alone switch nothing.
#[derive(Debug, Clone, PartialEq, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Engines {
    /// Sets the engines that are not named: `embedded` for the default ones, or the name of a service that has all three.
    pub preset: Option<String>,
    /// Speech-to-text.
    pub stt: Option<String>,
    /// The language model.
    pub llm: Option<String>,
    /// Text-to-speech.
    pub tts: Option<String>,
    /// The options of the speech-to-text engine.
    #[schemars(with = "serde_json::Map<String, serde_json::Value>")]
    pub stt_options: Table,
    /// The options of the language model.
    #[schemars(with = "serde_json::Map<String, serde_json::Value>")]
    pub llm_options: Table,
    /// The options of the text-to-speech engine.
    #[schemars(with = "serde_json::Map<String, serde_json::Value>")]
    pub tts_options: Table,
    /// Short for `model` in `stt_options`.
    pub stt_model: Option<String>,
    /// Short for `model` in `llm_options`.
    pub llm_model: Option<String>,
    /// Short for `model` in `tts_options`.
    pub tts_model: Option<String>,
    /// Short for `voice` in `tts_options`.
    pub tts_voice: Option<String>,
}

/// An engine, and how it is to be.
#[derive(Debug, Clone, PartialEq)]
pub struct ChosenEngine {
    /// Its name; `None` for the default one.
    pub name: Option<String>,
    /// Its options.
    pub options: Table,
}

/// Options that have a key of their own: the key, the kind of engine, the option.
const SHORT: [(&str, &str, &str); 4] = [
    ("stt_model", "stt", "model"),
    ("llm_model", "llm", "model"),
    ("tts_model", "tts", "model"),
    ("tts_voice", "tts", "voice"),
];

impl Engines {
    /// The speech-to-text engine.
    #[must_use]
    pub fn speech_to_text(&self) -> ChosenEngine {
        self.chosen("stt")
    }

    /// The language model.
    #[must_use]
    pub fn language_model(&self) -> ChosenEngine {
        self.chosen("llm")
    }

    /// The text-to-speech engine.
    #[must_use]
    pub fn text_to_speech(&self) -> ChosenEngine {
        self.chosen("tts")
    }

    fn chosen(&self, kind: &str) -> ChosenEngine {
        let (name, options) = match kind {
            "stt" => (&self.stt, &self.stt_options),
            "llm" => (&self.llm, &self.llm_options),
            _ => (&self.tts, &self.tts_options),
        };
        let name = chosen_name(self.preset.as_deref(), name.as_deref()).map(str::to_owned);
        let mut options = options.clone();
        for (key, of, option) in SHORT {
            if let Some(value) = self.short(key).filter(|_| of == kind) {
                options.insert(option.to_owned(), Value::String(value.to_owned()));
            }
        }
        ChosenEngine { name, options }
    }

    fn short(&self, key: &str) -> Option<&str> {
        match key {
            "stt_model" => self.stt_model.as_deref(),
            "llm_model" => self.llm_model.as_deref(),
            "tts_model" => self.tts_model.as_deref(),
            _ => self.tts_voice.as_deref(),
        }
    }

    /// The keys that are wrong, and why.
    pub(super) fn problems(&self, choices: &Choices) -> Vec<(String, String)> {
        let mut problems = Vec::new();
        problems.extend(self.preset_problem(choices).map(|message| ("preset".to_owned(), message)));
        for (key, _, _) in SHORT {
            let problem = self.short(key).and_then(name_problem);
            problems.extend(problem.map(|message| (key.to_owned(), message)));
        }
        for (key, options) in
            [("stt_options", &self.stt_options), ("llm_options", &self.llm_options), ("tts_options", &self.tts_options)]
        {
            for name in ["model", "voice"] {
                let problem = options.get(name).and_then(Value::as_str).and_then(name_problem);
                problems.extend(problem.map(|message| (format!("{key}.{name}"), message)));
            }
        }
        for (key, kind, option) in SHORT {
            let known = choices.engines().into_iter().find(|(of, _)| *of == kind).map_or(&[][..], |(_, known)| known);
            let Some(engine) = find(known, self.chosen(kind).name.as_deref()) else { continue };
            if self.short(key).is_none() || takes(engine, option) {
                continue;
            }
            let others = known.iter().filter(|engine| takes(engine, option));
            let others: Vec<String> = others.map(|engine| format!("{kind} = \"{}\"", engine.choice.name)).collect();
            let name = &engine.choice.name;
            let message = format!("has no effect on `{name}`; set {} too, or leave {key} out", others.join(" or "));
            problems.push((key.to_owned(), message));
        }
        problems
    }
}

impl Engines {
    /// Why the preset can't be had: no service of this name has all three engines.
    fn preset_problem(&self, choices: &Choices) -> Option<String> {
        let preset = self.preset.as_deref().filter(|preset| *preset != EMBEDDED)?;
        let kinds = choices.engines();
        let has = |known: &[EngineChoice], name: &str| known.iter().any(|engine| engine.choice.name == name);
        // A program that knows no engines accepts every name.
        if kinds.iter().any(|(_, known)| known.is_empty()) || kinds.iter().all(|(_, known)| has(known, preset)) {
            return None;
        }
        let in_all = kinds[0].1.iter().map(|engine| engine.choice.name.as_str());
        let in_all = in_all.filter(|name| kinds.iter().all(|(_, known)| has(known, name)));
        let names: Vec<String> = [EMBEDDED].into_iter().chain(in_all).map(|name| format!("`{name}`")).collect();
        Some(format!("expected one of {}, found {preset:?}", names.join(", ")))
    }
}

/// Why this can't be the name of a model or voice.
fn name_problem(name: &str) -> Option<String> {
    const MAX_LENGTH: usize = 200;
    if name.trim().is_empty() {
        Some("must not be empty; leave it out for the default".to_owned())
    } else if name.chars().count() > MAX_LENGTH || name.chars().any(char::is_control) {
        Some(format!("must be at most {MAX_LENGTH} characters, without control characters"))
    } else {
        None
    }
}

/// The engine that is meant; `None` for the default one.
pub(crate) fn chosen_name<'n>(preset: Option<&'n str>, name: Option<&'n str>) -> Option<&'n str> {
    name.or(preset.filter(|preset| *preset != EMBEDDED))
}

/// An engine by its name, or the default one.
pub(crate) fn find<'c>(known: &'c [EngineChoice], name: Option<&str>) -> Option<&'c EngineChoice> {
    match name {
        // Of two with the same name the later one counts, as in the registry.
        Some(name) => known.iter().rev().find(|engine| engine.choice.name == name),
        None => known.first(),
    }
}

/// Whether the engine has this option.
fn takes(engine: &EngineChoice, option: &str) -> bool {
    engine.options.pointer(&format!("/properties/{option}")).is_some()
}
