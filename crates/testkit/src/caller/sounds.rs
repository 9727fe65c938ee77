//! Putting sounds together: parts with exact pauses. Pure.

use crate::measure::speech_bounds;
use crate::wav::ROOM_SAMPLE_RATE;

/// What is kept of a part's faint beginning and end inside a pause, faded: 30 ms.
const FADE: usize = ROOM_SAMPLE_RATE as usize * 3 / 100;

/// Puts parts (48 kHz mono) one after the other. From the last voiced sample of a part to the first one of the next there
/// are exactly `pauses[n]` samples of silence, apart from the faint 30 ms around the voice that keep the cut from clicking.
/// `None` when a part before or after a pause holds no voice.
pub(crate) fn join_with_pauses(parts: &[Vec<i16>], pauses: &[usize]) -> Option<Vec<i16>> {
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
}
