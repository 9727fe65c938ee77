//! Where settings are read from, and what can be wrong with one.

use std::ffi::OsString;
use std::net::IpAddr;
use std::path::PathBuf;

use thiserror::Error;

/// Where environment variables come from: the process, or a table in a test.
pub type Environment<'a> = &'a dyn Fn(&str) -> Option<OsString>;

/// A setting is missing or wrong. The message is one line that names it.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum SettingsError {
    /// It is not there.
    #[error("{setting} is not set: {hint}")]
    Missing {
        /// Its name.
        setting: &'static str,
        /// How to set it.
        hint: &'static str,
    },
    /// It can't be what it is.
    #[error("{setting} {problem}")]
    Malformed {
        /// Its name, in the environment where it has one there.
        setting: &'static str,
        /// What is wrong with it; never its value, where that is secret.
        problem: String,
    },
    /// It is well-formed, but would open this server to strangers.
    #[error("--bind {address} is open to other machines: {problem}")]
    Open {
        /// The address.
        address: IpAddr,
        /// What is missing.
        problem: &'static str,
    },
}

pub(super) fn malformed(setting: &'static str, problem: impl Into<String>) -> SettingsError {
    // Errors of the operating system and of parsers may span lines; the promise is one.
    SettingsError::Malformed { setting, problem: problem.into().replace('\n', " ") }
}

/// Reads environment variables; an empty one counts as absent.
pub(super) struct Variables<'a>(pub(super) Environment<'a>);

impl Variables<'_> {
    pub(super) fn raw(&self, name: &str) -> Option<OsString> {
        (self.0)(name).filter(|value| !value.is_empty())
    }

    fn text(&self, name: &'static str) -> Result<Option<String>, SettingsError> {
        match self.raw(name).map(OsString::into_string) {
            Some(Ok(text)) => Ok(Some(text.trim().to_owned()).filter(|text| !text.is_empty())),
            Some(Err(_)) => Err(malformed(name, "is not UTF-8 text")),
            None => Ok(None),
        }
    }

    /// The flag, else the variable.
    pub(super) fn or_flag(&self, flag: Option<String>, name: &'static str) -> Result<Option<String>, SettingsError> {
        match flag {
            Some(text) => Ok(Some(text.trim().to_owned())),
            None => self.text(name),
        }
    }

    /// The variable, else the contents of the file that the other variable names; both at once is a mistake.
    pub(super) fn text_or_file(
        &self,
        name: &'static str,
        file_name: &'static str,
    ) -> Result<Option<(&'static str, String)>, SettingsError> {
        match (self.text(name)?, self.raw(file_name)) {
            (Some(_), Some(_)) => Err(malformed(file_name, format!("is set beside {name}: set only one of the two"))),
            (Some(text), None) => Ok(Some((name, text))),
            (None, Some(file)) => {
                let file = PathBuf::from(file);
                let text = std::fs::read_to_string(&file)
                    .map_err(|error| malformed(file_name, format!("{} cannot be read: {error}", file.display())))?;
                Ok(Some((file_name, text.trim().to_owned())))
            }
            (None, None) => Ok(None),
        }
    }
}
