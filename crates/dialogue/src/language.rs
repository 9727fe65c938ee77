//! The words of a language that turn-taking listens for: a data file each, in `languages`.

use std::collections::HashSet;

use serde::Deserialize;

/// The data files, by the primary subtag of BCP 47.
const FILES: [(&str, &str); 2] =
    [("en", include_str!("../languages/en.toml")), ("de", include_str!("../languages/de.toml"))];

/// Sets of plain words, as [`plain_words`] gives them.
#[derive(Debug, Clone, PartialEq, Eq, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Language {
    back_channels: HashSet<String>,
    back_channel_phrases: HashSet<String>,
    hums: HashSet<String>,
    dangling: HashSet<String>,
    empty: HashSet<String>,
    claiming: HashSet<String>,
    openings: HashSet<String>,
}

/// Why there are no words of a language.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum LanguageError {
    /// There is no data file for it.
    #[error("unknown language `{tag}`, expected one of {known}")]
    Unknown {
        /// As it was named.
        tag: String,
        /// The languages that have one, each between back quotes.
        known: String,
    },
    /// The text is no data file of a language.
    #[error("words of a language: {0}")]
    Malformed(String),
}

impl Language {
    /// The words of a language, named by a tag of BCP 47, such as `en` or `de-AT`. Region and script are ignored.
    ///
    /// # Errors
    /// [`LanguageError::Unknown`] when there is no data file for it.
    pub fn named(tag: &str) -> Result<Self, LanguageError> {
        let primary = tag.split(['-', '_']).next().unwrap_or_default();
        let Some((_, text)) = FILES.iter().find(|(name, _)| name.eq_ignore_ascii_case(primary)) else {
            return Err(LanguageError::Unknown {
                tag: tag.to_owned(),
                known: Self::names().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", "),
            });
        };
        Self::parse(text)
    }

    /// Reads a data file of the form of `languages/en.toml`.
    ///
    /// # Errors
    /// [`LanguageError::Malformed`] with the reason.
    fn parse(text: &str) -> Result<Self, LanguageError> {
        toml::from_str(text).map_err(|error| LanguageError::Malformed(error.to_string()))
    }

    /// The languages that have a data file, by their primary subtags.
    pub fn names() -> impl Iterator<Item = &'static str> {
        FILES.iter().map(|(name, _)| *name)
    }

    /// Whether a listener says this word.
    #[must_use]
    pub fn is_back_channel(&self, word: &str) -> bool {
        self.back_channels.contains(word)
    }

    /// Whether a listener says these two words.
    #[must_use]
    pub fn is_back_channel_phrase(&self, first: &str, second: &str) -> bool {
        self.back_channel_phrases.contains(&format!("{first} {second}"))
    }

    /// Whether this is what speech-to-text makes of a voice without words.
    #[must_use]
    pub fn is_hum(&self, word: &str) -> bool {
        self.hums.contains(word)
    }

    /// Whether no sentence ends with this word.
    #[must_use]
    pub fn is_dangling(&self, word: &str) -> bool {
        self.dangling.contains(word)
    }

    /// Whether this word says nothing when it stands alone.
    #[must_use]
    pub fn is_empty_word(&self, word: &str) -> bool {
        self.empty.contains(word)
    }

    /// Whether a turn often begins with a sentence of such words alone.
    #[must_use]
    pub fn is_opening(&self, word: &str) -> bool {
        self.openings.contains(word)
    }

    /// Whether this word claims the floor.
    #[must_use]
    pub fn is_claiming(&self, word: &str) -> bool {
        self.claiming.contains(word)
    }
}

/// The words without case and punctuation: two transcripts of the same sound have these in common.
#[must_use]
pub fn plain_words(text: &str) -> Vec<String> {
    text.split_whitespace()
        .map(|word| word.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect::<String>())
        .filter(|word| !word.is_empty())
        .collect()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn every_data_file_holds_plain_words() {
        for name in Language::names() {
            let language = Language::named(name).unwrap();
            let sets = [
                &language.back_channels,
                &language.hums,
                &language.dangling,
                &language.empty,
                &language.claiming,
                &language.openings,
            ];
            for word in sets.into_iter().flatten() {
                assert_eq!(plain_words(word), [word.as_str()], "{name}");
            }
            for phrase in &language.back_channel_phrases {
                assert_eq!(plain_words(phrase).join(" "), *phrase, "{name}");
                assert_eq!(plain_words(phrase).len(), 2, "{name}: {phrase}");
            }
            assert!(sets.into_iter().all(|set| !set.is_empty()), "{name}");
            // A word of both would be a listener's and a speaker's.
            assert!(language.back_channels.is_disjoint(&language.claiming), "{name}");
            assert!(language.hums.is_subset(&language.back_channels), "{name}");
        }
    }

    #[test]
    fn a_tag_may_name_a_region() {
        assert_eq!(Language::named("de-AT"), Language::named("de"));
        assert_eq!(Language::named("EN_us"), Language::named("en"));
        let error = Language::named("tlh").unwrap_err().to_string();
        assert_eq!(error, "unknown language `tlh`, expected one of `en`, `de`");
    }

    #[test]
    fn a_data_file_with_a_mistake_is_refused() {
        let error = Language::parse("hums = [1]").unwrap_err().to_string();
        assert!(error.starts_with("words of a language: ") && error.contains("invalid type"), "{error}");
    }
}
