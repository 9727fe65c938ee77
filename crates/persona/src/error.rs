//! What is wrong with a persona file: all of it at once, each with its place.

use std::fmt;

/// One mistake, shown as `FILE:LINE:COL: KEY: message`.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{file}:{line}:{column}: {key}: {message}")]
pub struct PersonaError {
    /// The file as it was named.
    pub file: String,
    /// Counted from 1.
    pub line: usize,
    /// Counted from 1, in characters.
    pub column: usize,
    /// The key, with the names of its tables before it; `-` when the error is about the whole file.
    pub key: String,
    /// What is wrong and what would be right, in one line.
    pub message: String,
}

/// Every mistake of one file, in its order, one a line. Never empty.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub struct PersonaErrors(Vec<PersonaError>);

impl PersonaErrors {
    /// All of these, in the order of the file; `None` when there are none.
    pub(crate) fn all(mut errors: Vec<PersonaError>) -> Option<Self> {
        errors.sort_by_key(|error| (error.line, error.column));
        (!errors.is_empty()).then_some(Self(errors))
    }

    /// Every mistake, in the order of the file.
    pub fn iter(&self) -> impl Iterator<Item = &PersonaError> {
        self.0.iter()
    }
}

impl From<PersonaError> for PersonaErrors {
    fn from(error: PersonaError) -> Self {
        Self(vec![error])
    }
}

impl fmt::Display for PersonaErrors {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, error) in self.0.iter().enumerate() {
            if index > 0 {
                formatter.write_str("\n")?;
            }
            write!(formatter, "{error}")?;
        }
        Ok(())
    }
}
