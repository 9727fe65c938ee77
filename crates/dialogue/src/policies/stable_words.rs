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
    /// Takes the newest transcript. Whether more of its beginning is stable than before.
    pub(crate) fn push(&mut self, text: &str) -> bool {
        let before = plain_words(&self.last);
        let now = plain_words(text);
        let agreed = before.iter().zip(&now).take_while(|(before, now)| before == now).count();
        text.clone_into(&mut self.last);
        let stable = agreed.saturating_sub(1);
        let grown = stable > self.told;
        self.told = self.told.max(stable);
        grown
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_on_which_two_transcripts_agree_are_stable_but_for_the_last() {
        let mut words = StableWords::default();
        assert!(!words.push("What is the."));
        assert!(words.push("What is the cap."), "two words");
        assert!(!words.push("What is the capital of"), "no more words agree");
        assert!(words.push("What is the capital of France?"));
        assert!(!words.push("Watt is"));
        assert!(!words.push("Watt is the"), "fewer than before");
    }
}
