//! Putting sounds together: parts with exact pauses, and a cough. Pure.

use std::time::Duration;

use crate::measure::speech_bounds;
use crate::odd_sounds::samples_in;
use crate::random::Noise;
use crate::wav::ROOM_SAMPLE_RATE;

/// What is kept of a part's faint beginning and end inside a pause, faded: 30 ms.
const FADE: usize = ROOM_SAMPLE_RATE as usize * 3 / 100;
/// A cough's loudest sample, in 16-bit units: about as loud as a voice.
const COUGH_PEAK: f64 = 14_000.0;

/// Puts parts (48 kHz mono) one after the other. From the last voiced sample of a part to the first one of the next there
/// are exactly `pauses[n]` samples of silence, apart from the faint 30 ms around the voice that keep the cut from clicking.
/// `None` when a part before or after a pause holds no voice.
pub(super) fn join_with_pauses(parts: &[Vec<i16>], pauses: &[usize]) -> Option<Vec<i16>> {
    let (first, rest) = parts.split_first()?;
    let mut joined = first.clone();
    for (part, pause) in rest.iter().zip(pauses) {
        let end = speech_bounds(&joined, ROOM_SAMPLE_RATE)?.end;
        let begin = speech_bounds(part, ROOM_SAMPLE_RATE)?.start;
        let keep = FADE.min(pause / 2);
        let tail: Vec<i16> = faded(joined[end..].iter().take(keep).copied(), keep);
        let mut head: Vec<i16> = faded(part[..begin].iter().rev().take(keep).copied(), keep);
        head.reverse();
        joined.truncate(end);
        joined.extend_from_slice(&tail);
        joined.resize(end + pause - head.len(), 0);
        joined.extend_from_slice(&head);
        joined.extend_from_slice(&part[begin..]);
    }
    Some(joined)
}

fn faded(samples: impl Iterator<Item = i16>, over: usize) -> Vec<i16> {
    let level = |index: usize| 1.0 - index as f64 / over.max(1) as f64;
    samples.enumerate().map(|(index, sample)| (f64::from(sample) * level(index)) as i16).collect()
}

/// A noise like a cough: two bursts of low-passed noise with a steep start and a slow end.
pub(crate) fn cough(seed: u32) -> Vec<i16> {
    let mut noise = Noise::new(seed);
    let first = samples_in(Duration::from_millis(90 + u64::from(noise.below(40))));
    let between = samples_in(Duration::from_millis(30 + u64::from(noise.below(30))));
    let second = samples_in(Duration::from_millis(130 + u64::from(noise.below(30))));
    let mut cough = burst(first, 1.0, &mut noise);
    cough.resize(first + between, 0.0);
    cough.extend(burst(second, 0.7, &mut noise));
    let loudest = cough.iter().fold(1e-9_f64, |loudest, sample| loudest.max(sample.abs()));
    cough.iter().map(|sample| (sample / loudest * COUGH_PEAK) as i16).collect()
}

fn burst(length: usize, level: f64, noise: &mut Noise) -> Vec<f64> {
    let attack = samples_in(Duration::from_millis(5));
    let mut low = 0.0;
    let shape = |index: usize| {
        let rise = (index as f64 / attack as f64).min(1.0);
        rise * (1.0 - index as f64 / length as f64).powf(1.5)
    };
    let mut samples = Vec::with_capacity(length);
    for index in 0..length {
        // One pole at about 2.5 kHz: a throat, not a hiss.
        low += 0.28 * (noise.next() - low);
        samples.push(low * shape(index) * level);
    }
    samples
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used)]
    use super::*;
    use crate::measure::voiced_spans;

    fn tone(before: usize, length: usize, after: usize) -> Vec<i16> {
        let voice = (0..length).map(|n| (8000.0 * (n as f64 * 0.05).cos()) as i16);
        let faint = |count: usize| (0..count).map(|n| if n % 2 == 0 { 40 } else { -40 });
        faint(before).chain(voice).chain(faint(after)).collect()
    }

    #[test]
    fn pauses_are_exact_between_the_voices() {
        let parts = [tone(4800, 24_000, 9600), tone(7200, 14_400, 2400), tone(0, 9600, 0)];
        let joined = join_with_pauses(&parts, &[28_800, 19_200]).unwrap();
        let spans = voiced_spans(&joined, ROOM_SAMPLE_RATE, 0);
        assert_eq!(spans.len(), 3, "{spans:?}");
        // A voiced stretch is known to a few samples: its edge is where half the threshold is reached.
        assert!((spans[1].start - spans[0].end).abs_diff(28_800) < 10, "{spans:?}");
        assert!((spans[2].start - spans[1].end).abs_diff(19_200) < 10, "{spans:?}");
        let middle = &joined[spans[0].end + FADE + 480..spans[1].start - FADE - 480];
        assert!(middle.iter().all(|sample| *sample == 0), "digital silence");
    }

    #[test]
    fn a_silent_part_cannot_be_joined() {
        assert_eq!(join_with_pauses(&[tone(0, 4800, 0), vec![0; 4800]], &[4800]), None);
        assert_eq!(join_with_pauses(&[tone(0, 4800, 0)], &[]).map(|joined| joined.len()), Some(4800));
    }

    #[test]
    fn a_cough_is_short_loud_and_the_same_every_time() {
        assert_eq!(cough(7), cough(7));
        assert_ne!(cough(7), cough(8));
        for seed in 0..20 {
            let cough = cough(seed);
            let ms = cough.len() * 1000 / ROOM_SAMPLE_RATE as usize;
            assert!((245..=350).contains(&ms), "{ms} ms");
            assert!(cough.iter().any(|sample| sample.unsigned_abs() > 13_000));
            assert!(speech_bounds(&cough, ROOM_SAMPLE_RATE).is_some());
        }
    }
}
