//! How often a room gets another worker after one died, and how soon. Time is an input.

use std::collections::VecDeque;
use std::time::Duration;

/// How many workers in [`WINDOW`] may follow those that died early in one room.
const MOST_EARLY: usize = 5;
/// How many may follow in all: hosts may be lost again and again without any fault of the call, but not for ever.
const MOST: usize = 20;
/// Over which time they are counted.
const WINDOW: Duration = Duration::from_secs(600);
/// A worker that lived for so long had joined, greeted and listened: what ended it is nothing that the next one meets as it
/// starts, and the people in the room need not wait.
const WELL: Duration = Duration::from_secs(10);
/// The pause after the second one that died early; the first is followed at once, each further one after twice the time.
const PAUSE: Duration = Duration::from_millis(500);
/// The longest pause.
const LONGEST_PAUSE: Duration = Duration::from_secs(4);

/// The workers of one room that died.
#[derive(Debug, Clone, Default)]
pub struct Restarts {
    deaths: VecDeque<Death>,
}

#[derive(Debug, Clone, Copy)]
struct Death {
    at: Duration,
    early: bool,
}

impl Restarts {
    /// A worker that had lived for so long died at `now`, a time since any fixed moment. Returns how long to wait before the
    /// next one starts; `None` when there have been too many.
    pub fn died(&mut self, now: Duration, lived: Duration) -> Option<Duration> {
        while self.deaths.front().is_some_and(|death| now.saturating_sub(death.at) >= WINDOW) {
            self.deaths.pop_front();
        }
        let early = lived < WELL;
        if self.deaths.len() >= MOST || early && self.early() >= MOST_EARLY {
            return None;
        }
        self.deaths.push_back(Death { at: now, early });
        if !early {
            return Some(Duration::ZERO);
        }
        // The first that died early is followed at once; from the second on the pauses double.
        let doubled =
            self.early().checked_sub(2).map(|steps| 2u32.saturating_pow(u32::try_from(steps).unwrap_or(u32::MAX)));
        Some(doubled.map_or(Duration::ZERO, |times| PAUSE.saturating_mul(times).min(LONGEST_PAUSE)))
    }

    fn early(&self) -> usize {
        self.deaths.iter().filter(|death| death.early).count()
    }

    /// How many died of late.
    #[must_use]
    pub fn count(&self) -> usize {
        self.deaths.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    fn milliseconds(count: u64) -> Option<Duration> {
        Some(Duration::from_millis(count))
    }

    #[test]
    fn the_first_that_dies_early_is_followed_at_once_the_next_ones_later_and_then_none() {
        let mut restarts = Restarts::default();
        let pauses: Vec<_> =
            (0..=MOST_EARLY).map(|n| restarts.died(SECOND * u32::try_from(n).unwrap_or(0), SECOND)).collect();
        let expected = [0, 500, 1000, 2000, 4000].map(milliseconds);
        assert_eq!(pauses[..MOST_EARLY], expected);
        assert_eq!(pauses[MOST_EARLY], None);
    }

    #[test]
    fn one_that_was_well_is_followed_at_once_however_many_died_before() {
        let mut restarts = Restarts::default();
        let mut dies_at = |second, lived| restarts.died(SECOND * second, lived);
        assert_eq!(dies_at(0, SECOND), milliseconds(0));
        assert_eq!(dies_at(1, SECOND), milliseconds(500));
        assert_eq!(dies_at(11, WELL), milliseconds(0));
        assert_eq!(dies_at(12, SECOND), milliseconds(1000));
        assert_eq!(dies_at(13, SECOND), milliseconds(2000));
        assert_eq!(dies_at(14, SECOND), milliseconds(4000));
        assert_eq!(dies_at(24, WELL), milliseconds(0));
        assert_eq!(dies_at(25, SECOND), None);
    }

    #[test]
    fn a_call_that_loses_its_host_again_and_again_goes_on_but_not_for_ever() {
        let mut restarts = Restarts::default();
        let mut dies_at = |second| restarts.died(SECOND * second, WELL);
        for death in 0..20 {
            assert_eq!(dies_at(15 * death), Some(Duration::ZERO));
        }
        assert_eq!(dies_at(15 * 20), None);
    }

    #[test]
    fn what_is_long_ago_is_forgotten() {
        let mut restarts = Restarts::default();
        for _ in 0..MOST_EARLY {
            assert!(restarts.died(SECOND, SECOND).is_some());
        }
        assert_eq!(restarts.died(WINDOW, SECOND), None);
        assert_eq!(restarts.died(WINDOW + SECOND, SECOND), Some(Duration::ZERO));
        assert_eq!(restarts.count(), 1);
    }
}
