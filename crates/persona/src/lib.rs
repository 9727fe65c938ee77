//! The persona file: who the agent is. TOML, checked strictly, with errors that point at the place.
//!
//! For: the schema of the file and its parser. Never: loading what it names (engines, faces), or the environment.
//!
//! ```text
//!  FILE.toml ──> Persona::load ──> Persona { instructions, greeting, face, engines, turns, budget, captions }
//!                     └──> PersonaError: FILE:LINE:COL: KEY: message
//! ```

mod appearance;
mod budget;
mod captions;
mod engines;
mod face;
mod picture_size;
mod turns;

use std::ops::Range;
use std::path::Path;

use proto::names::ParticipantName;
use serde::Deserialize;

pub use appearance::{Appearance, Look, mood};
pub use budget::Budget;
pub use captions::Captions;
pub use engines::{Engines, LanguageModelEngine, Preset, SpeechToTextEngine, TextToSpeechEngine};
pub use face::{Face, FaceProvider};
pub use picture_size::{PictureSize, PictureSizeError};
pub use turns::{EndOfTurn, ReplyForm, Turns};

/// The persona that is used when none is named.
pub const DEFAULT_PERSONA: &str = include_str!("../personas/assistant.toml");

/// Who the agent is. See `personas/assistant.toml` for a commented example.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Persona {
    /// What people call it; shown to them.
    pub name: String,
    /// Who it is and how it answers: the language model's first message.
    pub instructions: String,
    /// What it says first; empty to wait for the user.
    #[serde(default)]
    pub greeting: String,
    /// What it speaks and understands. The embedded engines know English only.
    #[serde(default)]
    pub language: Language,
    /// Its voice.
    #[serde(default)]
    pub voice: Voice,
    /// Its face.
    #[serde(default)]
    pub face: Face,
    /// Its engines.
    #[serde(default)]
    pub engines: Engines,
    /// When it speaks and when it stops.
    #[serde(default)]
    pub turns: Turns,
    /// What a call may use up.
    #[serde(default)]
    pub budget: Budget,
    /// Where what is said can be read.
    #[serde(default)]
    pub captions: Captions,
}

/// A language.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
pub enum Language {
    /// English.
    #[default]
    #[serde(rename = "en")]
    English,
}

/// `[voice]`.
#[derive(Debug, Clone, PartialEq, Eq, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Voice {
    /// Which voice of the text-to-speech engine.
    #[serde(default)]
    pub name: VoiceName,
}

/// A voice.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum VoiceName {
    /// Piper's "joe".
    #[default]
    Joe,
}

/// What is wrong with a persona file, as `FILE:LINE:COL: KEY: message`.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{file}:{line}:{column}: {key}: {message}")]
pub struct PersonaError {
    /// The file as it was named.
    pub file: String,
    /// Counted from 1.
    pub line: usize,
    /// Counted from 1, in characters.
    pub column: usize,
    /// The key the error is about; `-` when it is about the file.
    pub key: String,
    /// What is wrong, in one line.
    pub message: String,
}

impl Persona {
    /// Reads a persona file, or the default one.
    ///
    /// # Errors
    /// [`PersonaError`] with the place and the key.
    pub fn load(path: Option<&Path>) -> Result<Self, PersonaError> {
        let Some(path) = path else { return Self::parse("assistant.toml", DEFAULT_PERSONA) };
        let file = path.display().to_string();
        let text = std::fs::read_to_string(path).map_err(|error| PersonaError {
            file: file.clone(),
            line: 1,
            column: 1,
            key: "-".into(),
            message: format!("cannot be read: {error}"),
        })?;
        let mut persona = Self::parse(&file, &text)?;
        persona.face.begin_paths_at(path.parent().unwrap_or(Path::new("")));
        Ok(persona)
    }

    /// Parses a persona file's text.
    ///
    /// # Errors
    /// [`PersonaError`] with the place and the key.
    pub fn parse(file: &str, text: &str) -> Result<Self, PersonaError> {
        let persona: Self = toml::from_str(text).map_err(|error| {
            let span = error.span().unwrap_or(0..0);
            at(file, text, span, error.message())
        })?;
        if let Err(error) = ParticipantName::parse(&persona.name) {
            return Err(about_key(file, text, None, "name", &error.to_string()));
        }
        if persona.instructions.trim().is_empty() {
            return Err(about_key(file, text, None, "instructions", "must not be empty"));
        }
        let tables = [
            ("face", persona.face.problem()),
            ("engines", persona.engines.problem()),
            ("turns", persona.turns.problem()),
            ("budget", persona.budget.problem()),
        ];
        for (table, problem) in tables {
            if let Some((key, message)) = problem {
                return Err(about_key(file, text, Some(table), key, &message));
            }
        }
        Ok(persona)
    }
}

/// An error at the line that sets `key`, at the top level or in a table.
fn about_key(file: &str, text: &str, table: Option<&str>, key: &str, message: &str) -> PersonaError {
    let (mut offset, mut within, mut found) = (0, None, None);
    for line in text.split_inclusive('\n') {
        if let Some(name) = line.trim().strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
            within = Some(name.trim());
        }
        if within == table && line.split('=').next().is_some_and(|name| name.trim() == key) {
            found = Some(offset);
            break;
        }
        offset += line.len();
    }
    let place = found.unwrap_or(0);
    let mut error = at(file, text, place..place, message);
    if found.is_none() {
        // Written in another of TOML's ways, such as an inline table: then the key alone must do.
        error.key = table.map_or_else(|| key.to_owned(), |table| format!("{table}.{key}"));
    }
    error
}

/// An error at a byte range of the text; the key is read off the line, with its table's name before it.
fn at(file: &str, text: &str, span: Range<usize>, message: &str) -> PersonaError {
    let before = text.get(..span.start.min(text.len())).unwrap_or_default();
    let line_start = before.rfind('\n').map_or(0, |newline| newline + 1);
    let line = text[line_start..].lines().next().unwrap_or_default();
    let table = before[..line_start]
        .lines()
        .rev()
        .find_map(|line| line.trim().strip_prefix('[').and_then(|rest| rest.strip_suffix(']')));
    // A missing key is reported for the whole file or table; its name is in the message, between back quotes.
    let missing = message.starts_with("missing field").then(|| message.split('`').nth(1)).flatten();
    let name = match line.split_once('=') {
        _ if missing.is_some() => missing.unwrap_or_default(),
        Some((name, _)) => name.trim(),
        None => line.trim().trim_matches(['[', ']']),
    };
    let key = match table.filter(|_| !line.trim_start().starts_with('[') && missing.is_none()) {
        Some(table) => format!("{table}.{name}"),
        None => name.to_owned(),
    };
    PersonaError {
        file: file.to_owned(),
        line: before.matches('\n').count() + 1,
        column: before[line_start..].chars().count() + 1,
        key: if key.is_empty() { "-".into() } else { key },
        message: message.lines().next().unwrap_or_default().to_owned(),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used)]

    use super::*;

    fn error(text: &str) -> String {
        Persona::parse("p.toml", text).expect_err("refused").to_string()
    }

    #[test]
    fn the_default_persona_is_valid() {
        let persona = Persona::load(None).unwrap();
        assert_eq!(persona.name, "AI Assistant");
        assert!(!persona.greeting.is_empty());
    }

    #[test]
    fn errors_name_file_line_column_and_key() {
        let ok = "name = \"Ava\"\ninstructions = \"Be kind.\"\n";
        assert!(Persona::parse("p.toml", ok).is_ok());
        assert!(error(&format!("{ok}greeting = 3\n")).starts_with("p.toml:3:12: greeting: invalid type"));
        assert!(error(&format!("{ok}greting = \"Hi\"\n")).starts_with("p.toml:3:1: greting: unknown field"));
        assert!(
            error(&format!("{ok}\n[engines]\nllm = \"gpt\"\n")).starts_with("p.toml:5:7: engines.llm: unknown variant")
        );
        assert!(
            error(&format!("{ok}\n[engines]\nlmm = \"gpt\"\n")).starts_with("p.toml:5:1: engines.lmm: unknown field")
        );
        assert!(
            error(&format!("{ok}[turns]\nend_of_turn = \"fixed\"\nsilence_ms = 5\n"))
                .starts_with("p.toml:5:1: turns.silence_ms: 5 is not between")
        );
        assert!(
            error(&format!("{ok}[budget]\nmoney_per_minute = 0.1\n"))
                .starts_with("p.toml:4:1: budget.money_per_minute: nothing has a price")
        );
        assert!(error("instructions = \"Be kind.\"\n").contains(": name: missing field `name`"));
        assert!(
            error("instructions = \"Be kind.\"\nname = \" \"\n").starts_with("p.toml:2:1: name: must not be empty")
        );
        assert!(error("name = \"Ava\"\ninstructions = \" \"\n").starts_with("p.toml:2:1: instructions: must not be"));
        assert!(error("name = \"Ava\ninstructions = 1").starts_with("p.toml:1:"));
    }

    #[test]
    fn engines_are_embedded_unless_the_persona_says_otherwise() {
        let engines = |rest: &str| {
            let text = format!("name = \"Ava\"\ninstructions = \"Be kind.\"\n[engines]\n{rest}");
            let engines = Persona::parse("p.toml", &text).unwrap().engines;
            (engines.speech_to_text(), engines.language_model(), engines.text_to_speech())
        };
        use {LanguageModelEngine as Llm, SpeechToTextEngine as Stt, TextToSpeechEngine as Tts};
        assert_eq!(engines(""), (Stt::Moonshine, Llm::Qwen, Tts::Piper));
        assert_eq!(engines("preset = \"openai\"\ntts_voice = \"nova\"\n"), (Stt::OpenAi, Llm::OpenAi, Tts::OpenAi));
        assert_eq!(engines("preset = \"openai\"\nstt = \"moonshine\"\n"), (Stt::Moonshine, Llm::OpenAi, Tts::OpenAi));
        assert_eq!(engines("llm = \"openai\"\nllm_model = \"m\"\n"), (Stt::Moonshine, Llm::OpenAi, Tts::Piper));
    }

    #[test]
    fn keys_that_would_have_no_effect_are_refused_with_what_to_do() {
        let ok = "name = \"Ava\"\ninstructions = \"Be kind.\"\n";
        let refused = |rest: &str| error(&format!("{ok}[engines]\n{rest}"));
        assert_eq!(
            refused("tts_voice = \"nova\"\n"),
            "p.toml:4:1: engines.tts_voice: has no effect on an embedded engine; set tts = \"openai\" too, or leave tts_voice out"
        );
        assert!(refused("llm = \"openai\"\nstt_model = \"m\"\n").starts_with("p.toml:5:1: engines.stt_model: has no"));
        assert!(
            refused("llm = \"openai\"\nllm_model = \" \"\n").starts_with("p.toml:5:1: engines.llm_model: must not")
        );
        assert!(refused("preset = \"opnai\"\n").starts_with("p.toml:4:10: engines.preset: unknown variant"));
        let inline = error(&format!("{ok}engines = {{ tts_voice = \"nova\" }}\n"));
        assert!(inline.contains(": engines.tts_voice: has no effect"), "{inline}");
    }

    #[test]
    fn there_is_a_face_unless_the_persona_says_otherwise() {
        let ok = "name = \"Ava\"\ninstructions = \"Be kind.\"\n";
        let shown = |rest: &str| Persona::parse("p.toml", &format!("{ok}{rest}")).unwrap().face.enabled;
        assert!(shown("") && shown("[face]\n") && shown("[face]\ncharacter = \"drawn\"\n"));
        assert!(!shown("[face]\nenabled = false\n"));
        assert!(
            error(&format!("{ok}[face]\nenabled = \"no\"\n")).starts_with("p.toml:4:11: face.enabled: invalid type")
        );
    }

    #[test]
    fn an_avatar_is_named_by_its_identity() {
        let ok = "name = \"Ava\"\ninstructions = \"Be kind.\"\n[face]\n";
        let avatar = |rest: &str| Persona::parse("p.toml", &format!("{ok}{rest}")).unwrap().face;
        assert_eq!(avatar("").avatar(), None);
        let named = avatar("provider = \"avatar\"\nidentity = \"agent-avatar-1\"\n");
        assert_eq!(named.avatar(), Some("agent-avatar-1"));
        assert_eq!(avatar("provider = \"tavus\"\n").avatar(), Some("tavus-avatar-agent"));
        let off = avatar("enabled = false\nprovider = \"avatar\"\nidentity = \"agent-avatar-1\"\n");
        assert_eq!(off.avatar(), None);
        assert!(error(&format!("{ok}provider = \"avatar\"\n")).starts_with("p.toml:4:1: face.provider: needs"));
        assert!(error(&format!("{ok}identity = \"a\"\n")).starts_with("p.toml:4:1: face.identity: has an effect"));
        assert!(error(&format!("{ok}provider = \"tavvus\"\n")).contains("face.provider: unknown variant"));
    }

    #[test]
    fn a_missing_file_is_named() {
        let error = Persona::load(Some(Path::new("/nonexistent/ava.toml"))).expect_err("no such file");
        assert!(error.to_string().starts_with("/nonexistent/ava.toml:1:1: -: cannot be read"));
    }
}
