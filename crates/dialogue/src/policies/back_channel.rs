//! Which words only say "I am listening".

/// More words than this are never only a back-channel.
const MOST_WORDS: usize = 4;

/// Sounds and words of a listener. What a speech-to-text model makes of a hum is among them.
const LISTENING: &[&str] = &[
    "ah",
    "aha",
    "ahh",
    "alright",
    "cool",
    "eh",
    "exactly",
    "good",
    "great",
    "ha",
    "hah",
    "hm",
    "hmm",
    "huh",
    "indeed",
    "interesting",
    "m",
    "mhm",
    "mm",
    "mmhm",
    "mmhmm",
    "mmm",
    "nice",
    "oh",
    "ok",
    "okay",
    "ooh",
    "really",
    "right",
    "sure",
    "true",
    "uh",
    "uhhuh",
    "uhuh",
    "um",
    "umhum",
    "wow",
    "yeah",
    "yep",
    "yes",
    "yup",
];

/// Phrases of more than one word.
const PHRASES: &[&str] = &["i see", "got it", "of course", "go on", "uh huh", "mm hmm", "mm hm", "all right", "i know"];

/// Whether these words leave the floor to the other one. False for no words at all.
pub(crate) fn is_back_channel(text: &str) -> bool {
    let words = plain_words(text);
    if words.is_empty() || words.len() > MOST_WORDS {
        return false;
    }
    let mut rest = words.as_slice();
    while let Some((first, others)) = rest.split_first() {
        let pair = others.first().map(|second| format!("{first} {second}"));
        rest = if pair.is_some_and(|pair| PHRASES.contains(&pair.as_str())) {
            &others[1..]
        } else if LISTENING.contains(&first.as_str()) {
            others
        } else {
            return false;
        };
    }
    true
}

/// What speech-to-text makes of a voice without words. "Huh?" is none of them: it asks.
const HUMS: &[&str] =
    &["ah", "ahh", "eh", "hm", "hmm", "m", "mhm", "mm", "mmhm", "mmhmm", "mmm", "uh", "uhhuh", "uhuh", "um", "umhum"];

/// Whether this is no more than a hum: an answer to a question, and to nothing else. False for no words at all.
pub(crate) fn is_hum(text: &str) -> bool {
    let words = plain_words(text);
    !words.is_empty() && words.iter().all(|word| HUMS.contains(&word.as_str()))
}

/// The words without case and punctuation: what two transcripts of the same sound have in common.
pub(crate) fn plain_words(text: &str) -> Vec<String> {
    text.split_whitespace()
        .map(|word| word.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect::<String>())
        .filter(|word| !word.is_empty())
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

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
