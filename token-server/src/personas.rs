//! Everyone whom this server can bring: the default persona, and one for each file of a folder.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use proto::http::DEFAULT_AVATAR_NAME;
use proto::names::AvatarName;
use thiserror::Error;

use crate::persona::{Persona, PersonaError};

/// The most persona files in the folder.
pub const MAX_PERSONAS: usize = 64;

/// Why a folder of personas can't be used.
#[derive(Debug, Error)]
pub enum PersonasError {
    /// The folder can't be read.
    #[error("{} cannot be read: {source}", folder.display())]
    Folder {
        /// Which.
        folder: PathBuf,
        /// Why not.
        source: std::io::Error,
    },
    /// A file in it can't be used.
    #[error("{} {source}", file.display())]
    File {
        /// Which.
        file: PathBuf,
        /// Why not.
        source: PersonaError,
    },
    /// Two have the same name, without regard to case.
    #[error("{} has the name of another persona, `{name}`; give it one of its own", file.display())]
    SameName {
        /// The second one.
        file: PathBuf,
        /// The name.
        name: String,
    },
    /// More than [`MAX_PERSONAS`] files.
    #[error("{} has more than {MAX_PERSONAS} persona files", folder.display())]
    TooMany {
        /// Which.
        folder: PathBuf,
    },
}

/// Everyone, the default persona first.
#[derive(Debug, Clone)]
pub struct Personas {
    default: Arc<Persona>,
    others: Vec<Arc<Persona>>,
}

impl Personas {
    /// The default persona alone.
    #[must_use]
    pub fn only(default: Persona) -> Self {
        Self { default: Arc::new(default), others: Vec::new() }
    }

    /// The default persona and those of the `*.toml` files in `folder`, in the order of the files' names. The default
    /// persona's own file may lie there too. Read once: what changes later counts from the next start on.
    ///
    /// # Errors
    /// [`PersonasError`] names the file or the folder.
    pub fn with_folder(default: Persona, folder: &Path) -> Result<Self, PersonasError> {
        let unreadable = |source| PersonasError::Folder { folder: folder.to_owned(), source };
        let entries = std::fs::read_dir(folder).map_err(unreadable)?;
        let mut files = Vec::new();
        for entry in entries {
            let file = entry.map_err(unreadable)?.path();
            if file.extension().is_some_and(|extension| extension == "toml") {
                files.push(file);
            }
        }
        if files.len() > MAX_PERSONAS {
            return Err(PersonasError::TooMany { folder: folder.to_owned() });
        }
        files.sort_unstable();
        let mut personas = Self::only(default);
        for file in files {
            if personas.default.file.as_ref().is_some_and(|default| is_same_file(default, &file)) {
                continue;
            }
            let persona = Persona::from_file(file.clone())
                .map_err(|source| PersonasError::File { file: file.clone(), source })?;
            if personas.iter().any(|other| other.is_called(&persona.name)) {
                return Err(PersonasError::SameName { file, name: persona.name });
            }
            personas.others.push(Arc::new(persona));
        }
        Ok(personas)
    }

    /// Who comes when nobody is named.
    #[must_use]
    pub fn default_persona(&self) -> &Arc<Persona> {
        &self.default
    }

    /// Everyone, the default persona first.
    pub fn iter(&self) -> impl Iterator<Item = &Arc<Persona>> {
        std::iter::once(&self.default).chain(&self.others)
    }

    /// Whom a caller means by `name`, in any case of letters. [`DEFAULT_AVATAR_NAME`] always means someone: the default
    /// persona, unless another one is called so; it is what clients send that know no other.
    #[must_use]
    pub fn named(&self, name: &AvatarName) -> Option<&Arc<Persona>> {
        let named = self.iter().find(|persona| persona.is_called(name.as_str()));
        named.or_else(|| (lower(name.as_str()) == lower(DEFAULT_AVATAR_NAME)).then_some(&self.default))
    }

    /// Every name, for an error message.
    #[must_use]
    pub fn names(&self) -> String {
        let names: Vec<String> = self.iter().map(|persona| format!("`{}`", persona.name)).collect();
        names.join(", ")
    }
}

fn lower(name: &str) -> String {
    name.to_lowercase()
}

fn is_same_file(one: &Path, other: &Path) -> bool {
    match (one.canonicalize(), other.canonicalize()) {
        (Ok(one), Ok(other)) => one == other,
        (Err(_), _) | (_, Err(_)) => false,
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used)]

    use super::*;

    fn folder(files: &[(&str, &str)]) -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        for (name, text) in files {
            std::fs::write(folder.path().join(name), text).unwrap();
        }
        folder
    }

    fn called(personas: &Personas, name: &str) -> Option<String> {
        personas.named(&AvatarName::parse(name).unwrap()).map(|persona| persona.name.clone())
    }

    #[test]
    fn the_default_persona_comes_first_and_the_others_in_order() {
        let folder = folder(&[
            ("b.toml", "name = \"Ada\"\ninstructions = \"Be kind.\""),
            ("a.toml", "name = \"Bob\"\ninstructions = \"Be kind.\""),
            ("notes.txt", "name = 7"),
        ]);
        let personas = Personas::with_folder(Persona::built_in().unwrap(), folder.path()).unwrap();
        let names: Vec<&str> = personas.iter().map(|persona| persona.name.as_str()).collect();
        assert_eq!(names, [DEFAULT_AVATAR_NAME, "Bob", "Ada"]);
        assert_eq!(called(&personas, " ADA "), Some("Ada".to_owned()));
        assert_eq!(called(&personas, "ai assistant"), Some(DEFAULT_AVATAR_NAME.to_owned()));
        assert_eq!(called(&personas, "Carol"), None);
    }

    #[test]
    fn the_default_personas_own_file_may_lie_in_the_folder() {
        let folder = folder(&[
            ("ada.toml", "name = \"Ada\"\ninstructions = \"Be kind.\""),
            ("bob.toml", "name = \"Bob\"\ninstructions = \"Be kind.\""),
        ]);
        let default = Persona::from_file(folder.path().join("ada.toml")).unwrap();
        let personas = Personas::with_folder(default, folder.path()).unwrap();
        assert_eq!(personas.names(), "`Ada`, `Bob`");
        assert_eq!(called(&personas, DEFAULT_AVATAR_NAME), Some("Ada".to_owned()));
    }

    #[test]
    fn a_folder_that_cannot_be_used_says_which_file_and_why() {
        let says = |files: &[(&str, &str)]| {
            let folder = folder(files);
            Personas::with_folder(Persona::built_in().unwrap(), folder.path()).unwrap_err().to_string()
        };
        assert!(says(&[("bad.toml", "name = ")]).contains("bad.toml is no persona"));
        let twice = says(&[
            ("a.toml", "name = \"Ada\"\ninstructions = \"Be kind.\""),
            ("b.toml", "name = \"ADA\"\ninstructions = \"Be kind.\""),
        ]);
        assert!(twice.contains("b.toml has the name of another persona"), "{twice}");
        let many: Vec<(String, String)> = (0..=MAX_PERSONAS)
            .map(|n| (format!("{n}.toml"), format!("name = \"p{n}\"\ninstructions = \"Be kind.\"")))
            .collect();
        let many: Vec<(&str, &str)> = many.iter().map(|(name, text)| (name.as_str(), text.as_str())).collect();
        assert!(says(&many).contains("more than 64"));
        let missing = Personas::with_folder(Persona::built_in().unwrap(), Path::new("/nonexistent")).unwrap_err();
        assert!(matches!(missing, PersonasError::Folder { .. }));
    }
}
