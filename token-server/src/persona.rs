//! What the server needs to know of the persona: the avatar's name, and the file to hand to workers.

use std::path::PathBuf;

use proto::avatar::TAVUS_IDENTITY;
use proto::http::DEFAULT_AVATAR_NAME;
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
    greeting: String,
    #[serde(default)]
    face: FacePart,
}

#[derive(Default, serde::Deserialize)]
struct FacePart {
    #[serde(default)]
    enabled: Option<toml::Value>,
    #[serde(default)]
    character: Option<toml::Value>,
    #[serde(default)]
    portrait: Option<toml::Value>,
    #[serde(default)]
    provider: Option<toml::Value>,
}

impl FacePart {
    /// The drawn character that the worker shows, as far as can be told here.
    fn character(&self) -> Option<String> {
        let is_off = self.enabled.as_ref().and_then(toml::Value::as_bool) == Some(false);
        let is_other =
            self.portrait.is_some() || self.provider.as_ref().is_some_and(|name| name.as_str() != Some(OWN_FACE));
        match &self.character {
            _ if is_off || is_other => None,
            Some(character) => character.as_str().map(str::to_owned),
            None => Some(DEFAULT_CHARACTER.to_owned()),
        }
    }
}

/// The default persona as the worker has it.
const DEFAULT_PERSONA: &str = include_str!("../../crates/persona/personas/assistant.toml");
/// The character of a persona that names none.
const DEFAULT_CHARACTER: &str = "joe";
/// The value of `provider` for a face of the worker's own.
const OWN_FACE: &str = "local";
/// The longest persona file, in bytes.
const MAX_FILE_BYTES: u64 = 256 * 1024;

impl Persona {
    /// The default persona, which needs no file.
    #[must_use]
    pub fn built_in() -> Self {
        let nameless = |greeting, character| Self {
            name: DEFAULT_AVATAR_NAME.to_owned(),
            greeting,
            character,
            file: None,
            sent_avatar: None,
        };
        match toml::from_str::<NamedPart>(DEFAULT_PERSONA) {
            Ok(part) => nameless(part.greeting, part.face.character()),
            // A test reads it; should it be broken all the same, the worker says so.
            Err(_) => nameless(String::new(), None),
        }
    }

    /// Reads the name from a persona file. A file without `name` keeps the default one.
    ///
    /// # Errors
    /// [`PersonaError`]: unreadable, not TOML, or a name that breaks the rules of names.
    pub fn from_file(file: PathBuf) -> Result<Self, PersonaError> {
        let bytes = std::fs::metadata(&file)?.len();
        if bytes > MAX_FILE_BYTES {
            return Err(PersonaError::TooLong { bytes });
        }
        let text = std::fs::read_to_string(&file)?;
        let part: NamedPart =
            toml::from_str(&text).map_err(|error| PersonaError::Syntax(error.message().replace('\n', " ")))?;
        let name = match part.name {
            Some(name) => AvatarName::parse(&name).map_err(PersonaError::Name)?.to_string(),
            None => DEFAULT_AVATAR_NAME.to_owned(),
        };
        // Anything else that it may say is the worker's to judge.
        let character = part.face.character();
        let is_tavus = part.face.provider.is_some_and(|provider| provider.as_str() == Some("tavus"));
        let sent_avatar = is_tavus.then_some(TAVUS_IDENTITY);
        Ok(Self { name, greeting: part.greeting, character, file: Some(file), sent_avatar })
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
        assert_eq!((ada.greeting.as_str(), ada.character.as_deref()), ("Hi", Some("joe")));
        for (name, known) in [("ada", true), ("AI assistant", false), ("Bob", false)] {
            assert_eq!(ada.is_called(name), known, "{name}");
        }
        assert_eq!(persona("greeting = \"Hi\"").unwrap().name, DEFAULT_AVATAR_NAME);
    }

    #[test]
    fn the_built_in_persona_is_the_workers_default_one() {
        let built_in = Persona::built_in();
        assert!(!built_in.greeting.is_empty());
        assert_eq!(built_in.character.as_deref(), Some("joe"));
        assert!(DEFAULT_PERSONA.contains(&format!("name = \"{DEFAULT_AVATAR_NAME}\"")));
    }

    #[test]
    fn only_a_drawn_face_has_a_character() {
        for (face, character) in [
            ("character = \"mei\"", Some("mei")),
            ("enabled = false", None),
            ("portrait = \"me.jpg\"", None),
            ("provider = \"tavus\"", None),
            ("provider = \"local\"", Some("joe")),
        ] {
            let persona = persona(&format!("name = \"Ada\"\n[face]\n{face}\n")).unwrap();
            assert_eq!(persona.character.as_deref(), character, "{face}");
        }
    }

    #[test]
    fn bad_files_say_why() {
        assert!(matches!(Persona::from_file("/nonexistent/persona.toml".into()), Err(PersonaError::Read(_))));
        assert!(matches!(persona("name = "), Err(PersonaError::Syntax(_))));
        assert!(matches!(persona("name = 3"), Err(PersonaError::Syntax(_))));
        assert!(matches!(persona(&"#".repeat(300_000)), Err(PersonaError::TooLong { bytes: 300_000 })));
        assert!(matches!(persona("name = \" \""), Err(PersonaError::Name(NameError::Empty))));
    }
}
