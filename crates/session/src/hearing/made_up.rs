//! Words that a transcriber made up, because what it heard was no voice.
//!
//! The voice detector takes some music for a voice, and the transcriber then finds words in it ("Yeah.", "It's a day."). Each
//! alone can't tell such music from a faint voice; together they can. Measured with Silero and Moonshine, through Opus: 262
//! pieces of music in which words were found had a voice of at most 0.95 and a certainty of at most 0.57. A voice of normal
//! loudness, clean or in noise, has 0.97 at its clearest. One at a hundredth of that has less, but then its words are certain.

/// A sound that is this likely to be a voice at its clearest is one.
const CLEAR_VOICE: f32 = 0.96;
/// Words of this certainty were said.
const CERTAIN_WORDS: f32 = 0.6;

/// Whether the words of a sound are not to be believed: `voice` is the highest probability that the sound is a voice, `words`
/// the certainty of the transcriber, if it has one.
pub(super) fn is_made_up(voice: f32, words: Option<f32>) -> bool {
    voice < CLEAR_VOICE && words.is_some_and(|words| words < CERTAIN_WORDS)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_doubtful_voice_with_doubtful_words_said_nothing() {
        assert!(is_made_up(0.91, Some(0.35)));
        assert!(!is_made_up(0.99, Some(0.35)), "a clear voice that mumbles");
        assert!(!is_made_up(0.58, Some(0.996)), "a faint voice that says \"Why?\"");
        assert!(!is_made_up(0.58, None), "the transcriber can't tell");
    }
}
