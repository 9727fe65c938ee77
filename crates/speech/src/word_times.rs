//! From the times of phonemes to the times of written words.
//!
//! espeak-ng separates words by spaces, but runs some together (`of the` is `ʌvðə`) and makes several out of a number.
//! So words and groups of phonemes are matched in order, by length: the cheapest way to give each word one or more
//! groups, or several words one group, whose time they then share by letters.

use std::ops::Range;

use crate::phrases::Phrase;
use crate::{PhonemeSpan, WordSpan};

/// One letter of the phonemes, and when it sounds. The letters of a chunk follow each other without a gap.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct TimedLetter {
    /// A phoneme letter, a space, or a punctuation mark.
    pub letter: char,
    /// The phrase that it belongs to, by its place in the batch.
    pub phrase: usize,
    /// First sample.
    pub start: u64,
    /// One past the last sample.
    pub end: u64,
}

/// The letters with the silence in front of the first one and behind the last one as letters too, so that all of `total` samples
/// are covered.
#[must_use]
pub fn with_pauses(letters: &[TimedLetter], total: u64) -> Vec<TimedLetter> {
    let pause = |start, end| TimedLetter { letter: ' ', phrase: usize::MAX, start, end };
    let front = pause(0, letters.first().map_or(0, |first| first.start));
    let back = pause(letters.last().map_or(0, |last| last.end), total);
    std::iter::once(front).chain(letters.iter().copied()).chain([back]).collect()
}

/// Phonemes as they sound: a stress mark's time goes to the phoneme behind it (the mark too, for primary stress), the time of a
/// length mark or diacritic to the one before. Letters without time are left out.
#[must_use]
pub fn phoneme_spans(letters: &[TimedLetter]) -> Vec<PhonemeSpan> {
    let mut spans: Vec<PhonemeSpan> = Vec::new();
    let mut begun: Option<(u64, String)> = None;
    for timed in letters {
        match timed.letter {
            'ˈ' | 'ˌ' => {
                let (_, marks) = begun.get_or_insert((timed.start, String::new()));
                if timed.letter == 'ˈ' {
                    *marks = "ˈ".to_owned();
                }
            }
            'ː' | 'ˑ' | '˞' | 'ʲ' | 'ʰ' | '\u{300}'..='\u{36f}' if !spans.is_empty() => {
                if let Some(last) = spans.last_mut() {
                    last.ipa.push(timed.letter);
                    last.end = timed.end;
                }
            }
            letter => {
                let (start, mut ipa) = begun.take().unwrap_or((timed.start, String::new()));
                ipa.push(letter);
                spans.push(PhonemeSpan { ipa, start, end: timed.end });
            }
        }
    }
    spans.retain(|span| span.end > span.start);
    spans
}

/// When each of the `written` words sounds. `range` says which of them this chunk covers, `total` is its length in
/// samples. Spans are in order, never overlap and are never empty; joined by spaces their words are the text.
#[must_use]
pub fn word_spans(
    written: &[String],
    range: Range<usize>,
    phrases: &[Phrase],
    letters: &[TimedLetter],
    total: u64,
) -> Vec<WordSpan> {
    let mut times: Vec<Option<(u64, u64)>> = vec![None; range.len()];
    for (index, phrase) in phrases.iter().enumerate() {
        let groups = groups(letters.iter().filter(|timed| timed.phrase == index));
        let words: Vec<&str> = phrase.words.iter().map(|word| word.text.as_str()).collect();
        for (word, (start, end)) in phrase.words.iter().zip(match_words(&words, &groups)) {
            let Some(slot) = word.written.checked_sub(range.start).and_then(|place| times.get_mut(place)) else {
                continue;
            };
            *slot = Some(slot.map_or((start, end), |(first, last)| (first.min(start), last.max(end))));
        }
    }
    let texts = written.get(range).unwrap_or_default();
    let settled = settle(times, total);
    texts.iter().zip(settled).map(|(text, (start, end))| WordSpan { text: text.clone(), start, end }).collect()
}

/// Phonemes between two spaces.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Group {
    start: u64,
    end: u64,
    letters: usize,
}

fn groups<'a>(letters: impl Iterator<Item = &'a TimedLetter>) -> Vec<Group> {
    let mut groups = Vec::new();
    let mut open: Option<Group> = None;
    for timed in letters {
        if timed.letter.is_alphabetic() || matches!(timed.letter, '\u{300}'..='\u{36f}') {
            // Stress and length marks are alphabetic to Unicode.
            let sounds = usize::from(timed.letter.is_alphabetic() && !matches!(timed.letter, 'ˈ' | 'ˌ' | 'ː'));
            let group = open.get_or_insert(Group { start: timed.start, end: timed.end, letters: 0 });
            group.end = timed.end;
            group.letters += sounds;
        } else {
            groups.extend(open.take());
        }
    }
    groups.extend(open);
    groups
}

/// Most groups that one word may take: a long number.
const MOST_GROUPS: usize = 16;
/// Most words that espeak-ng runs together.
const MOST_WORDS: usize = 4;

/// The time of each word.
fn match_words(words: &[&str], groups: &[Group]) -> Vec<(u64, u64)> {
    let (Some(first), Some(last)) = (groups.first(), groups.last()) else { return Vec::new() };
    let sizes: Vec<f64> = words.iter().map(|word| expected_phonemes(word)).collect();
    let Some(steps) = cheapest(&sizes, groups) else { return share(&sizes, first.start, last.end) };
    let mut times = Vec::with_capacity(words.len());
    let (mut word, mut group) = (0, 0);
    for (some_words, some_groups) in steps {
        let (start, end) = (groups[group].start, groups[group + some_groups - 1].end);
        times.extend(share(&sizes[word..word + some_words], start, end));
        word += some_words;
        group += some_groups;
    }
    times
}

/// The cheapest matching from left to right, as counts of words and groups that belong together.
fn cheapest(sizes: &[f64], groups: &[Group]) -> Option<Vec<(usize, usize)>> {
    let (rows, columns) = (sizes.len() + 1, groups.len() + 1);
    let mut best = vec![(f64::INFINITY, (0, 0)); rows * columns];
    best[0].0 = 0.0;
    let one_to_many = (1..=MOST_GROUPS).map(|count| (1, count));
    let steps: Vec<(usize, usize)> = one_to_many.chain((2..=MOST_WORDS).map(|count| (count, 1))).collect();
    for row in 0..rows {
        for column in 0..columns {
            let so_far = best[row * columns + column].0;
            for &(words, taken) in steps.iter().filter(|_| so_far.is_finite()) {
                let (Some(size), Some(sound)) = (sizes.get(row..row + words), groups.get(column..column + taken))
                else {
                    continue;
                };
                let heard: usize = sound.iter().map(|group| group.letters).sum();
                let odd = (words.max(taken) - 1) as f64;
                let cost = so_far + (size.iter().sum::<f64>() - heard as f64).abs() + odd;
                let target = &mut best[(row + words) * columns + column + taken];
                if cost < target.0 {
                    *target = (cost, (words, taken));
                }
            }
        }
    }
    let (mut row, mut column) = (rows - 1, columns - 1);
    let mut path = Vec::new();
    while (row, column) != (0, 0) {
        let (cost, (words, taken)) = best[row * columns + column];
        if !cost.is_finite() {
            return None;
        }
        path.push((words, taken));
        (row, column) = (row - words, column - taken);
    }
    path.reverse();
    Some(path)
}

/// How many phoneme letters a word has, roughly: a digit is said as a word.
fn expected_phonemes(word: &str) -> f64 {
    let letters = word.chars().filter(|c| c.is_alphanumeric());
    let weigh = |c: char| if c.is_numeric() { 4.0 } else { 0.95 };
    letters.map(weigh).sum::<f64>().max(1.0)
}

/// Shares a stretch of time out in proportion to `sizes`.
fn share(sizes: &[f64], start: u64, end: u64) -> Vec<(u64, u64)> {
    let whole: f64 = sizes.iter().sum();
    let length = end.saturating_sub(start) as f64;
    let mut before = 0.0;
    let part = |size: &f64| {
        let from = start + (length * before / whole) as u64;
        before += size;
        (from, start + (length * before / whole) as u64)
    };
    sizes.iter().map(part).collect()
}

/// Gives every word a time of its own, also one that is not said (an emoji gets the end of the word before it).
fn settle(times: Vec<Option<(u64, u64)>>, total: u64) -> Vec<(u64, u64)> {
    let mut free = 0;
    let mut spans: Vec<(u64, u64)> = Vec::with_capacity(times.len());
    for time in times {
        let (start, end) = time.unwrap_or((free, free));
        let start = start.max(free);
        free = end.max(start + 1);
        spans.push((start, free));
    }
    let mut limit = total;
    for (start, end) in spans.iter_mut().rev() {
        *end = (*end).min(limit);
        *start = (*start).min(end.saturating_sub(1));
        limit = *start;
    }
    spans
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used)]
    use super::*;
    use proptest::prelude::*;

    /// Ten samples for each letter.
    fn timed(phonemes: &str, phrase: usize, from: u64) -> Vec<TimedLetter> {
        let letter = |(index, letter)| {
            let start = from + 10 * index as u64;
            TimedLetter { letter, phrase, start, end: start + 10 }
        };
        phonemes.chars().enumerate().map(letter).collect()
    }

    fn words_of(words: &str, phonemes: &str) -> Vec<(u64, u64)> {
        let words: Vec<&str> = words.split(' ').collect();
        match_words(&words, &groups(timed(phonemes, 0, 0).iter()))
    }

    #[test]
    fn equal_counts_match_one_to_one() {
        assert_eq!(words_of("how are you", "hˈaʊ ɑːɹ juː"), [(0, 40), (50, 80), (90, 120)]);
    }

    #[test]
    fn words_run_together_share_their_group() {
        let times = words_of("the cat of the house", "ðə kˈæt ʌvðə hˈaʊs");
        assert_eq!(times[1], (30, 70));
        assert_eq!(times[2].0, 80);
        assert_eq!(times[2].1, times[3].0);
        assert_eq!(times[3].1, 120);
        assert_eq!(times[4], (130, 180));
    }

    #[test]
    fn a_number_takes_several_groups() {
        let times = words_of("in 1984 here", "ɪn nˈaɪntiːn ˈeɪɾi fˈoːɹ hˈɪɹ");
        assert_eq!(times, [(0, 20), (30, 240), (250, 290)]);
    }

    #[test]
    fn phonemes_take_stress_and_length_in_and_tile_the_time() {
        let spans = phoneme_spans(&timed("wˈɜːld.", 0, 0));
        let ipa: Vec<&str> = spans.iter().map(|span| span.ipa.as_str()).collect();
        assert_eq!(ipa, ["w", "ˈɜː", "l", "d", "."]);
        assert_eq!((spans[1].start, spans[1].end), (10, 40));
        assert!(spans.windows(2).all(|pair| pair[0].end == pair[1].start));
    }

    proptest! {
        #[test]
        fn spans_are_in_order_in_range_and_never_empty(
            times in proptest::collection::vec(proptest::option::of((0u64..500, 0u64..500)), 0..20),
            total in 20u64..400,
        ) {
            let spans = settle(times.clone(), total);
            prop_assert_eq!(spans.len(), times.len());
            let mut last = 0;
            for (start, end) in spans {
                prop_assert!(start >= last && end > start && end <= total);
                last = end;
            }
        }

        #[test]
        fn every_word_gets_a_time_whatever_the_phonemes(
            words in proptest::collection::vec("[a-z0-9]{1,8}", 1..12),
            sounds in proptest::collection::vec("[a-zəɪ]{1,9}", 1..30),
        ) {
            let words: Vec<&str> = words.iter().map(String::as_str).collect();
            let phonemes = sounds.join(" ");
            let times = match_words(&words, &groups(timed(&phonemes, 0, 0).iter()));
            prop_assert_eq!(times.len(), words.len());
            prop_assert!(times.is_sorted_by_key(|time| time.0));
            prop_assert!(times.iter().all(|time| time.0 <= time.1 && time.1 <= 10 * phonemes.chars().count() as u64));
        }
    }
}
