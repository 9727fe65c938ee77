//! A setting that is missing or wrong.

/// A setting that is missing or wrong.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{setting}: {message}")]
pub struct SettingsError {
    /// The flag or variable.
    pub setting: &'static str,
    /// What is wrong with it.
    pub message: String,
}
