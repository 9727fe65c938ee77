//! What an engine is made from, besides its options.

use std::collections::BTreeMap;

use assets::{Asset, Assets};

use crate::capabilities::Voice;
use crate::error::EngineError;

/// A variable of the environment that an engine reads. It belongs to the engine.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Variable {
    /// Its name.
    pub name: &'static str,
    /// What it holds, in one line.
    pub summary: &'static str,
}

/// The values of engines' variables, read once when the program starts.
#[derive(Clone, Default)]
pub struct Variables(BTreeMap<&'static str, String>);

impl Variables {
    /// Reads these variables; what is empty counts as not set.
    pub fn read(names: impl IntoIterator<Item = &'static str>, environment: &dyn Fn(&str) -> Option<String>) -> Self {
        let read = |name: &'static str| Some((name, environment(name)?));
        let set = |(_, value): &(&'static str, String)| !value.trim().is_empty();
        Self(names.into_iter().filter_map(read).filter(set).collect())
    }

    /// The value of a variable, if it is set.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str)
    }
}

/// Values may be secrets: only the names are shown.
impl std::fmt::Debug for Variables {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_set().entries(self.0.keys()).finish()
    }
}

/// What every engine of a call is made from.
#[derive(Debug, Clone)]
pub struct Context {
    /// The pinned files.
    pub assets: Assets,
    /// What the environment says.
    pub variables: Variables,
    /// The language that is spoken, as a tag of BCP 47.
    pub language: String,
    /// The voice that the persona names, if it names one.
    pub voice: Option<String>,
    /// Threads for one inference: the machine is shared with the other engines of the call.
    pub threads: usize,
}

impl Context {
    /// A context for English on one thread, without variables.
    #[must_use]
    pub fn new(assets: Assets) -> Self {
        Self { assets, variables: Variables::default(), language: "en".to_owned(), voice: None, threads: 1 }
    }

    /// The pinned files, once these are known to be there and undamaged.
    ///
    /// # Errors
    /// Names the first file that is not, and what to run.
    pub fn verified(&self, needed: &[Asset]) -> Result<Assets, EngineError> {
        for asset in needed {
            self.assets.path(*asset)?;
        }
        Ok(self.assets.clone())
    }

    /// The voice that the persona names, or the first of the engine's.
    ///
    /// # Errors
    /// When the engine has no such voice, or none at all; the error lists those that it has.
    pub fn voice(&self, engine: &'static str, voices: &'static [Voice]) -> Result<&'static Voice, EngineError> {
        let found = match self.voice.as_deref() {
            Some(name) => voices.iter().find(|voice| voice.name == name),
            None => voices.first(),
        };
        found.ok_or_else(|| {
            let known = voices.iter().map(|voice| format!("`{}`", voice.name)).collect::<Vec<_>>().join(", ");
            let name = self.voice.as_deref().unwrap_or_default();
            EngineError::Option { engine, message: format!("unknown voice `{name}`, expected one of {known}") }
        })
    }

    /// The primary subtag of the language, in lower case: `en` of `en-GB`.
    #[must_use]
    pub fn primary_language(&self) -> String {
        self.language.split(['-', '_']).next().unwrap_or_default().to_lowercase()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_not_shown_and_empty_ones_do_not_count() {
        let environment = |name: &str| match name {
            "A_KEY" => Some("sk-1234".to_owned()),
            "AN_EMPTY_KEY" => Some(" ".to_owned()),
            _ => None,
        };
        let variables = Variables::read(["A_KEY", "AN_EMPTY_KEY", "NO_KEY"], &environment);
        assert_eq!(variables.get("A_KEY"), Some("sk-1234"));
        assert_eq!((variables.get("AN_EMPTY_KEY"), variables.get("NO_KEY")), (None, None));
        assert_eq!(format!("{variables:?}"), "{\"A_KEY\"}");
    }
}
