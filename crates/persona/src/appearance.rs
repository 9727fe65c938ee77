//! What the agent's own face looks like.

use std::path::PathBuf;

use face::emotion::tags;
use face::{Character, Feeling};

use crate::picture_size::PictureSize;

/// A face.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Look {
    /// A drawn person: the name of one that is shipped, or the folder of another.
    Character(String),
    /// The person in a photo (JPEG or PNG).
    Portrait(PathBuf),
}

impl Default for Look {
    /// The first of the characters that are shipped.
    fn default() -> Self {
        Self::Character(Character::names().next().unwrap_or_default().to_owned())
    }
}

/// How the agent's own face is to look.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Appearance {
    /// Which face.
    pub look: Look,
    /// A feeling that stays.
    pub mood: Option<Feeling>,
    /// How large its picture is.
    pub size: PictureSize,
}

/// Reads a mood: an emotion's name and perhaps an intensity, `sad` or `joy 0.5`.
///
/// # Errors
/// A sentence for people.
pub fn mood(text: &str) -> Result<Feeling, String> {
    let tagged = tags::split(&format!("[{}]", text.trim()));
    let felt = tagged.feelings.first().map(|placed| placed.feeling);
    felt.ok_or_else(|| {
        format!("`{text}` is no mood; one of joy, sadness, surprise, anger, fear, calm, as in `joy 0.5`")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mood_is_a_name_with_or_without_an_intensity() {
        assert_eq!(mood("sadness 0.5"), Ok(Feeling::new(face::Emotion::Sadness, 0.5)));
        assert!(mood("joy").is_ok());
        assert!(mood("hungry").is_err_and(|message| message.contains("joy")));
        assert!(mood("").is_err());
    }
}
