//! From espeak-ng's phonemes to Kokoro's: the letters that Kokoro was trained on, and their numbers.

use std::collections::HashMap;

use serde::Deserialize;

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

/// The numbers of Kokoro's letters.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct KokoroVocabulary {
    vocab: HashMap<char, i64>,
}

impl KokoroVocabulary {
    /// Reads the published `config.json` of Kokoro-82M, or any JSON object with its `vocab`.
    pub(crate) fn parse(json: &[u8]) -> Result<Self, String> {
        let vocabulary: Self = serde_json::from_slice(json).map_err(|error| error.to_string())?;
        match vocabulary.id(' ') {
            Some(_) => Ok(vocabulary),
            None => Err("vocab: the space is missing".to_owned()),
        }
    }

    /// The number of a letter; none when the model does not know it.
    pub(crate) fn id(&self, letter: char) -> Option<i64> {
        self.vocab.get(&letter).copied()
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
    fn a_table_without_vocabulary_is_refused() {
        assert!(KokoroVocabulary::parse(b"{}").is_err());
        assert!(KokoroVocabulary::parse(br#"{"vocab": {"a": 43}}"#).is_err());
        assert_eq!(KokoroVocabulary::parse(br#"{"vocab": {" ": 16}}"#).unwrap().id('a'), None);
    }
}
