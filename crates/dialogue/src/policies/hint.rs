//! What the words themselves tell about whether a turn is over.

use crate::language::{Language, plain_words};

/// A hint.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Hint {
    /// A sentence that asks.
    Finished,
    /// No sentence ends like this.
    Unfinished,
    /// Thanks, a yes, a greeting and the like alone: often more follows.
    Opening,
    /// Nothing can be told.
    Unknown,
}

/// Words in an opening, at most.
const LONGEST_OPENING: usize = 3;

/// What these words of a whole turn hint at.
pub fn hint(language: &Language, text: &str) -> Hint {
    let text = text.trim_end();
    if text.ends_with('?') {
        return Hint::Finished;
    }
    if text.ends_with([',', '-', '–', '—', ':']) || text.ends_with("...") || text.ends_with('…') {
        return Hint::Unfinished;
    }
    let words = plain_words(text);
    match words.last() {
        // Speech-to-text ends whatever it hears with a full stop: that tells nothing.
        Some(last) if language.is_dangling(last) => Hint::Unfinished,
        Some(_) if words.len() <= LONGEST_OPENING && words.iter().all(|word| language.is_opening(word)) => {
            Hint::Opening
        }
        Some(_) | None => Hint::Unknown,
    }
}

/// Whether these words are no more than a sound, or a beginning that was given up.
pub(crate) fn says_nothing(language: &Language, text: &str) -> bool {
    let words = plain_words(text);
    words.len() <= 2 && words.iter().all(|word| language.is_empty_word(word))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn hint(text: &str) -> Hint {
        super::hint(&Language::named("en").unwrap(), text)
    }

    fn says_nothing(text: &str) -> bool {
        super::says_nothing(&Language::named("en").unwrap(), text)
    }

    #[test]
    fn a_lone_article_says_nothing() {
        for text in ["", "The.", "Uh, um.", "And the"] {
            assert!(says_nothing(text), "{text}");
        }
        for text in ["No.", "What?", "I", "It is on the table"] {
            assert!(!says_nothing(text), "{text}");
        }
    }

    #[test]
    fn an_unfinished_clause_is_told() {
        for text in ["I would like to", "So my question is.", "First, the,", "And then we went to the...", "My name is"]
        {
            assert_eq!(hint(text), Hint::Unfinished, "{text}");
        }
        assert_eq!(hint("What is that?"), Hint::Finished);
        for text in ["Thank you.", "Okay.", "I see.", "Yes, sure."] {
            assert_eq!(hint(text), Hint::Opening, "{text}");
        }
        for text in ["", "Hello there.", "I like pasta", "Thank you very much indeed, my friend"] {
            assert_eq!(hint(text), Hint::Unknown, "{text}");
        }
    }
}
