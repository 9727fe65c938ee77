//! When the words of a clause sound, estimated: no service of this protocol tells it.
//!
//! Each word gets time in proportion to its phonemes (or letters), each mark a pause. How long one of them takes is learned from
//! clause to clause: the length of the sound is known when it has ended. Words are handed out in order, each once.

use speech::espeak::Espeak;
use speech::phrases::Utterance;
use speech::word_times::{TimedLetter, phoneme_spans};
use speech::{PhonemeSpan, WordSpan};

/// Samples a second of `response_format: "pcm"`: mono, signed 16 bits, little-endian, no header.
pub const OPENAI_SPEECH_RATE: u32 = 24_000;

/// Seconds a phoneme letter before anything is learned.
const PHONEME_SECONDS: f64 = 0.075;
/// Seconds a letter where phonemes are not known.
const LETTER_SECONDS: f64 = 0.066;
/// How far learning may lead away from those.
const LEARNED_RANGE: std::ops::RangeInclusive<f64> = 0.5..=2.0;
/// How much the newest clause counts.
const NEWEST: f64 = 0.5;
/// The pause behind a comma and behind the end of a sentence, in letters.
const PAUSES: (f64, f64) = (3.0, 6.0);

/// One written word.
#[derive(Debug, Clone)]
struct Word {
    text: String,
    /// IPA; empty when it is not known, or nothing is said.
    phonemes: Vec<char>,
    weight: f64,
    /// The weight of the pause behind it.
    pause: f64,
}

/// How fast a voice speaks, learned over its clauses.
#[derive(Debug, Clone, Copy)]
pub(super) struct Speed {
    factor: f64,
}

impl Default for Speed {
    fn default() -> Self {
        Self { factor: 1.0 }
    }
}

/// The words of one clause on their way through its sound. All times are samples at [`OPENAI_SPEECH_RATE`].
#[derive(Debug, Clone)]
pub(super) struct Pace {
    words: Vec<Word>,
    /// Samples a weight.
    unit: f64,
    /// The word that comes next.
    next: usize,
    /// Where the next word begins, by the estimate.
    cursor: f64,
    /// No word may begin before this sample.
    taken: u64,
    /// Letters that were timed and have not sounded yet.
    letters: Vec<TimedLetter>,
}

impl Pace {
    /// The words of an utterance. With `espeak`, mouth shapes can be told too.
    pub(super) fn new(utterance: &Utterance, espeak: Option<&mut Espeak>, speed: Speed) -> Self {
        let mut words: Vec<Word> = utterance
            .written
            .iter()
            .map(|text| Word { text: text.clone(), phonemes: Vec::new(), weight: 0.0, pause: 0.0 })
            .collect();
        let mut spoken = vec![String::new(); words.len()];
        for phrase in &utterance.phrases {
            for word in &phrase.words {
                let text = &mut spoken[word.written];
                text.push_str(if text.is_empty() { "" } else { " " });
                text.push_str(&word.text);
            }
            if let (Some(mark), Some(last)) = (phrase.mark, phrase.words.last()) {
                words[last.written].pause = if [',', ';', ':'].contains(&mark) { PAUSES.0 } else { PAUSES.1 };
            }
        }
        let mut known = false;
        if let Some(espeak) = espeak {
            known = true;
            for (word, spoken) in words.iter_mut().zip(&spoken).filter(|(_, spoken)| !spoken.is_empty()) {
                // A word that espeak-ng can't take (too long) only loses its mouth shapes.
                let phonemes = espeak.phonemes(spoken).unwrap_or_default();
                word.phonemes = phonemes.chars().filter(|c| *c != ' ').collect();
            }
        }
        for (word, spoken) in words.iter_mut().zip(&spoken) {
            let letters = if word.phonemes.is_empty() { spoken.chars().count() } else { word.phonemes.len() };
            word.weight = letters as f64 + if known { 0.0 } else { 1.0 };
        }
        let seconds = if known { PHONEME_SECONDS } else { LETTER_SECONDS };
        let unit = seconds * speed.factor * f64::from(OPENAI_SPEECH_RATE);
        Self { words, unit, next: 0, cursor: 0.0, taken: 0, letters: Vec::new() }
    }

    /// The sound begins with this many samples of silence. To be told before the first chunk is cut.
    pub(super) fn lead(&mut self, silence: u64) {
        self.cursor = silence as f64;
    }

    /// Words and phonemes of the next chunk: the samples `from..to` of the clause. The last chunk gets all that is left.
    pub(super) fn cut(&mut self, from: u64, to: u64, last: bool) -> (Vec<WordSpan>, Vec<PhonemeSpan>) {
        if last {
            self.squeeze(from, to);
        }
        let mut spans = Vec::new();
        while let Some(word) = self.words.get(self.next) {
            let end = self.cursor + word.weight * self.unit;
            let middle = f64::midpoint(self.cursor, end);
            if !last && middle >= to as f64 {
                break;
            }
            let begins = (self.cursor as u64).max(self.taken).max(from).min(to.saturating_sub(1));
            let ends = (end as u64).clamp(begins + 1, to.max(begins + 1));
            spans.push(WordSpan { text: word.text.clone(), start: begins - from, end: ends - from });
            self.time_letters(begins, (end as u64).max(ends));
            self.cursor = end + self.words[self.next].pause * self.unit;
            self.taken = ends;
            self.next += 1;
        }
        (spans, self.phonemes(from, to))
    }

    /// Fits what is left into `from..to`, when it would not fit.
    fn squeeze(&mut self, from: u64, to: u64) {
        let rest = &self.words[self.next.min(self.words.len())..];
        let pauses: f64 = rest.iter().rev().skip(1).map(|word| word.pause).sum();
        let weight = rest.iter().map(|word| word.weight).sum::<f64>() + pauses;
        let begin = self.cursor.max(from as f64).min(to as f64);
        let room = to as f64 - begin;
        if weight > 0.0 && weight * self.unit > room {
            self.unit = room / weight;
            self.cursor = begin;
        }
    }

    fn time_letters(&mut self, start: u64, end: u64) {
        let phonemes = &self.words[self.next].phonemes;
        let at = |index: usize| start + (end - start) * index as u64 / phonemes.len().max(1) as u64;
        let timed = phonemes.iter().enumerate().map(|(index, letter)| TimedLetter {
            letter: *letter,
            phrase: 0,
            start: at(index),
            end: at(index + 1),
        });
        self.letters.extend(timed);
    }

    /// The mouth in `from..to`: what was timed, and pauses between.
    fn phonemes(&mut self, from: u64, to: u64) -> Vec<PhonemeSpan> {
        let mut sounding: Vec<TimedLetter> = Vec::new();
        let mut reached = from;
        for letter in &self.letters {
            let (start, end) = (letter.start.clamp(from, to), letter.end.clamp(from, to));
            if end <= start {
                continue;
            }
            if start > reached {
                sounding.push(TimedLetter { letter: ' ', phrase: 0, start: reached, end: start });
            }
            let start = start.max(reached);
            if end > start {
                sounding.push(TimedLetter { start, end, ..*letter });
                reached = end;
            }
        }
        self.letters.retain(|letter| letter.end > to);
        if reached < to && !sounding.is_empty() {
            sounding.push(TimedLetter { letter: ' ', phrase: 0, start: reached, end: to });
        }
        for letter in &mut sounding {
            (letter.start, letter.end) = (letter.start - from, letter.end - from);
        }
        phoneme_spans(&sounding)
    }

    /// Learns from a clause whose voice sounded for `voiced` samples from its first to its last.
    pub(super) fn learn(words: &Self, speed: &mut Speed, voiced: u64) {
        let pauses: f64 = words.words.iter().rev().skip(1).map(|word| word.pause).sum();
        let weight = words.words.iter().map(|word| word.weight).sum::<f64>() + pauses;
        let known = words.words.iter().any(|word| !word.phonemes.is_empty());
        let seconds = if known { PHONEME_SECONDS } else { LETTER_SECONDS };
        let expected = weight * seconds * f64::from(OPENAI_SPEECH_RATE);
        if expected > 0.0 && voiced > 0 {
            let factor = (voiced as f64 / expected).clamp(*LEARNED_RANGE.start(), *LEARNED_RANGE.end());
            speed.factor += NEWEST * (factor - speed.factor);
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used)]
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn the_speed_is_learned() {
        let utterance = Utterance::read("This is a sentence of some length, and so on.");
        let mut speed = Speed::default();
        let length = |speed| {
            let mut pace = Pace::new(&utterance, None, speed);
            let words = pace.cut(0, 10 * u64::from(OPENAI_SPEECH_RATE), true).0;
            words.last().unwrap().end
        };
        let real = (length(speed) as f64 * 1.3) as u64;
        for _ in 0..8 {
            let pace = Pace::new(&utterance, None, speed);
            Pace::learn(&pace, &mut speed, real);
        }
        assert!(length(speed).abs_diff(real) < real / 50, "{} for {real}", length(speed));
    }

    proptest! {
        #[test]
        fn every_word_sounds_once_in_order_within_its_chunk(
            text in "[a-z]{1,9}( [a-z]{1,9}[,.]?| 🙂){0,20}",
            sizes in proptest::collection::vec(1u64..20_000, 1..12),
        ) {
            let utterance = Utterance::read(&text);
            let mut pace = Pace::new(&utterance, None, Speed::default());
            pace.lead(sizes[0] / 2);
            let (mut from, mut said) = (0, Vec::new());
            for (index, size) in sizes.iter().enumerate() {
                let (words, _) = pace.cut(from, from + size, index + 1 == sizes.len());
                for word in words {
                    prop_assert!(word.start < word.end && word.end <= *size, "{word:?} in {size}");
                    said.push(word.text);
                }
                from += size;
            }
            prop_assert_eq!(said, utterance.written);
        }
    }
}
