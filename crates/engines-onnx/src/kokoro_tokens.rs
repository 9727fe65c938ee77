//! From espeak-ng's phonemes to Kokoro's: the letters that Kokoro was trained on, and their numbers.

use std::collections::HashMap;

use serde::Deserialize;
use speech::PhonemeSpan;
use speech::phrases::Phrase;
use speech::word_times::{TimedLetter, phoneme_spans};

/// In order: what espeak-ng writes for American English and what Kokoro wants, as in the fallback of Kokoro's own
/// front end (misaki 0.9, `EspeakFallback.E2M`, American branch, for espeak-ng before 1.52).
const REPLACEMENTS: [(&str, &str); 24] = [
    ("aɪ", "I"),
    ("aʊ", "W"),
    ("eɪ", "A"),
    ("oʊ", "O"),
    ("ɔɪ", "Y"),
    ("dʒ", "ʤ"),
    ("tʃ", "ʧ"),
    ("e", "A"),
    ("ʲ", ""),
    ("ɚ", "əɹ"),
    ("r", "ɹ"),
    ("x", "k"),
    ("ç", "k"),
    ("ɐ", "ə"),
    ("ɬ", "l"),
    ("\u{303}", ""),
    ("n\u{329}", "ᵊn"),
    ("l\u{329}", "ᵊl"),
    ("ɜːɹ", "ɜɹ"),
    ("ɜː", "ɜɹ"),
    ("ɪə", "iə"),
    ("ː", ""),
    ("o", "ɔ"),
    ("ɾ", "T"),
];

/// espeak-ng's phonemes in Kokoro's letters.
pub(crate) fn kokoro_letters(phonemes: &str) -> String {
    let replaced = REPLACEMENTS.iter().fold(phonemes.to_owned(), |text, (from, to)| text.replace(from, to));
    replaced.replace('ʔ', "t")
}

/// Letters of Kokoro that stand for more than one of espeak-ng's, or for another.
const SHORT: [(char, &str); 9] =
    [('I', "aɪ"), ('W', "aʊ"), ('A', "eɪ"), ('O', "oʊ"), ('Y', "ɔɪ"), ('ʤ', "dʒ"), ('ʧ', "tʃ"), ('T', "ɾ"), ('ᵊ', "ə")];

/// The phonemes of some letters of Kokoro, in letters of the IPA, as lips need them.
pub(crate) fn ipa_spans(letters: &[TimedLetter]) -> Vec<PhonemeSpan> {
    let spans = phoneme_spans(letters).into_iter();
    spans.map(|span| PhonemeSpan { ipa: espeak_letters(&span.ipa), ..span }).collect()
}

fn espeak_letters(kokoro: &str) -> String {
    let mut ipa = String::with_capacity(kokoro.len());
    for letter in kokoro.chars() {
        match SHORT.iter().find(|(short, _)| *short == letter) {
            Some((_, long)) => ipa.push_str(long),
            None => ipa.push(letter),
        }
    }
    ipa
}

/// A letter that the model knows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Letter {
    pub(crate) letter: char,
    /// Its phrase, by its place in the batch.
    pub(crate) phrase: usize,
    /// Its number.
    pub(crate) id: i64,
}

/// The numbers of Kokoro's letters.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct KokoroVocabulary {
    vocab: HashMap<char, i64>,
}

impl KokoroVocabulary {
    /// Reads the published `config.json` of Kokoro-82M, or any JSON object with its `vocab`.
    pub(crate) fn parse(json: &[u8]) -> Result<Self, String> {
        serde_json::from_slice::<Self>(json).map_err(|error| error.to_string())?.checked()
    }

    /// Reads a JSON object that is the table itself.
    pub(crate) fn parse_table(json: &[u8]) -> Result<Self, String> {
        let vocab = serde_json::from_slice(json).map_err(|error| error.to_string())?;
        Self { vocab }.checked()
    }

    fn checked(self) -> Result<Self, String> {
        if self.id(' ').is_some() { Ok(self) } else { Err("vocab: the space is missing".to_owned()) }
    }

    /// The number of a letter; none when the model does not know it.
    pub(crate) fn id(&self, letter: char) -> Option<i64> {
        self.vocab.get(&letter).copied()
    }

    /// The letters of some phrases that the model knows, at most `max` of them.
    pub(crate) fn letters(&self, phrases: &[Phrase], max: usize) -> Vec<Letter> {
        let mut letters = Vec::new();
        for (phrase, Phrase { phonemes, mark, .. }) in phrases.iter().enumerate() {
            let gap = (phrase + 1 < phrases.len()).then_some(' ');
            let spoken = kokoro_letters(phonemes);
            let all = spoken.chars().chain(*mark).chain(gap);
            letters.extend(all.filter_map(|letter| Some(Letter { letter, phrase, id: self.id(letter)? })));
        }
        if letters.len() > max {
            tracing::warn!(letters = letters.len(), max, "a phrase is too long for the voice and is cut");
            letters.truncate(max);
        }
        letters
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used)]
    use super::*;

    #[test]
    fn letters_are_those_that_kokoro_learnt() {
        let cases = [
            ("həlˈoʊ wˈɜːld", "həlˈO wˈɜɹld"),
            ("dʒˈʌdʒ tʃˈɜːtʃ", "ʤˈʌʤ ʧˈɜɹʧ"),
            ("dˈeɪ bˈɔɪ nˈaʊ mˈaɪ", "dˈA bˈY nˈW mˈI"),
            ("fˈoːɹ wˈɔːɾɚ", "fˈɔɹ wˈɔTəɹ"),
            ("bˈʌʔn\u{329}", "bˈʌtᵊn"),
        ];
        for (espeak, kokoro) in cases {
            assert_eq!(kokoro_letters(espeak), kokoro);
        }
    }

    #[test]
    fn lips_get_the_letters_of_the_ipa_back() {
        for ipa in ["aɪ", "dʒ", "oʊ", "ˈeɪ", "m"] {
            assert_eq!(espeak_letters(&kokoro_letters(ipa)), ipa);
        }
    }

    #[test]
    fn a_table_without_vocabulary_is_refused() {
        assert!(KokoroVocabulary::parse(b"{}").is_err());
        assert!(KokoroVocabulary::parse(br#"{"vocab": {"a": 43}}"#).is_err());
        assert_eq!(KokoroVocabulary::parse(br#"{"vocab": {" ": 16}}"#).unwrap().id('a'), None);
        assert_eq!(KokoroVocabulary::parse_table(br#"{" ": 16}"#).unwrap().id(' '), Some(16));
        assert!(KokoroVocabulary::parse_table(br#"{"a": 1}"#).is_err());
    }
}
