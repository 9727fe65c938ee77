//! What the words themselves tell about whether a turn is over.

use super::back_channel::plain_words;

/// A hint.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Hint {
    /// A sentence that asks.
    Finished,
    /// Nobody ends a sentence like this.
    Unfinished,
    /// Nothing can be told.
    Unknown,
}

/// English words that want another word after them.
const DANGLING: &[&str] = &[
    "a", "about", "also", "although", "an", "and", "any", "are", "as", "at", "because", "but", "by", "can", "could",
    "do", "does", "er", "every", "for", "from", "has", "have", "his", "how", "i", "if", "im", "in", "into", "is",
    "its", "like", "may", "might", "my", "of", "on", "or", "our", "please", "should", "since", "so", "some", "than",
    "that", "the", "their", "then", "these", "this", "those", "though", "to", "uh", "um", "unless", "until", "very",
    "was", "we", "well", "were", "what", "when", "where", "whether", "which", "while", "who", "will", "with", "would",
    "your",
];

/// What these words of a whole turn hint at.
pub(crate) fn hint(text: &str) -> Hint {
    let text = text.trim_end();
    if text.ends_with('?') {
        return Hint::Finished;
    }
    if text.ends_with([',', '-', '–', '—', ':']) || text.ends_with("...") || text.ends_with('…') {
        return Hint::Unfinished;
    }
    match plain_words(text).last() {
        // Speech-to-text ends whatever it hears with a full stop: that tells nothing.
        Some(last) if DANGLING.contains(&last.as_str()) => Hint::Unfinished,
        Some(_) | None => Hint::Unknown,
    }
}

/// Words that say nothing when they stand alone: what speech-to-text makes of a breath or a hum.
const EMPTY: &[&str] = &["a", "an", "and", "at", "er", "in", "is", "it", "of", "on", "the", "to", "uh", "um"];

/// Whether these words are no more than a sound, or a beginning that was given up.
pub(crate) fn says_nothing(text: &str) -> bool {
    let words = plain_words(text);
    words.len() <= 2 && words.iter().all(|word| EMPTY.contains(&word.as_str()))
}

#[cfg(test)]
mod tests {
    use super::*;

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
        for text in ["", "Hello there.", "I like pasta"] {
            assert_eq!(hint(text), Hint::Unknown, "{text}");
        }
    }
}
