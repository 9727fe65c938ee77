//! When back-channels are made: a pure part of the conductor.

use std::time::Duration;

/// How long after one back-channel the next may follow: what the agent makes of the first is heard by then.
const APART: Duration = Duration::from_millis(1500);
/// How long after a back-channel an answer is not called over: an agent that took it for a turn may still be thinking.
const SETTLES: Duration = Duration::from_secs(3);

/// When a back-channel was made, by its voiced samples.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct BackChannelTimes {
    pub(super) from: Option<Duration>,
    pub(super) until: Option<Duration>,
    asked: bool,
}

/// All back-channels of a call.
#[derive(Debug, Default)]
pub(super) struct Schedule {
    /// The turn (from 0) during whose answer each is made, and how long after that began.
    planned: Vec<(usize, Duration)>,
    /// One per planned back-channel.
    pub(super) times: Vec<BackChannelTimes>,
}

impl Schedule {
    pub(super) fn new(planned: Vec<(usize, Duration)>) -> Self {
        Self { times: vec![BackChannelTimes::default(); planned.len()], planned }
    }

    pub(super) fn begins(&mut self, index: usize, at: Duration) {
        if let Some(times) = self.times.get_mut(index) {
            times.from = Some(at);
        }
    }

    pub(super) fn ends(&mut self, index: usize, at: Duration) {
        if let Some(times) = self.times.get_mut(index) {
            times.until = Some(at);
        }
    }

    /// The back-channel to make now, in the answer to `turn` that began to sound at `began`. It counts as asked for.
    pub(super) fn take_due(&mut self, turn: usize, began: Duration, now: Duration) -> Option<usize> {
        if self.in_flight() || self.last_end().is_some_and(|end| now < end + APART) {
            return None;
        }
        let (index, _) = self.open(turn, began).find(|(_, due)| now >= *due)?;
        self.times[index].asked = true;
        Some(index)
    }

    /// Whether what was made has had time to show its effect.
    pub(super) fn settled(&self, now: Duration) -> bool {
        !self.in_flight() && self.last_end().is_none_or(|end| now >= end + SETTLES)
    }

    /// The times at which [`Self::take_due`] or [`Self::settled`] may answer otherwise.
    pub(super) fn wakes(&self, turn: usize, began: Duration) -> impl Iterator<Item = Duration> {
        let after_last = self.last_end().into_iter().flat_map(|end| [end + APART, end + SETTLES]);
        self.open(turn, began).map(|(_, due)| due).chain(after_last)
    }

    fn open(&self, turn: usize, began: Duration) -> impl Iterator<Item = (usize, Duration)> {
        let planned = self.planned.iter().zip(&self.times).enumerate();
        let open = planned.filter(move |(_, ((of, _), times))| *of == turn && !times.asked);
        open.map(move |(index, ((_, after), _))| (index, began + *after))
    }

    fn in_flight(&self) -> bool {
        self.times.iter().any(|times| times.asked && times.until.is_none())
    }

    fn last_end(&self) -> Option<Duration> {
        self.times.iter().filter_map(|times| times.until).max()
    }
}
