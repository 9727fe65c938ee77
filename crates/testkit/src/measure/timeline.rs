//! Laying received sound on the one clock of a call.
//!
//! A receiver that was held up for a moment stamps its frames late, in a burst; the sound itself came steadily, one frame
//! after the other. So each frame is placed by its number, shifted by the smallest delay seen around it: the
//! least-delayed arrivals tell the truth, late ones say nothing.

/// How many frames before and after one tell its delay (2 s of 10 ms frames each way).
const NEIGHBOURS: usize = 200;
/// A step in the delay smaller than this many samples (20 ms at 48 kHz) is jitter, not a gap.
const SMALLEST_GAP: i64 = 960;

/// A received frame: when it was complete at the receiver, in samples of the call's clock, and its length.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Arrival {
    /// Arrival time, in samples since the call's clock began.
    pub at: u64,
    /// Samples in the frame.
    pub len: usize,
}

/// Where each frame starts, in samples since the call's clock began: in order, never overlapping.
#[must_use]
pub fn place_frames(arrivals: &[Arrival]) -> Vec<u64> {
    let mut ends: Vec<i64> = Vec::with_capacity(arrivals.len());
    let mut total = 0_i64;
    for arrival in arrivals {
        total += arrival.len as i64;
        ends.push(total);
    }
    let delays: Vec<i64> = arrivals.iter().zip(&ends).map(|(arrival, end)| arrival.at as i64 - end).collect();
    let least = sliding_minimum(&delays, NEIGHBOURS);
    let mut next: Option<i64> = None;
    let mut starts = Vec::with_capacity(arrivals.len());
    for ((arrival, end), delay) in arrivals.iter().zip(&ends).zip(&least) {
        let len = arrival.len as i64;
        let wanted = (end - len + delay).max(0);
        let start = next.filter(|next| wanted - next < SMALLEST_GAP).unwrap_or(wanted);
        starts.push(start as u64);
        next = Some(start + len);
    }
    starts
}

/// Writes frames into one buffer at their places, silence between them.
pub fn render<'a>(frames: impl Iterator<Item = (u64, &'a [i16])>, len: usize) -> Vec<i16> {
    let mut track = vec![0; len];
    for (start, frame) in frames {
        let start = usize::try_from(start).unwrap_or(usize::MAX).min(len);
        let end = (start + frame.len()).min(len);
        track[start..end].copy_from_slice(&frame[..end - start]);
    }
    track
}

fn sliding_minimum(values: &[i64], reach: usize) -> Vec<i64> {
    // A queue of candidates, smallest first: each value enters and leaves once.
    let mut queue = std::collections::VecDeque::<usize>::new();
    let mut result = Vec::with_capacity(values.len());
    let mut taken = 0;
    for index in 0..values.len() {
        while taken < values.len() && taken <= index + reach {
            while queue.back().is_some_and(|last| values[*last] >= values[taken]) {
                queue.pop_back();
            }
            queue.push_back(taken);
            taken += 1;
        }
        while queue.front().is_some_and(|first| first + reach < index) {
            queue.pop_front();
        }
        result.push(queue.front().map_or(0, |first| values[*first]));
    }
    result
}

#[cfg(test)]
mod tests {
    use super::*;

    fn steady(count: u64, offset: u64) -> Vec<Arrival> {
        (0..count).map(|n| Arrival { at: offset + (n + 1) * 480, len: 480 }).collect()
    }

    #[test]
    fn steady_frames_lie_end_to_end() {
        let starts = place_frames(&steady(50, 9_000));
        assert_eq!(starts[0], 9_000);
        assert!(starts.windows(2).all(|pair| pair[1] - pair[0] == 480));
    }

    #[test]
    fn a_held_up_reader_does_not_shift_the_sound() {
        let mut arrivals = steady(300, 4_800);
        let burst = arrivals[119].at;
        for arrival in &mut arrivals[100..120] {
            arrival.at = burst;
        }
        let starts = place_frames(&arrivals);
        assert_eq!(starts, place_frames(&steady(300, 4_800)));
    }

    #[test]
    fn missing_sound_leaves_a_gap() {
        let mut arrivals = steady(1000, 0);
        for arrival in &mut arrivals[500..] {
            arrival.at += 48_000;
        }
        let starts = place_frames(&arrivals);
        assert_eq!(starts[0], 0);
        assert_eq!(starts[999], 999 * 480 + 48_000);
        assert!(starts.windows(2).all(|pair| pair[1] >= pair[0] + 480));
    }

    #[test]
    fn renders_with_silence_between() {
        let track = render([(2, &[5_i16, 6][..]), (6, &[7, 8, 9][..])].into_iter(), 8);
        assert_eq!(track, [0, 0, 5, 6, 0, 0, 7, 8]);
        assert_eq!(place_frames(&[]), Vec::<u64>::new());
    }
}
