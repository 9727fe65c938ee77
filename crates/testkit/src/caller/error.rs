//! Why there was no call to report on.

use std::path::PathBuf;

/// Why a scripted call could not take place. What goes wrong during a call is in its report instead.
#[derive(Debug, thiserror::Error)]
pub enum CallerError {
    /// The plan contradicts itself.
    #[error("the plan: {0}")]
    Plan(String),
    /// A model or library is missing.
    #[error(transparent)]
    Asset(#[from] assets::AssetError),
    /// The voice failed.
    #[error(transparent)]
    Speaker(#[from] crate::speaker::SpeakerError),
    /// The ears failed.
    #[error(transparent)]
    Speech(#[from] speech::SpeechError),
    /// A recording can't be read or written.
    #[error(transparent)]
    Wav(#[from] crate::wav::WavError),
    /// An utterance holds nothing to hear.
    #[error("turn {turn} is silent: {what} holds no voice above -50 dB")]
    Silent {
        /// Which turn, from 1.
        turn: usize,
        /// The utterance.
        what: String,
    },
    /// The token service refused or did not answer.
    #[error("POST {url}: {message}; is the token server running there?")]
    Join {
        /// The address asked.
        url: String,
        /// What came back.
        message: String,
    },
    /// The room refused us or broke.
    #[error(transparent)]
    Room(#[from] room::RoomError),
    /// The agent does not take push to talk.
    #[error("push to talk: {method}: {message}; set `end_of_turn = \"manual\"` in the persona's [turns]")]
    Button {
        /// What it was told.
        method: &'static str,
        /// What came back.
        message: String,
    },
    /// An output file can't be written.
    #[error("{path}: {message}", path = path.display())]
    Output {
        /// Which file.
        path: PathBuf,
        /// Why.
        message: String,
    },
    /// A task of the caller itself died.
    #[error("the caller's own {task} failed: {message}")]
    Task {
        /// Which one.
        task: &'static str,
        /// How.
        message: String,
    },
}
