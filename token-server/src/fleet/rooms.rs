//! What the operator is shown of each room: who is there, and what went wrong last.

use std::collections::{BTreeMap, VecDeque};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use proto::names::{Identity, RoomName};
use serde::Serialize;

use super::registry::Phase;
use worker_process::Usage;

/// The most failures that are remembered; the oldest is forgotten first.
pub const MAX_FAILURES: usize = 1000;

/// One room that has, or had, a worker.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct RoomReport {
    /// Its name.
    pub room_name: RoomName,
    /// The workers of the room: one, or none after a failure; a second one while the first is leaving.
    pub workers: Vec<WorkerReport>,
    /// What went wrong last.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_error: Option<Failure>,
}

/// One worker process.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct WorkerReport {
    /// `starting`, `running`, `replacing` (it died) or `ending`.
    pub state: &'static str,
    /// The agent's identity in the room.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub identity: Option<Identity>,
    /// Whom it plays.
    pub avatar_name: String,
    /// Its process.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pid: Option<u32>,
    /// How long ago it was invited, in seconds.
    pub seconds: u64,
    /// What its process takes of the machine; absent where that is not known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub usage: Option<Usage>,
}

/// A worker that could not be started, or ended badly.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Failure {
    /// What happened.
    pub message: String,
    /// When, in seconds since 1970.
    pub at: u64,
}

impl Failure {
    pub(super) fn new(now: SystemTime, message: impl Into<String>) -> Self {
        let since = now.duration_since(UNIX_EPOCH).unwrap_or(Duration::ZERO);
        Self { message: message.into(), at: since.as_secs() }
    }
}

/// The name of a phase, as it is shown.
pub(super) fn state(phase: Phase) -> &'static str {
    match phase {
        Phase::Starting => "starting",
        Phase::Running => "running",
        Phase::Replacing => "replacing",
        Phase::Ending => "ending",
    }
}

/// The last failure of each room, a bounded number of them.
#[derive(Debug, Default)]
pub(super) struct Failures {
    last: BTreeMap<RoomName, Failure>,
    /// The rooms in the order of their last failure.
    order: VecDeque<RoomName>,
}

impl Failures {
    pub(super) fn add(&mut self, room: &RoomName, failure: Failure) {
        self.order.retain(|known| known != room);
        self.order.push_back(room.clone());
        self.last.insert(room.clone(), failure);
        if self.order.len() > MAX_FAILURES
            && let Some(oldest) = self.order.pop_front()
        {
            self.last.remove(&oldest);
        }
    }

    pub(super) fn of(&self, room: &RoomName) -> Option<&Failure> {
        self.last.get(room)
    }

    pub(super) fn rooms(&self) -> impl Iterator<Item = &RoomName> {
        self.last.keys()
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used)]

    use super::*;

    #[test]
    fn the_last_failure_of_a_room_counts_and_old_ones_are_forgotten() {
        let room = |number: usize| RoomName::parse(&format!("room {number}")).unwrap();
        let failure = |text: &str| Failure::new(UNIX_EPOCH + Duration::from_secs(7), text);
        let mut failures = Failures::default();
        for number in 0..=MAX_FAILURES {
            failures.add(&room(number), failure("first"));
            failures.add(&room(1), failure("again"));
        }
        assert_eq!(failures.of(&room(0)), None);
        assert_eq!(failures.of(&room(1)), Some(&Failure { message: "again".to_owned(), at: 7 }));
        assert_eq!((failures.last.len(), failures.order.len()), (MAX_FAILURES, MAX_FAILURES));
    }
}
