//! Words as sounds that can be read exactly: each word is a tone of its own loudness.
//!
//! A word of the vocabulary lasts [`WORD`]; its samples alternate between `LEVEL + STEP * n` and the same below zero, where `n`
//! is the word's number. A softer gap follows, which is still a voice. Silence is zero.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// How long a word sounds, with its gap.
pub const WORD: Duration = Duration::from_millis(250);

/// How long a word must be heard to be understood, in samples of 10 ms.
const UNDERSTOOD: usize = 12;
/// The gap behind a word.
const GAP: Duration = Duration::from_millis(30);
/// The level of a gap: louder than silence, softer than any word.
const GAP_LEVEL: i16 = 3_000;
/// The level of the first word.
const LEVEL: i16 = 6_000;
/// How much louder each next word is.
const STEP: i16 = 40;

/// The words that can be said. Clones share them.
#[derive(Debug, Clone, Default)]
pub(super) struct Vocabulary(Arc<Mutex<Vec<String>>>);

impl Vocabulary {
    /// The sound of these words at a sample rate, word by word. At most some 600 different words can be told apart.
    pub(super) fn sound(&self, text: &str, rate: u32) -> Vec<Vec<i16>> {
        text.split_whitespace().map(|word| tone(self.level(word), rate)).collect()
    }

    /// The words in 16 kHz sound, as far as each was heard for long enough.
    pub(super) fn read(&self, samples: &[f32], rate: u32) -> Vec<String> {
        let frame = rate as usize / 100;
        let known = self.lock();
        let mut words = Vec::new();
        let mut run = (None, 0);
        for frame in samples.chunks(frame) {
            let level = frame.iter().fold(0.0_f32, |level, sample| level.max(sample.abs()));
            let word = number(level).filter(|word| *word < known.len());
            if word != run.0 {
                run = (word, 0);
            }
            run.1 += 1;
            if run.1 == UNDERSTOOD
                && let Some(word) = word
            {
                words.push(known[word].clone());
            }
        }
        words
    }

    fn level(&self, word: &str) -> i16 {
        let mut known = self.lock();
        let number = known.iter().position(|known| known == word).unwrap_or_else(|| {
            known.push(word.to_owned());
            known.len() - 1
        });
        LEVEL.saturating_add(STEP.saturating_mul(i16::try_from(number).unwrap_or(i16::MAX)))
    }

    fn lock(&self) -> MutexGuard<'_, Vec<String>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// How long a text sounds.
#[must_use]
pub fn spoken(text: &str) -> Duration {
    WORD * u32::try_from(text.split_whitespace().count()).unwrap_or(u32::MAX)
}

fn tone(level: i16, rate: u32) -> Vec<i16> {
    let samples = |time: Duration| time.as_millis() as usize * rate as usize / 1000;
    let (word, gap) = (samples(WORD - GAP), samples(GAP));
    let sample = |level: i16| move |at: usize| if at.is_multiple_of(2) { level } else { -level };
    (0..word).map(sample(level)).chain((0..gap).map(sample(GAP_LEVEL))).collect()
}

/// The number of the word that has this level, of full scale.
#[expect(clippy::cast_possible_truncation, reason = "a level is at most full scale")]
fn number(level: f32) -> Option<usize> {
    let level = (level * 32_768.0).round() as i32 - i32::from(LEVEL);
    usize::try_from(level + i32::from(STEP) / 2).ok().map(|above| above / STEP.unsigned_abs() as usize)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_read_back_as_they_were_said_and_a_cut_word_is_not() {
        let vocabulary = Vocabulary::default();
        let text = "the cat saw the other cat cat";
        let sound: Vec<f32> =
            vocabulary.sound(text, 16_000).concat().into_iter().map(|sample| f32::from(sample) / 32_768.0).collect();
        assert_eq!(vocabulary.read(&sound, 16_000).join(" "), text);
        let word = sound.len() / 7;
        assert_eq!(vocabulary.read(&sound[..2 * word + word / 4], 16_000), ["the", "cat"]);
        assert!(vocabulary.read(&[0.0; 1_600], 16_000).is_empty());
    }
}
