//! The persona file: who the agent is. TOML, checked strictly, with every error at once, each at its place.
//!
//! For: the schema of the file and its parser. Never: loading what it names (engines, faces), or the environment.
//!
//! ```text
//!  FILE.toml ──> Document ──> check(schema) ──> deserialize ──> problems ──> Persona { name, face, engines, turns, … }
//!                    └────────────┴─────────────────┴─────────────┴──> PersonaErrors: FILE:LINE:COL: KEY: message
//! ```

mod appearance;
mod budget;
mod captions;
mod check;
mod choices;
mod document;
mod engines;
mod error;
mod face;
mod picture_size;
mod schema;
mod turns;

use engines::find;
use proto::names::ParticipantName;
use schemars::JsonSchema;
use serde::Deserialize;

pub use appearance::{Appearance, Look, mood};
pub use budget::Budget;
pub use captions::Captions;
pub use choices::{Choice, Choices, EngineChoice};
pub use engines::{ChosenEngine, Engines};
pub use error::{PersonaError, PersonaErrors};
pub use face::{Face, FaceProvider};
pub use picture_size::{PictureSize, PictureSizeError};
pub use schema::PersonaSchema;
pub use turns::{ReplyForm, Turns};

/// The persona that is used when none is named.
pub const DEFAULT_PERSONA: &str = include_str!("../personas/assistant.toml");

/// Who the agent is. See `personas/assistant.toml` for a commented example.
#[derive(Debug, Clone, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Persona {
    /// What people call it; shown to them.
    pub name: String,
    /// Who it is and how it answers: the language model's first message.
    pub instructions: String,
    /// What it says first; empty to wait for the user.
    #[serde(default)]
    pub greeting: String,
    /// What it speaks and understands, as a tag of BCP 47 such as `en` or `de-AT`.
    #[serde(default = "english")]
    pub language: String,
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

/// `[voice]`.
#[derive(Debug, Clone, PartialEq, Eq, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Voice {
    /// Which voice of the text-to-speech engine; its first one if none is named.
    pub name: Option<String>,
}

/// The language when none is set.
fn english() -> String {
    "en".to_owned()
}

impl Persona {
    /// What no schema can tell: keys, and what is wrong with the values of each.
    fn problems(&self, choices: &Choices) -> Vec<(String, String)> {
        let mut problems = Vec::new();
        if let Err(error) = ParticipantName::parse(&self.name) {
            problems.push(("name".to_owned(), error.to_string()));
        }
        if self.instructions.trim().is_empty() {
            problems.push(("instructions".to_owned(), "must not be empty".to_owned()));
        }
        problems.extend(self.language_problem(choices).map(|message| ("language".to_owned(), message)));
        problems.extend(self.voice_problem(choices).map(|message| ("voice.name".to_owned(), message)));
        let face = self.face.problems().into_iter().map(|(key, message)| (format!("face.{key}"), message));
        let engines =
            self.engines.problems(choices).into_iter().map(|(key, message)| (format!("engines.{key}"), message));
        let budget = self.budget.problems().into_iter().map(|(key, message)| (format!("budget.{key}"), message));
        problems.extend(face.chain(engines).chain(budget));
        problems
    }

    /// Why the language can't be had: turn-taking or an engine does not know it.
    fn language_problem(&self, choices: &Choices) -> Option<String> {
        if let Err(error) = dialogue::Language::named(&self.language) {
            return Some(error.to_string());
        }
        let primary = self.language.split(['-', '_']).next().unwrap_or_default().to_lowercase();
        let chosen = [(&choices.stt, self.engines.speech_to_text()), (&choices.tts, self.engines.text_to_speech())];
        chosen.into_iter().find_map(|(known, chosen)| {
            let engine = find(known, chosen.name.as_deref())?;
            let knows = engine.languages.is_empty() || engine.languages.contains(&primary);
            let (name, languages) = (&engine.choice.name, engine.languages.join("`, `"));
            (!knows).then(|| format!("`{name}` knows `{languages}` only; choose another engine in [engines]"))
        })
    }

    /// Why the voice can't be had.
    fn voice_problem(&self, choices: &Choices) -> Option<String> {
        let name = self.voice.name.as_ref()?;
        let engine = find(&choices.tts, self.engines.text_to_speech().name.as_deref())?;
        let knows = engine.voices.is_empty() || engine.voices.contains(name);
        let voices = engine.voices.join("`, `");
        (!knows).then(|| format!("`{}` has no voice `{name}`, expected one of `{voices}`", engine.choice.name))
    }
}
