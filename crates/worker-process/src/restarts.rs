//! How often a room gets another worker after one died, and how soon. Time is an input.

use std::collections::VecDeque;
use std::time::Duration;

/// How many workers in [`WINDOW`] may follow those that died in one room.
pub const MOST: usize = 5;
/// Over which time they are counted.
pub const WINDOW: Duration = Duration::from_secs(600);
/// The pause before the second one; the first follows at once, each further one after twice the time.
const PAUSE: Duration = Duration::from_millis(500);
/// The longest pause.
const LONGEST_PAUSE: Duration = Duration::from_secs(4);

/// The workers of one room that died.
#[derive(Debug, Clone, Default)]
pub struct Restarts {
    deaths: VecDeque<Duration>,
}

impl Restarts {
    /// A worker died at `now`, a time since any fixed moment. Returns how long to wait before the next one starts; `None`
    /// when there have been too many.
    pub fn died(&mut self, now: Duration) -> Option<Duration> {
        while self.deaths.front().is_some_and(|at| now.saturating_sub(*at) >= WINDOW) {
            self.deaths.pop_front();
        }
        if self.deaths.len() >= MOST {
            return None;
        }
        self.deaths.push_back(now);
        let earlier = u32::try_from(self.deaths.len() - 1).unwrap_or(u32::MAX);
        let doubled = earlier.checked_sub(1).map(|steps| 2u32.saturating_pow(steps));
        Some(doubled.map_or(Duration::ZERO, |times| PAUSE.saturating_mul(times).min(LONGEST_PAUSE)))
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

    #[test]
    fn the_first_follows_at_once_the_next_ones_later_and_then_none() {
        let mut restarts = Restarts::default();
        let pauses: Vec<_> = (0..=MOST).map(|n| restarts.died(SECOND * u32::try_from(n).unwrap_or(0))).collect();
        let milliseconds = |ms| Some(Duration::from_millis(ms));
        let expected = [0, 500, 1000, 2000, 4000].map(milliseconds);
        assert_eq!(pauses[..MOST], expected);
        assert_eq!(pauses[MOST], None);
    }

    #[test]
    fn what_is_long_ago_is_forgotten() {
        let mut restarts = Restarts::default();
        for _ in 0..MOST {
            assert!(restarts.died(SECOND).is_some());
        }
        assert_eq!(restarts.died(WINDOW), None);
        assert_eq!(restarts.died(WINDOW + SECOND), Some(Duration::ZERO));
        assert_eq!(restarts.count(), 1);
    }
}
