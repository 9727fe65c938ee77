//! How many answers made ahead of time were thrown away lately.

use std::collections::VecDeque;
use std::time::Duration;

use crate::Moment;

/// The time over which they are counted.
const MINUTE: Duration = Duration::from_secs(60);

/// A bounded record: never more entries than the limit.
#[derive(Debug, Default)]
pub(crate) struct Waste(VecDeque<Moment>);

impl Waste {
    pub(crate) fn record(&mut self, now: Moment, most: u32) {
        self.0.push_back(now);
        while self.0.len() > most as usize {
            self.0.pop_front();
        }
    }

    /// Whether another one may be begun.
    pub(crate) fn allows(&mut self, now: Moment, most: u32) -> bool {
        while self.0.front().is_some_and(|at| now.since(*at) >= MINUTE) {
            self.0.pop_front();
        }
        self.0.len() < most as usize
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_minute_holds_no_more_than_its_share() {
        let mut waste = Waste::default();
        let second = |s| Moment::after_start(Duration::from_secs(s));
        assert!(waste.allows(second(0), 2));
        waste.record(second(0), 2);
        waste.record(second(30), 2);
        assert!(!waste.allows(second(59), 2));
        assert!(waste.allows(second(60), 2));
        assert!(!waste.allows(second(60), 0));
    }
}
