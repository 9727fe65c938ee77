//! Secrets: from the environment, or from a file that it names, by the same rules as the token server's.

use std::fs;

use crate::settings_error::SettingsError;

/// Where environment variables come from.
pub(crate) type Environment<'a> = &'a dyn Fn(&str) -> Option<String>;

/// A text, and the variable to name when there is something wrong with it.
pub(crate) struct Found {
    pub(crate) text: String,
    pub(crate) setting: &'static str,
}

impl Found {
    /// An error about it.
    pub(crate) fn wrong(&self, message: impl Into<String>) -> SettingsError {
        SettingsError { setting: self.setting, message: message.into() }
    }

    /// The text, if it can be a key.
    pub(crate) fn key(self) -> Result<String, SettingsError> {
        if !self.text.is_empty() && self.text.bytes().all(|byte| byte.is_ascii_graphic()) {
            return Ok(self.text);
        }
        Err(self.wrong("must not be empty or contain spaces or characters other than ASCII"))
    }
}

/// The variable, else the contents of the file that the other variable names; both at once is a mistake. An empty variable
/// counts as absent, an empty file does not.
pub(crate) fn text_or_file(
    environment: Environment<'_>,
    name: &'static str,
    file_name: &'static str,
) -> Result<Option<Found>, SettingsError> {
    let read = |name: &str| environment(name).map(|text| text.trim().to_owned()).filter(|text| !text.is_empty());
    let wrong = |message: String| SettingsError { setting: file_name, message };
    match (read(name), read(file_name)) {
        (Some(_), Some(_)) => Err(wrong(format!("is set beside {name}: set only one of the two"))),
        (Some(text), None) => Ok(Some(Found { text, setting: name })),
        (None, Some(file)) => {
            let text = fs::read_to_string(&file).map_err(|error| wrong(format!("{file} cannot be read: {error}")))?;
            Ok(Some(Found { text: text.trim().to_owned(), setting: file_name }))
        }
        (None, None) => Ok(None),
    }
}
