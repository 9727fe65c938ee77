//! Which rooms have a worker: a pure state machine without processes, tasks or clocks.
//!
//! ```text
//!  invite ──> Starting ── started ──> Running ── ending ──> Ending ── gone ──> (forgotten)
//!                └──────────────────── gone ────────┴───────────────────────────^
//!  Running ── died ──> Replacing ── started ──> Running
//! ```
//!
//! At most one worker per room is present (starting or running). One that is ending is not present, so that an
//! invitation in that moment starts another; but it still counts against the cap, as it is still a process.

use std::collections::{BTreeMap, HashMap};
use std::num::NonZeroUsize;

use proto::names::RoomName;

/// One worker process, from the decision to start it until it has been reaped. Never used twice.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct WorkerId(u64);

/// Where a worker is in its life.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Phase {
    /// Its process is being started.
    Starting,
    /// Its process runs.
    Running,
    /// Its process died. Whether another one is wanted is being asked; the place is kept for it.
    Replacing,
    /// Its process was asked to end, or says that it is leaving.
    Ending,
}

/// What is to be done about an invitation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Invitation {
    /// Start this worker, then report [`Registry::started`] or [`Registry::gone`].
    Start(WorkerId),
    /// Another call is starting this one: wait for it.
    AlreadyStarting(WorkerId),
    /// It died: whoever sees to it is to be told that another one is wanted.
    Replacing(WorkerId),
    /// It is there.
    Present,
    /// As many processes run as may.
    Full,
    /// The server is closing.
    Closed,
}

/// What is to be done with a worker whose process has just started.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Started {
    /// Let it serve.
    Serve,
    /// End it: the registry was closed meanwhile.
    EndAtOnce,
}

#[derive(Debug)]
struct Worker {
    room: RoomName,
    phase: Phase,
}

/// See the module.
#[derive(Debug)]
pub struct Registry {
    max_workers: NonZeroUsize,
    next_id: u64,
    closed: bool,
    workers: BTreeMap<WorkerId, Worker>,
    /// The worker of each room that is starting or running.
    present: HashMap<RoomName, WorkerId>,
}

impl Registry {
    /// An empty registry that allows at most `max_workers` processes.
    #[must_use]
    pub fn new(max_workers: NonZeroUsize) -> Self {
        Self { max_workers, next_id: 0, closed: false, workers: BTreeMap::new(), present: HashMap::new() }
    }

    /// Someone wants the avatar in `room`.
    pub fn invite(&mut self, room: &RoomName) -> Invitation {
        if self.closed {
            return Invitation::Closed;
        }
        if let Some((id, phase)) = self.present_worker(room) {
            return match phase {
                Phase::Starting => Invitation::AlreadyStarting(id),
                Phase::Replacing => Invitation::Replacing(id),
                Phase::Running | Phase::Ending => Invitation::Present,
            };
        }
        if self.workers.len() >= self.max_workers.get() {
            return Invitation::Full;
        }
        let id = WorkerId(self.next_id);
        self.next_id += 1;
        self.workers.insert(id, Worker { room: room.clone(), phase: Phase::Starting });
        self.present.insert(room.clone(), id);
        Invitation::Start(id)
    }

    /// The process of `id` has started.
    pub fn started(&mut self, id: WorkerId) -> Started {
        match self.workers.get_mut(&id) {
            Some(worker) => match worker.phase {
                Phase::Starting | Phase::Running | Phase::Replacing => {
                    worker.phase = Phase::Running;
                    Started::Serve
                }
                Phase::Ending => Started::EndAtOnce,
            },
            None => Started::EndAtOnce,
        }
    }

    /// The process of `id` died, and another one may follow. False when it was leaving: then none follows.
    pub fn died(&mut self, id: WorkerId) -> bool {
        match self.workers.get_mut(&id) {
            Some(worker) if worker.phase != Phase::Ending => {
                worker.phase = Phase::Replacing;
                true
            }
            Some(_) | None => false,
        }
    }

    /// `id` was asked to end, or says that it is leaving: its room has no worker from now on.
    pub fn ending(&mut self, id: WorkerId) {
        if let Some(worker) = self.workers.get_mut(&id) {
            worker.phase = Phase::Ending;
            if self.present.get(&worker.room) == Some(&id) {
                self.present.remove(&worker.room);
            }
        }
    }

    /// `id` has been reaped, or could not be started. Says which room it was for, the first time.
    pub fn gone(&mut self, id: WorkerId) -> Option<RoomName> {
        let worker = self.workers.remove(&id)?;
        if self.present.get(&worker.room) == Some(&id) {
            self.present.remove(&worker.room);
        }
        Some(worker.room)
    }

    /// No further worker may start, and all that there are are ending.
    pub fn close(&mut self) {
        self.closed = true;
        self.present.clear();
        for worker in self.workers.values_mut() {
            worker.phase = Phase::Ending;
        }
    }

    /// Whether `room` has a worker that is starting or running.
    #[must_use]
    pub fn is_present(&self, room: &RoomName) -> bool {
        self.present.contains_key(room)
    }

    /// The worker of `room` that is starting or running.
    #[must_use]
    pub fn present(&self, room: &RoomName) -> Option<WorkerId> {
        self.present.get(room).copied()
    }

    /// Every worker, with its room.
    pub fn workers(&self) -> impl Iterator<Item = (WorkerId, &RoomName, Phase)> {
        self.workers.iter().map(|(id, worker)| (*id, &worker.room, worker.phase))
    }

    /// Worker processes that there are, or are about to be.
    #[must_use]
    pub fn processes(&self) -> usize {
        self.workers.values().filter(|worker| worker.phase != Phase::Replacing).count()
    }

    /// Places that are taken.
    #[must_use]
    pub fn len(&self) -> usize {
        self.workers.len()
    }

    /// Whether there is no worker process.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.workers.is_empty()
    }

    /// The most worker processes there may be.
    #[must_use]
    pub fn max_workers(&self) -> usize {
        self.max_workers.get()
    }

    fn present_worker(&self, room: &RoomName) -> Option<(WorkerId, Phase)> {
        let id = *self.present.get(room)?;
        Some((id, self.workers.get(&id)?.phase))
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used)]

    use super::*;
    use proptest::prelude::*;

    fn registry(max_workers: usize) -> Registry {
        Registry::new(NonZeroUsize::new(max_workers).unwrap())
    }

    fn room(name: &str) -> RoomName {
        RoomName::parse(name).unwrap()
    }

    fn start(registry: &mut Registry, name: &str) -> WorkerId {
        match registry.invite(&room(name)) {
            Invitation::Start(id) => id,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn a_second_invitation_starts_nothing() {
        let mut registry = registry(5);
        let id = start(&mut registry, "a");
        assert_eq!(registry.invite(&room("a")), Invitation::AlreadyStarting(id));
        assert_eq!(registry.started(id), Started::Serve);
        assert_eq!(registry.invite(&room("a")), Invitation::Present);
        assert_eq!(registry.len(), 1);
    }

    #[test]
    fn a_worker_that_is_ending_is_not_present_but_counts() {
        let mut registry = registry(2);
        let old = start(&mut registry, "a");
        registry.started(old);
        registry.ending(old);
        assert!(!registry.is_present(&room("a")));
        let new = start(&mut registry, "a");
        assert_eq!(registry.invite(&room("b")), Invitation::Full);
        // The old one's end does not take the new one's place away.
        assert_eq!(registry.gone(old), Some(room("a")));
        assert_eq!(registry.started(new), Started::Serve);
        assert_eq!(registry.invite(&room("a")), Invitation::Present);
        start(&mut registry, "b");
    }

    #[test]
    fn a_worker_that_died_keeps_its_place_until_it_is_replaced() {
        let mut registry = registry(1);
        let id = start(&mut registry, "a");
        registry.started(id);
        assert!(registry.died(id));
        assert_eq!((registry.processes(), registry.len()), (0, 1));
        assert_eq!(registry.invite(&room("a")), Invitation::Replacing(id));
        assert_eq!(registry.invite(&room("b")), Invitation::Full);
        assert_eq!(registry.started(id), Started::Serve);
        registry.ending(id);
        assert!(!registry.died(id), "it was leaving");
    }

    #[test]
    fn a_start_that_failed_frees_its_place() {
        let mut registry = registry(1);
        let id = start(&mut registry, "a");
        assert_eq!(registry.gone(id), Some(room("a")));
        assert_eq!(registry.gone(id), None);
        start(&mut registry, "b");
    }

    #[test]
    fn a_closed_registry_starts_nothing_and_ends_what_is_starting() {
        let mut registry = registry(3);
        let id = start(&mut registry, "a");
        registry.close();
        assert_eq!(registry.started(id), Started::EndAtOnce);
        assert_eq!(registry.invite(&room("a")), Invitation::Closed);
        assert_eq!(registry.invite(&room("b")), Invitation::Closed);
    }

    #[derive(Debug, Clone, Copy)]
    enum Step {
        Invite(u8),
        Started(usize),
        Ending(usize),
        Died(usize),
        Gone(usize),
    }

    fn steps() -> impl Strategy<Value = Vec<Step>> {
        let step = prop_oneof![
            (0..6u8).prop_map(Step::Invite),
            (0..20usize).prop_map(Step::Started),
            (0..20usize).prop_map(Step::Ending),
            (0..20usize).prop_map(Step::Died),
            (0..20usize).prop_map(Step::Gone),
        ];
        proptest::collection::vec(step, 0..120)
    }

    proptest! {
        #[test]
        fn never_above_the_cap_never_two_present_in_a_room(max_workers in 1..5usize, steps in steps()) {
            let mut registry = registry(max_workers);
            // The model: every worker handed out and not gone, with its room and whether it is ending.
            let mut model: Vec<(WorkerId, RoomName, bool)> = Vec::new();
            for step in steps {
                match step {
                    Step::Invite(number) => {
                        let room = room(&format!("room {number}"));
                        let present = model.iter().any(|(_, r, ending)| *r == room && !ending);
                        match registry.invite(&room) {
                            Invitation::Start(id) => {
                                prop_assert!(!present && model.len() < max_workers);
                                prop_assert!(model.iter().all(|(known, ..)| *known != id));
                                model.push((id, room, false));
                            }
                            Invitation::AlreadyStarting(_) | Invitation::Replacing(_) | Invitation::Present => {
                                prop_assert!(present);
                            }
                            Invitation::Full => prop_assert!(!present && model.len() == max_workers),
                            Invitation::Closed => prop_assert!(false, "nothing closed it"),
                        }
                    }
                    Step::Started(index) => {
                        if let Some((id, _, ending)) = model.get(index) {
                            prop_assert_eq!(registry.started(*id) == Started::EndAtOnce, *ending);
                        }
                    }
                    Step::Died(index) => {
                        if let Some((id, _, ending)) = model.get(index) {
                            prop_assert_eq!(registry.died(*id), !*ending);
                        }
                    }
                    Step::Ending(index) => {
                        if let Some((id, _, ending)) = model.get_mut(index) {
                            registry.ending(*id);
                            *ending = true;
                        }
                    }
                    Step::Gone(index) => {
                        if index < model.len() {
                            let (id, room, _) = model.remove(index);
                            prop_assert_eq!(registry.gone(id), Some(room));
                        }
                    }
                }
                prop_assert_eq!(registry.len(), model.len());
                for (_, room, _) in &model {
                    let present = model.iter().filter(|(_, r, ending)| r == room && !ending).count();
                    prop_assert!(present <= 1);
                    prop_assert_eq!(registry.is_present(room), present == 1);
                }
            }
        }
    }
}
