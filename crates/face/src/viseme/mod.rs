//! Visemes: the classes of sounds that look alike on a mouth.
//!
//! The set is the 15 visemes of Oculus Lipsync, which glTF/VRM avatars and OpenXR tools share (Meta, "Viseme
//! Reference", Oculus Lipsync for Unity). The table below assigns to them the IPA symbols that espeak-ng writes for its
//! voice `en-us` (espeak-ng `docs/phonemes.md` and `phsource/ph_english_us`), plus common symbols of other voices.

mod maps;
mod shapes;

pub use maps::VrmViseme;
pub(crate) use shapes::shapes;

/// One of the 15 Oculus visemes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Viseme {
    /// Silence: the mouth rests.
    #[default]
    Sil,
    /// p, b, m: lips shut.
    PP,
    /// f, v: lower lip at the upper teeth.
    FF,
    /// th: tongue between the teeth.
    TH,
    /// t, d: tongue behind the upper teeth.
    DD,
    /// k, g, ng: tongue at the back.
    Kk,
    /// ch, j, sh: lips pushed forward, teeth together.
    CH,
    /// s, z: teeth together, lips apart.
    SS,
    /// n, l: tongue tip up.
    Nn,
    /// r and r-coloured vowels.
    RR,
    /// a as in "car": wide open.
    Aa,
    /// e as in "bed".
    E,
    /// i as in "tip" and "see".
    Ih,
    /// o as in "toe".
    Oh,
    /// u as in "book" and "you".
    Ou,
}

impl Viseme {
    /// Every viseme, in the order of the reference.
    pub const ALL: [Self; 15] = [
        Self::Sil,
        Self::PP,
        Self::FF,
        Self::TH,
        Self::DD,
        Self::Kk,
        Self::CH,
        Self::SS,
        Self::Nn,
        Self::RR,
        Self::Aa,
        Self::E,
        Self::Ih,
        Self::Oh,
        Self::Ou,
    ];

    /// The name the reference uses: `sil PP FF TH DD kk CH SS nn RR aa E ih oh ou`.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Sil => "sil",
            Self::PP => "PP",
            Self::FF => "FF",
            Self::TH => "TH",
            Self::DD => "DD",
            Self::Kk => "kk",
            Self::CH => "CH",
            Self::SS => "SS",
            Self::Nn => "nn",
            Self::RR => "RR",
            Self::Aa => "aa",
            Self::E => "E",
            Self::Ih => "ih",
            Self::Oh => "oh",
            Self::Ou => "ou",
        }
    }

    /// The viseme of one phoneme in IPA, as espeak-ng writes it.
    ///
    /// Stress, length and combining marks are ignored. Affricates (`tʃ`, `dʒ`) are one viseme, a diphthong is the
    /// viseme of its first, stronger vowel. Punctuation, spaces and an empty text are [`Viseme::Sil`]; a letter that is
    /// not in the table becomes [`Viseme::E`], the most neutral open mouth. A text that holds nothing but marks is also
    /// `Sil`: give the time of such a symbol to its neighbour instead, see [`carries_sound`].
    #[must_use]
    pub fn from_ipa(ipa: &str) -> Self {
        let mut symbols = ipa.chars().filter(|symbol| !is_mark(*symbol));
        let Some(first) = symbols.next() else { return Self::Sil };
        match (first, symbols.next()) {
            ('t' | 'd', Some('ʃ' | 'ʒ' | 'ɕ' | 'ʑ')) => Self::CH,
            _ => of_symbol(first),
        }
    }
}

/// Whether the symbol begins with, or holds, the IPA mark of primary stress, as espeak-ng writes it before a vowel.
#[must_use]
pub fn is_stressed(ipa: &str) -> bool {
    ipa.contains('ˈ')
}

/// Whether the text stands for a sound or a pause of its own; false for a lone stress, length or combining mark, whose
/// time belongs to the phoneme beside it.
#[must_use]
pub fn carries_sound(ipa: &str) -> bool {
    ipa.is_empty() || !ipa.chars().all(is_mark)
}

/// Stress, length, syllable and tie marks, tone digits, and every combining or modifier letter.
fn is_mark(symbol: char) -> bool {
    matches!(symbol, '\u{2b0}'..='\u{36f}' | '\u{1d2c}'..='\u{1d6a}' | '\u{200d}' | '\u{203f}' | '0'..='9' | '\'' | '|' | '-')
}

fn of_symbol(symbol: char) -> Viseme {
    match symbol {
        'p' | 'b' | 'm' | 'ɓ' => Viseme::PP,
        'f' | 'v' | 'ɱ' | 'ʋ' => Viseme::FF,
        'θ' | 'ð' => Viseme::TH,
        't' | 'd' | 'ɾ' | 'ʈ' | 'ɖ' => Viseme::DD,
        'k' | 'g' | 'ɡ' | 'ŋ' | 'x' | 'ɣ' | 'q' | 'χ' | 'ʁ' | 'ʔ' | 'c' | 'ɟ' | 'ç' | 'ɲ' => Viseme::Kk,
        'ʃ' | 'ʒ' | 'ɕ' | 'ʑ' | 'ʂ' | 'ʐ' => Viseme::CH,
        's' | 'z' => Viseme::SS,
        'n' | 'l' | 'ɫ' | 'ɭ' | 'ɬ' | 'ʎ' | 'ɳ' => Viseme::Nn,
        'ɹ' | 'r' | 'ɻ' | 'ɽ' | 'ɜ' | 'ɝ' | 'ɚ' => Viseme::RR,
        'a' | 'ɑ' | 'æ' | 'ʌ' | 'ɐ' | 'ɶ' => Viseme::Aa,
        // The schwa and h have no shape of their own: a slightly open, neutral mouth.
        'ɛ' | 'e' | 'ə' | 'ɘ' | 'h' | 'ɦ' | 'ø' | 'œ' => Viseme::E,
        'i' | 'ɪ' | 'ᵻ' | 'ɨ' | 'j' => Viseme::Ih,
        'o' | 'ɔ' | 'ɒ' | 'ɤ' | 'ɵ' => Viseme::Oh,
        'u' | 'ʊ' | 'w' | 'ʍ' | 'y' | 'ʏ' | 'ʉ' | 'ɯ' | 'ᵿ' => Viseme::Ou,
        other if other.is_alphabetic() => Viseme::E,
        _ => Viseme::Sil,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What `espeak-ng -v en-us --ipa` writes, symbol by symbol.
    const ESPEAK: &[(&str, Viseme)] = &[
        ("p", Viseme::PP),
        ("b", Viseme::PP),
        ("m", Viseme::PP),
        ("f", Viseme::FF),
        ("v", Viseme::FF),
        ("θ", Viseme::TH),
        ("ð", Viseme::TH),
        ("t", Viseme::DD),
        ("ɾ", Viseme::DD),
        ("k", Viseme::Kk),
        ("ɡ", Viseme::Kk),
        ("ŋ", Viseme::Kk),
        ("ʔ", Viseme::Kk),
        ("tʃ", Viseme::CH),
        ("dʒ", Viseme::CH),
        ("t͡ʃ", Viseme::CH),
        ("ʃ", Viseme::CH),
        ("ʒ", Viseme::CH),
        ("s", Viseme::SS),
        ("z", Viseme::SS),
        ("n", Viseme::Nn),
        ("n̩", Viseme::Nn),
        ("l", Viseme::Nn),
        ("ɹ", Viseme::RR),
        ("ɚ", Viseme::RR),
        ("ɜː", Viseme::RR),
        ("ˈɑː", Viseme::Aa),
        ("aɪ", Viseme::Aa),
        ("æ", Viseme::Aa),
        ("ˌeɪ", Viseme::E),
        ("ɛ", Viseme::E),
        ("ə", Viseme::E),
        ("h", Viseme::E),
        ("iː", Viseme::Ih),
        ("ᵻ", Viseme::Ih),
        ("j", Viseme::Ih),
        ("oʊ", Viseme::Oh),
        ("ɔː", Viseme::Oh),
        ("uː", Viseme::Ou),
        ("w", Viseme::Ou),
        ("", Viseme::Sil),
        (" ", Viseme::Sil),
        (",", Viseme::Sil),
        ("_", Viseme::Sil),
        ("$", Viseme::Sil),
    ];

    #[test]
    fn every_symbol_of_espeak_has_its_viseme() {
        for (ipa, viseme) in ESPEAK {
            assert_eq!(Viseme::from_ipa(ipa), *viseme, "{ipa}");
        }
    }

    #[test]
    fn an_unknown_letter_opens_the_mouth_and_a_lone_mark_carries_no_sound() {
        assert_eq!(Viseme::from_ipa("ʘ"), Viseme::E);
        assert!(!carries_sound("ˈ") && !carries_sound("ː") && !carries_sound("\u{329}"));
        assert!(carries_sound("a") && carries_sound(" ") && carries_sound(""));
    }
}
