//! What the server needs to know of the persona: the avatar's name, and the file to hand to workers.

use std::path::PathBuf;

use proto::avatar::TAVUS_IDENTITY;
use proto::http::DEFAULT_AVATAR_NAME;
use proto::names::{AvatarName, NameError};
use thiserror::Error;

/// The one avatar that this server can bring.
#[derive(Debug, Clone)]
pub struct Persona {
    /// The avatar's name, as participants see it.
    pub name: String,
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
    /// The file is not TOML.
    #[error("is not TOML: {0}")]
    Syntax(String),
    /// Its `name` is not a name.
    #[error("name: {0}")]
    Name(NameError),
}

/// The part of a persona file that is read here; the worker reads and checks the rest.
#[derive(serde::Deserialize)]
struct NamedPart {
    name: Option<String>,
    #[serde(default)]
    face: FacePart,
}

#[derive(Default, serde::Deserialize)]
struct FacePart {
    #[serde(default)]
    provider: Option<toml::Value>,
}

impl Persona {
    /// The default persona, which needs no file.
    #[must_use]
    pub fn built_in() -> Self {
        Self { name: DEFAULT_AVATAR_NAME.to_owned(), file: None, sent_avatar: None }
    }

    /// Reads the name from a persona file. A file without `name` keeps the default one.
    ///
    /// # Errors
    /// [`PersonaError`]: unreadable, not TOML, or a name that breaks the rules of names.
    pub fn from_file(file: PathBuf) -> Result<Self, PersonaError> {
        let text = std::fs::read_to_string(&file)?;
        let part: NamedPart =
            toml::from_str(&text).map_err(|error| PersonaError::Syntax(error.message().replace('\n', " ")))?;
        let name = match part.name {
            Some(name) => AvatarName::parse(&name).map_err(PersonaError::Name)?.to_string(),
            None => DEFAULT_AVATAR_NAME.to_owned(),
        };
        // Anything else that it may say is the worker's to judge.
        let is_tavus = part.face.provider.is_some_and(|provider| provider.as_str() == Some("tavus"));
        Ok(Self { name, file: Some(file), sent_avatar: is_tavus.then_some(TAVUS_IDENTITY) })
    }

    /// Whether a caller who says `name` means this avatar. [`DEFAULT_AVATAR_NAME`] always does: it is what clients
    /// send that know no other.
    #[must_use]
    pub fn answers_to(&self, name: &AvatarName) -> bool {
        let name = name.as_str().to_lowercase();
        name == self.name.to_lowercase() || name == DEFAULT_AVATAR_NAME.to_lowercase()
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used)]

    use super::*;

    fn persona(text: &str) -> Result<Persona, PersonaError> {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("persona.toml");
        std::fs::write(&file, text).unwrap();
        Persona::from_file(file)
    }

    #[test]
    fn the_file_names_the_avatar() {
        let ada = persona("name = \" Ada \"\ngreeting = \"Hi\"\n[voice]\nspeed = 1.0\n").unwrap();
        assert_eq!(ada.name, "Ada");
        for (name, known) in [("ada", true), ("AI assistant", true), ("Bob", false)] {
            assert_eq!(ada.answers_to(&AvatarName::parse(name).unwrap()), known, "{name}");
        }
        assert_eq!(persona("greeting = \"Hi\"").unwrap().name, DEFAULT_AVATAR_NAME);
    }

    #[test]
    fn bad_files_say_why() {
        assert!(matches!(Persona::from_file("/nonexistent/persona.toml".into()), Err(PersonaError::Read(_))));
        assert!(matches!(persona("name = "), Err(PersonaError::Syntax(_))));
        assert!(matches!(persona("name = 3"), Err(PersonaError::Syntax(_))));
        assert!(matches!(persona("name = \" \""), Err(PersonaError::Name(NameError::Empty))));
    }
}
