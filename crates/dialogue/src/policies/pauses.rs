//! How long this user pauses within a turn.

use std::collections::VecDeque;
use std::time::Duration;

/// So many pauses are remembered.
const REMEMBERED: usize = 24;
/// Fewer pauses than this tell nothing.
const FEWEST: usize = 3;
/// A pause shorter than this is part of a word.
const SHORTEST: Duration = Duration::from_millis(150);

/// The pauses that the user made and then went on. Only the caller knows whether the agent spoke meanwhile: such a silence
/// must never be told to this record.
#[derive(Debug, Default)]
pub(crate) struct Pauses(VecDeque<Duration>);

impl Pauses {
    pub(crate) fn observe(&mut self, pause: Duration) {
        if pause < SHORTEST {
            return;
        }
        if self.0.len() == REMEMBERED {
            self.0.pop_front();
        }
        self.0.push_back(pause);
    }

    /// A pause that most of this user's pauses are shorter than (the 80th percentile), once enough of them are known.
    pub(crate) fn long(&self) -> Option<Duration> {
        if self.0.len() < FEWEST {
            return None;
        }
        let mut sorted: Vec<Duration> = self.0.iter().copied().collect();
        sorted.sort_unstable();
        sorted.get((sorted.len() * 4 / 5).min(sorted.len() - 1)).copied()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn learns_from_a_few_pauses_and_forgets_old_ones() {
        let ms = Duration::from_millis;
        let mut pauses = Pauses::default();
        pauses.observe(ms(20));
        pauses.observe(ms(400));
        pauses.observe(ms(500));
        assert_eq!(pauses.long(), None);
        pauses.observe(ms(900));
        assert_eq!(pauses.long(), Some(ms(900)));
        for _ in 0..REMEMBERED {
            pauses.observe(ms(300));
        }
        assert_eq!(pauses.long(), Some(ms(300)));
    }
}
