//! `agent-worker replay FILE`: the same inputs, and the same outputs or an error.

use std::fs::File;
use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};

use dialogue::{PolicyRegistry, RecordedLine, ReplayError, Replayed, replay};

/// The longest line of a recording: a conversation that fills a large language model's context.
const LONGEST_LINE: usize = 4 << 20;

/// Why a file could not be replayed.
#[derive(Debug, thiserror::Error)]
pub enum ReplayFileError {
    /// It can't be read.
    #[error("{}: {message}", file.display())]
    Unreadable {
        /// The file.
        file: PathBuf,
        /// Why.
        message: String,
    },
    /// A line is not one of a recording.
    #[error("{}:{line}: {message}", file.display())]
    Malformed {
        /// The file.
        file: PathBuf,
        /// Counted from 1.
        line: usize,
        /// What is wrong with it.
        message: String,
    },
    /// It was replayed, and something else came out.
    #[error("{}: {error}", file.display())]
    Failed {
        /// The file.
        file: PathBuf,
        /// Where and how.
        error: ReplayError,
    },
}

/// Replays a recording. `registry` holds the policies that its settings name.
///
/// # Errors
/// When the file can't be read, is no recording, or the outputs differ.
pub fn replay_file(file: &Path, registry: &PolicyRegistry) -> Result<Replayed, ReplayFileError> {
    let unreadable =
        |error: std::io::Error| ReplayFileError::Unreadable { file: file.to_owned(), message: error.to_string() };
    let reader = BufReader::new(File::open(file).map_err(unreadable)?);
    let mut lines: Vec<RecordedLine> = Vec::new();
    for (index, line) in reader.lines().enumerate() {
        let text = line.map_err(unreadable)?;
        let malformed =
            |message: String| ReplayFileError::Malformed { file: file.to_owned(), line: index + 1, message };
        if text.len() > LONGEST_LINE {
            return Err(malformed(format!("longer than {LONGEST_LINE} bytes")));
        }
        lines.push(serde_json::from_str(&text).map_err(|error| malformed(error.to_string()))?);
    }
    replay(lines, registry).map_err(|error| ReplayFileError::Failed { file: file.to_owned(), error })
}
