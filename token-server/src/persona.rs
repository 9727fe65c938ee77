//! What the server needs to know of the persona: the avatar's name, and the file to hand to workers.

use std::path::PathBuf;
use std::sync::LazyLock;

use persona::{Choices, FaceProvider, Look, PersonaErrors, PersonaSchema};
use proto::avatar::TAVUS_IDENTITY;
use proto::names::{AvatarName, NameError};
use thiserror::Error;

/// An avatar that this server can bring.
#[derive(Debug, Clone)]
pub struct Persona {
    /// The avatar's name, as participants see it.
    pub name: String,
    /// What it says first; empty when it waits for the user.
    pub greeting: String,
    /// The name or folder of the drawn character that is its face; none when its face is something else.
    pub character: Option<String>,
    /// The persona file, when there is one.
    pub file: Option<PathBuf>,
    /// The identity of the participant that a service sends as its face, when the file names a service.
    pub sent_avatar: Option<&'static str>,
}

/// Why a persona file can't be used.
#[derive(Debug, Error)]
pub enum PersonaError {
    /// The file can't be read.
    #[error("cannot be read: {0}")]
    Read(#[from] std::io::Error),
    /// It is far too long for what it should be.
    #[error("has {bytes} bytes; a persona file has at most {MAX_FILE_BYTES}")]
    TooLong {
        /// How long it is.
        bytes: u64,
    },
    /// Everything that is wrong with it, one mistake a line.
    #[error("is no persona:\n{0}")]
    Invalid(#[from] PersonaErrors),
    /// Its `name` is not a name.
    #[error("name: {0}")]
    Name(NameError),
}

/// The worker knows the engines and policies: here every name of one is accepted.
static SCHEMA: LazyLock<PersonaSchema> = LazyLock::new(|| PersonaSchema::new(Choices::default()));

/// The longest persona file, in bytes.
const MAX_FILE_BYTES: u64 = 256 * 1024;

impl Persona {
    /// The default persona, which needs no file.
    ///
    /// # Errors
    /// When it is broken, which a test rules out.
    pub fn built_in() -> Result<Self, PersonaError> {
        Self::of(&SCHEMA.load(None)?, None)
    }

    /// Reads a persona file.
    ///
    /// # Errors
    /// [`PersonaError`]: unreadable, too long, or with everything that is wrong with it.
    pub fn from_file(file: PathBuf) -> Result<Self, PersonaError> {
        let bytes = std::fs::metadata(&file)?.len();
        if bytes > MAX_FILE_BYTES {
            return Err(PersonaError::TooLong { bytes });
        }
        Self::of(&SCHEMA.load(Some(&file))?, Some(file))
    }

    fn of(persona: &persona::Persona, file: Option<PathBuf>) -> Result<Self, PersonaError> {
        let face = &persona.face;
        let is_own = face.enabled && face.provider == FaceProvider::Local;
        let character = match face.appearance().look {
            Look::Character(character) if is_own => Some(character),
            Look::Character(_) | Look::Portrait(_) => None,
        };
        Ok(Self {
            name: AvatarName::parse(&persona.name).map_err(PersonaError::Name)?.to_string(),
            greeting: persona.greeting.clone(),
            character,
            file,
            sent_avatar: (face.provider == FaceProvider::Tavus).then_some(TAVUS_IDENTITY),
        })
    }

    /// Whether this is its name, in any case of letters.
    #[must_use]
    pub fn is_called(&self, name: &str) -> bool {
        name.to_lowercase() == self.name.to_lowercase()
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used)]

    use proto::http::DEFAULT_AVATAR_NAME;

    use super::*;

    fn persona(text: &str) -> Result<Persona, PersonaError> {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("persona.toml");
        std::fs::write(&file, text).unwrap();
        Persona::from_file(file)
    }

    /// The persona of a file with this beyond its name and instructions.
    fn ada(rest: &str) -> Persona {
        persona(&format!("name = \" Ada \"\ninstructions = \"Be kind.\"\n{rest}\n")).unwrap()
    }

    #[test]
    fn the_file_names_the_avatar() {
        let ada = ada("greeting = \"Hi\"\n[engines]\ntts = \"an engine that only the worker knows\"");
        assert_eq!(ada.name, "Ada");
        assert_eq!((ada.greeting.as_str(), ada.character.as_deref()), ("Hi", Some("amara")));
        for (name, known) in [("ada", true), ("AI assistant", false), ("Bob", false)] {
            assert_eq!(ada.is_called(name), known, "{name}");
        }
    }

    #[test]
    fn the_built_in_persona_is_the_workers_default_one() {
        let built_in = Persona::built_in().unwrap();
        assert!(!built_in.greeting.is_empty());
        assert_eq!((built_in.character.as_deref(), built_in.name.as_str()), (Some("amara"), DEFAULT_AVATAR_NAME));
    }

    #[test]
    fn only_a_drawn_face_has_a_character() {
        for (face, character) in [
            ("character = \"mei\"", Some("mei")),
            ("enabled = false", None),
            ("portrait = \"me.jpg\"", None),
            ("provider = \"tavus\"", None),
            ("provider = \"local\"", Some("amara")),
        ] {
            assert_eq!(ada(&format!("[face]\n{face}")).character.as_deref(), character, "{face}");
        }
    }

    #[test]
    fn bad_files_say_why() {
        assert!(matches!(Persona::from_file("/nonexistent/persona.toml".into()), Err(PersonaError::Read(_))));
        assert!(matches!(persona(&"#".repeat(300_000)), Err(PersonaError::TooLong { bytes: 300_000 })));
        let says = |text: &str| persona(text).unwrap_err().to_string();
        assert!(says("name = ").contains("persona.toml:1:"), "{}", says("name = "));
        assert!(
            says("name = 3").contains("persona.toml:1:8: name: expected a string, found 3"),
            "{}",
            says("name = 3")
        );
        assert!(says("name = \" \"\ninstructions = \"Be kind.\"").contains(":1:1: name: "));
    }
}
