//! Why an engine can't be had.

use assets::AssetError;
use speech::SpeechError;

use crate::chat_model::LlmError;
use crate::role::Role;

/// Why an engine can't be had.
#[derive(Debug, thiserror::Error)]
pub enum EngineError {
    /// No engine has this name.
    #[error("unknown {role} `{name}`, expected one of {known}")]
    Unknown {
        /// What it was to do.
        role: Role,
        /// As it was named.
        name: String,
        /// The names that exist, each between back quotes.
        known: String,
    },
    /// A file is missing or corrupt.
    #[error(transparent)]
    Asset(#[from] AssetError),
    /// A variable of the environment is missing or wrong.
    #[error("{name}: {message}")]
    Variable {
        /// The variable.
        name: &'static str,
        /// What is wrong with it.
        message: String,
    },
    /// An option of the persona file is wrong.
    #[error("{engine}: {message}")]
    Option {
        /// The engine.
        engine: &'static str,
        /// What is wrong, with the option's name.
        message: String,
    },
    /// A speech engine could not be loaded.
    #[error(transparent)]
    Speech(#[from] SpeechError),
    /// A chat model could not be loaded.
    #[error(transparent)]
    Chat(#[from] LlmError),
}
