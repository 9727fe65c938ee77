//! Which reports have been taken: each counts once, and only while it is fresh. Time is an input.

use std::collections::{HashSet, VecDeque};
use std::time::Duration;

use super::Refusal;

/// How far a report's time may lie from ours, in both directions.
pub const MAX_AGE: Duration = Duration::from_secs(300);
/// The most reports that are remembered; the oldest is forgotten first.
pub const MAX_IDS: usize = 100_000;

/// See the module. Times count from 1970.
#[derive(Debug, Default)]
pub(super) struct Seen {
    ids: HashSet<String>,
    /// In the order of arrival, with the time from which a report is too old anyway.
    order: VecDeque<(Duration, String)>,
}

impl Seen {
    /// Takes a report that was made at `created`, once.
    pub(super) fn take(&mut self, now: Duration, created: Duration, id: &str) -> Result<(), Refusal> {
        if created.abs_diff(now) > MAX_AGE {
            return Err(Refusal::Stale);
        }
        while self.order.front().is_some_and(|(stale, _)| *stale < now) {
            self.forget_oldest();
        }
        if self.ids.contains(id) {
            return Err(Refusal::Replayed);
        }
        if self.order.len() >= MAX_IDS {
            self.forget_oldest();
        }
        self.ids.insert(id.to_owned());
        self.order.push_back((created + MAX_AGE, id.to_owned()));
        Ok(())
    }

    fn forget_oldest(&mut self) {
        if let Some((_, oldest)) = self.order.pop_front() {
            self.ids.remove(&oldest);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn second(number: u64) -> Duration {
        Duration::from_secs(1_000_000 + number)
    }

    #[test]
    fn a_report_counts_once_and_only_while_it_is_fresh() {
        let mut seen = Seen::default();
        assert_eq!(seen.take(second(0), second(0), "a"), Ok(()));
        assert_eq!(seen.take(second(1), second(0), "a"), Err(Refusal::Replayed));
        assert_eq!(seen.take(second(300), second(0), "a"), Err(Refusal::Replayed), "to the last moment");
        assert_eq!(seen.take(second(301), second(0), "a"), Err(Refusal::Stale));
        assert_eq!(seen.take(second(301), second(0), "b"), Err(Refusal::Stale));
        assert_eq!(seen.take(second(0), second(301), "c"), Err(Refusal::Stale), "from the future");
        assert_eq!(seen.take(second(400), second(390), "d"), Ok(()));
        assert_eq!(seen.ids.len(), 1, "what is stale is forgotten");
    }

    #[test]
    fn a_flood_is_bounded() {
        let mut seen = Seen::default();
        for number in 0..MAX_IDS + 10 {
            assert_eq!(seen.take(second(0), second(0), &number.to_string()), Ok(()));
        }
        assert_eq!((seen.ids.len(), seen.order.len()), (MAX_IDS, MAX_IDS));
        assert_eq!(seen.take(second(0), second(0), "10"), Err(Refusal::Replayed));
    }

    proptest! {
        #[test]
        fn no_report_is_ever_taken_twice(
            reports in proptest::collection::vec((0..5_u8, 0..400_u64, 0..400_u64), 1..60),
        ) {
            let (mut seen, mut now, mut taken) = (Seen::default(), 0, Vec::new());
            for (id, age, pause) in reports {
                now += pause;
                // A report's time is its own: the same id always has the same.
                let known = taken.iter().find(|(known, _)| *known == id);
                let created = known.map_or(now.saturating_sub(age), |(_, created)| *created);
                if seen.take(second(now), second(created), &id.to_string()).is_ok() {
                    prop_assert!(taken.iter().all(|(known, _)| *known != id), "{id} was taken twice");
                    taken.push((id, created));
                }
            }
        }
    }
}
