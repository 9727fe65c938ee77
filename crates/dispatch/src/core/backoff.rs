//! How long to wait before the next attempt to connect.

use std::time::Duration;

/// A connection that has held this long was a good one: the next pause is the shortest again.
pub(super) const PROVEN: Duration = Duration::from_secs(5);

/// Pauses that double, each shortened by up to a half, so that workers that lost one server do not come back as one.
#[derive(Debug, Clone)]
pub(super) struct Backoff {
    least: Duration,
    most: Duration,
    attempts: u32,
    random: u64,
}

impl Backoff {
    pub(super) fn new(least: Duration, most: Duration, seed: u64) -> Self {
        Self { least, most: most.max(least), attempts: 0, random: seed }
    }

    /// The pause before the next attempt.
    pub(super) fn next_pause(&mut self) -> Duration {
        let full = self.least.saturating_mul(1 << self.attempts.min(16)).min(self.most);
        self.attempts = self.attempts.saturating_add(1);
        full.mul_f64(0.5 + self.next_share() / 2.0)
    }

    /// The connection was good.
    pub(super) fn reset(&mut self) {
        self.attempts = 0;
    }

    /// A share from 0 to 1, from the generator SplitMix64.
    fn next_share(&mut self) -> f64 {
        self.random = self.random.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.random;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^= mixed >> 31;
        (mixed >> 11) as f64 / (1_u64 << 53) as f64
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn backoff(seed: u64) -> Backoff {
        Backoff::new(Duration::from_millis(250), Duration::from_secs(10), seed)
    }

    #[test]
    fn pauses_double_up_to_the_longest_and_start_anew_after_a_good_connection() {
        let mut backoff = backoff(7);
        for full in [250, 500, 1000, 2000, 4000, 8000, 10_000, 10_000] {
            let pause = backoff.next_pause().as_millis();
            assert!(pause >= full / 2 && pause <= full, "{pause} of {full}");
        }
        backoff.reset();
        assert!(backoff.next_pause() <= Duration::from_millis(250));
    }

    #[test]
    fn many_failures_do_not_overflow_and_two_workers_do_not_wait_equally_long() {
        let (mut one, mut other) = (backoff(1), backoff(2));
        assert_ne!(one.next_pause(), other.next_pause());
        for _ in 0..100_000 {
            assert!(one.next_pause() <= Duration::from_secs(10));
        }
    }
}
