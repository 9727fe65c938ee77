//! A list of words for each language tells a listener from a speaker.

use std::sync::Arc;

use super::{BackChannel, BuildBackChannel, Registered};
use crate::language::{Language, plain_words};

/// More words than this are never only a back-channel.
const MAX_WORDS: usize = 4;

pub(super) const POLICY: Registered<BuildBackChannel> = Registered {
    name: "words",
    summary: "the words of a listener, from the language's list",
    build: |language| Box::new(WordList::new(language)),
};

/// Back-channels and hums of one language.
#[derive(Debug)]
pub(crate) struct WordList(Arc<Language>);

impl WordList {
    pub(crate) fn new(language: &Arc<Language>) -> Self {
        Self(language.clone())
    }
}

impl BackChannel for WordList {
    fn is_back_channel(&self, text: &str) -> bool {
        let words = plain_words(text);
        if words.is_empty() || words.len() > MAX_WORDS {
            return false;
        }
        let mut rest = words.as_slice();
        while let Some((first, others)) = rest.split_first() {
            rest = if others.first().is_some_and(|second| self.0.is_back_channel_phrase(first, second)) {
                &others[1..]
            } else if self.0.is_back_channel(first) {
                others
            } else {
                return false;
            };
        }
        true
    }

    fn is_hum(&self, text: &str) -> bool {
        let words = plain_words(text);
        !words.is_empty() && words.iter().all(|word| self.0.is_hum(word))
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn is_back_channel(text: &str) -> bool {
        WordList::new(&Arc::new(Language::named("en").unwrap())).is_back_channel(text)
    }

    fn is_hum(text: &str) -> bool {
        WordList::new(&Arc::new(Language::named("en").unwrap())).is_hum(text)
    }

    #[test]
    fn a_hum_is_told_from_a_word() {
        for text in ["Mm-hmm,", "Mm.", "Uh?", "Hmm, mm."] {
            assert!(is_hum(text) && is_back_channel(text), "{text}");
        }
        for text in ["", "Huh?", "Yes.", "Um, why?"] {
            assert!(!is_hum(text), "{text}");
        }
    }

    #[test]
    fn a_listener_is_told_from_a_speaker() {
        for text in
            ["Mhm.", "Right.", "Uh-huh.", "Uh huh", "Okay, I see.", "Yeah, yeah.", "Mm-hmm.", "Oh, really?", "Got it."]
        {
            assert!(is_back_channel(text), "{text}");
        }
        for text in ["", "...", "Stop.", "No.", "Right, but why?", "Wait a moment.", "Yes yes yes yes yes", "I", "See"]
        {
            assert!(!is_back_channel(text), "{text}");
        }
    }
}
