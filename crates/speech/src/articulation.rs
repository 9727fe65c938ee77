//! Keeps words apart that would run together into another word.
//!
//! espeak-ng leaves "is" without stress. After a hissing sound that makes two words one: "France is" is heard as "Francis",
//! "the bus is" as "the buses". A speaker who wants to be understood stresses the "is" a little, and so do we.

/// Sounds that "is" would melt into. Affricates end in one of them.
const SIBILANTS: [char; 4] = ['s', 'z', 'ʃ', 'ʒ'];
/// "is", as espeak-ng writes it without stress.
const IS: &str = "ɪz";
/// Secondary stress.
const STRESS: char = 'ˌ';

/// Marks an unstressed "is" after a sibilant with secondary stress. `phonemes` are words of IPA with one space between.
pub(crate) fn articulate(phonemes: &str) -> String {
    let mut articulated = String::with_capacity(phonemes.len());
    for word in phonemes.split(' ') {
        if !articulated.is_empty() {
            if word == IS && articulated.ends_with(SIBILANTS) {
                articulated.push(' ');
                articulated.push(STRESS);
                articulated.push_str(word);
                continue;
            }
            articulated.push(' ');
        }
        articulated.push_str(word);
    }
    articulated
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn is_after_a_sibilant_gets_some_stress() {
        assert_eq!(articulate("fɹˈæns ɪz pˈæɹɪs"), "fɹˈæns ˌɪz pˈæɹɪs");
        assert_eq!(articulate("ðə wˈɑːtʃ ɪz lˈeɪt"), "ðə wˈɑːtʃ ˌɪz lˈeɪt");
    }

    #[test]
    fn everything_else_stays_as_it_is() {
        for phonemes in ["", "spˈeɪn ɪz mədɹˈɪd", "ɪz ðɪs ɪt", "fɹˈæns ˈɪz", "ðə bˈʌsᵻz ɑːɹ lˈeɪt"]
        {
            assert_eq!(articulate(phonemes), phonemes);
        }
    }
}
