//! Cuts a clause into phrases, the stretches between punctuation marks, and keeps which written word each spoken one
//! comes from.

use std::ops::Range;

use crate::SpeechError;
use crate::articulation::articulate;
use crate::espeak::Espeak;
use crate::spoken::{MARKS, spoken_form};

/// Cost at which a phrase is cut even without a mark: it fits into a line to espeak-ng and its phonemes into a model.
const LONGEST_PHRASE: usize = 300;
/// Cost at which a "word" without any space in it is cut.
const LONGEST_WORD: usize = 60;

/// A word to say, and the place of the written word that it stands for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SpokenWord {
    /// The word, as it is said.
    pub text: String,
    /// Which written word it stands for, from 0.
    pub written: usize,
}

/// Words said in one go, and the mark that ends them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Phrase {
    /// Its words.
    pub words: Vec<SpokenWord>,
    /// The punctuation mark behind them.
    pub mark: Option<char>,
    /// IPA, one space between words; empty until [`Utterance::pronounce`].
    pub phonemes: String,
}

/// A clause, ready to be pronounced.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Utterance {
    /// The words as written.
    pub written: Vec<String>,
    /// The words to say.
    pub phrases: Vec<Phrase>,
}

impl Utterance {
    /// Reads a clause. Without any speakable word there are no phrases.
    #[must_use]
    pub fn read(text: &str) -> Self {
        let written: Vec<String> = text.split_whitespace().map(str::to_owned).collect();
        let mut phrases = Phrases::default();
        for (index, word) in written.iter().enumerate() {
            for spoken in spoken_form(word).split(' ') {
                phrases.take(spoken, index);
            }
        }
        phrases.close(None);
        Self { written, phrases: phrases.done }
    }

    /// The phrases in batches of at most `limit` phoneme letters (or one phrase), each with the written words that it
    /// covers. Together they cover every written word.
    #[must_use]
    pub fn batches(&self, limit: usize) -> Vec<(Range<usize>, &[Phrase])> {
        let mut batches: Vec<(Range<usize>, &[Phrase])> = Vec::new();
        let (mut from, mut letters) = (0, 0);
        for (index, phrase) in self.phrases.iter().enumerate() {
            let more = phrase.phonemes.chars().count() + 2;
            if index > from && letters + more > limit {
                batches.push((0..0, &self.phrases[from..index]));
                (from, letters) = (index, 0);
            }
            letters += more;
        }
        if from < self.phrases.len() {
            batches.push((0..0, &self.phrases[from..]));
        }
        let mut end = self.written.len();
        for (index, (written, phrases)) in batches.iter_mut().enumerate().rev() {
            let first = phrases.iter().flat_map(|phrase| &phrase.words).map(|word| word.written).min();
            let start = if index == 0 { 0 } else { first.unwrap_or(end).min(end) };
            *written = start..end;
            end = start;
        }
        batches
    }

    /// Fills in the phonemes and drops the phrases that have none.
    ///
    /// # Errors
    /// When espeak-ng fails.
    pub fn pronounce(&mut self, espeak: &mut Espeak) -> Result<(), SpeechError> {
        for phrase in &mut self.phrases {
            let words: Vec<&str> = phrase.words.iter().map(|word| word.text.as_str()).collect();
            phrase.phonemes = articulate(&espeak.phonemes(&words.join(" "))?);
        }
        self.phrases.retain(|phrase| !phrase.phonemes.is_empty());
        Ok(())
    }
}

#[derive(Default)]
struct Phrases {
    done: Vec<Phrase>,
    open: Phrase,
    cost: usize,
}

impl Phrases {
    /// Takes one word without spaces, which may have marks anywhere.
    fn take(&mut self, spoken: &str, written: usize) {
        let mut word = String::new();
        let mut rest = spoken.chars().peekable();
        while let Some(c) = rest.next() {
            // A mark between letters or digits belongs to the word: 3.5, 10:30, U.S.
            let ends = MARKS.contains(&c) && !rest.peek().is_some_and(|next| next.is_alphanumeric());
            if ends && !(c == '.' && is_abbreviation(&word)) {
                self.word(&mut word, written);
                self.close(Some(c));
            } else {
                word.push(c);
                if cost(&word) >= LONGEST_WORD {
                    self.word(&mut word, written);
                }
            }
        }
        self.word(&mut word, written);
    }

    fn word(&mut self, word: &mut String, written: usize) {
        let text = std::mem::take(word);
        if !text.chars().any(char::is_alphanumeric) {
            return;
        }
        let cost = cost(&text);
        if self.cost + cost > LONGEST_PHRASE {
            self.close(None);
        }
        self.cost += cost + 1;
        self.open.words.push(SpokenWord { text, written });
    }

    /// Ends the phrase. Of several marks in a row the one that asks or calls counts, else the first.
    fn close(&mut self, mark: Option<char>) {
        if !self.open.words.is_empty() {
            let phrase = std::mem::take(&mut self.open);
            self.done.push(Phrase { mark, ..phrase });
            self.cost = 0;
        } else if let (Some('?' | '!'), Some(last)) = (mark, self.done.last_mut())
            && last.mark.is_some_and(|earlier| earlier != '?')
        {
            last.mark = mark;
        }
    }
}

/// How much there is to say in a word: about its phonemes, and never below its bytes. A digit is said as a word, a letter
/// of a foreign script by its name.
fn cost(word: &str) -> usize {
    let letter = |c: char| match c {
        '0'..='9' => 6,
        '\0'..='\u{24f}' => c.len_utf8(),
        _ => 16,
    };
    word.chars().map(letter).sum()
}

/// Whether a full stop behind this word belongs to it.
fn is_abbreviation(word: &str) -> bool {
    const KNOWN: [&str; 9] = ["mr", "mrs", "ms", "dr", "st", "prof", "vs", "jr", "sr"];
    let dotted = word.contains('.') && word.split('.').all(|part| part.chars().count() == 1);
    dotted || KNOWN.contains(&word.to_lowercase().as_str())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used)]
    use super::*;
    use proptest::prelude::*;

    fn cut(text: &str) -> Vec<(String, Option<char>)> {
        let words = |phrase: Phrase| phrase.words.into_iter().map(|word| word.text).collect::<Vec<_>>().join(" ");
        Utterance::read(text).phrases.into_iter().map(|phrase| (words(phrase.clone()), phrase.mark)).collect()
    }

    #[test]
    fn marks_end_phrases_but_not_numbers_or_abbreviations() {
        let wanted = [("Well", Some(',')), ("Dr. Smith paid 3.5 in the U.S. at 10:30", Some('.'))];
        assert_eq!(cut("Well, Dr. Smith paid 3.5 in the U.S. at 10:30."), wanted.map(|(t, m)| (t.to_owned(), m)));
        assert_eq!(cut("Really?!"), [("Really".to_owned(), Some('?'))]);
        assert_eq!(cut("Oh...!"), [("Oh".to_owned(), Some('!'))]);
        assert_eq!(cut("\"Hi!\" she said"), [("Hi".to_owned(), Some('!')), ("she said".to_owned(), None)]);
    }

    #[test]
    fn nothing_to_say_gives_no_phrase() {
        for text in ["", "  \n", "...", "🙂 🎉", "**", "- — –", "?!"] {
            assert!(Utterance::read(text).phrases.is_empty(), "{text:?}");
        }
    }

    #[test]
    fn spoken_words_know_their_written_word() {
        let utterance = Utterance::read("See example.com/x: *50%* off 🙂");
        assert_eq!(utterance.written, ["See", "example.com/x:", "*50%*", "off", "🙂"]);
        let written: Vec<usize> = utterance.phrases.iter().flat_map(|p| &p.words).map(|word| word.written).collect();
        assert!(written.is_sorted());
        assert_eq!(written.iter().filter(|index| **index == 2).count(), 2);
    }

    #[test]
    fn batches_cover_every_written_word_once() {
        let mut utterance = Utterance::read("🙂 One, two 🙂, three - four. Five");
        for phrase in &mut utterance.phrases {
            phrase.phonemes = "x".repeat(8);
        }
        let ranges = |limit| utterance.batches(limit).into_iter().map(|(words, _)| words).collect::<Vec<_>>();
        assert_eq!(ranges(100), vec![Range { start: 0, end: 8 }]);
        assert_eq!(ranges(25), [0..4, 4..8]);
        assert_eq!(ranges(1), [0..2, 2..4, 4..7, 7..8]);
    }

    proptest! {
        #[test]
        fn any_text_is_cut_into_lines_that_fit(text in "\\PC{0,400}") {
            let utterance = Utterance::read(&text);
            for phrase in &utterance.phrases {
                let bytes: usize = phrase.words.iter().map(|word| word.text.len() + 1).sum();
                prop_assert!(!phrase.words.is_empty() && bytes <= 2 * LONGEST_PHRASE);
                prop_assert!(phrase.words.iter().all(|word| word.written < utterance.written.len()));
            }
        }
    }
}
