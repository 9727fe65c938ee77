//! Which words of a growing transcript will not change any more.

use super::back_channel::plain_words;

/// Two transcripts in a row agree on these words: the local agreement of Liu, Niehues and Waibel ("Low-latency
/// sequence-to-sequence speech recognition and translation by partial hypothesis selection", Interspeech 2020).
///
/// The last word of the agreement is left out: it may be half a word.
#[derive(Debug, Default)]
pub(crate) struct StableWords {
    last: String,
    /// How many words were stable when that was last asked.
    told: usize,
}

impl StableWords {
    /// Takes the newest transcript. The stable beginning of it, when that has grown.
    pub(crate) fn push(&mut self, text: &str) -> Option<String> {
        let before = plain_words(&self.last);
        let now = plain_words(text);
        let agreed = before.iter().zip(&now).take_while(|(before, now)| before == now).count();
        text.clone_into(&mut self.last);
        let stable = agreed.saturating_sub(1);
        if stable <= self.told {
            return None;
        }
        self.told = stable;
        let written: Vec<&str> =
            text.split_whitespace().filter(|word| word.chars().any(char::is_alphanumeric)).take(stable).collect();
        // A full stop at its end is only the model's habit.
        Some(written.join(" ").trim_end_matches(['.', '!', '?', ',']).to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_on_which_two_transcripts_agree_are_stable_but_for_the_last() {
        let mut words = StableWords::default();
        assert_eq!(words.push("What is the."), None);
        assert_eq!(words.push("What is the cap."), Some("What is".into()));
        assert_eq!(words.push("What is the capital of"), None, "no more words agree");
        assert_eq!(words.push("What is the capital of France?"), Some("What is the capital".into()));
        assert_eq!(words.push("Watt is"), None);
    }
}
