//! The jobs that have a place in this worker, from the promise to the end.
//!
//! ```text
//!  accepted ──> Reserved ── assignment ──> Starting ──> Running ── terminate ──> Ending ── kill ──> Killed
//!                  │ deadline                 └──────────┴── ended ──┴──────────────┘                 │ deadline
//!                  v                                     v                                            v
//!               (free)                       one final state, (free)         one final state, GivenUp ── ended
//! ```

use std::collections::BTreeMap;

use super::Moment;
use super::messages::{Job, JobId, JobStatus};

/// How far a job is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Phase {
    /// Promised to the server; it lapses when no assignment comes until then.
    Reserved {
        /// The deadline.
        until: Moment,
    },
    /// Being started since then.
    Starting {
        /// Since when.
        since: Moment,
    },
    /// Running since then.
    Running {
        /// Since when.
        since: Moment,
    },
    /// Asked to end; killed when it is not gone by then.
    Ending {
        /// The deadline.
        until: Moment,
    },
    /// Killed; given up when it is not gone by then.
    Killed {
        /// The deadline.
        until: Moment,
    },
    /// Killed and not gone: it keeps its place, but nobody waits for it.
    GivenUp,
}

/// A job as it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JobView {
    /// The job.
    pub job: Job,
    /// How far it is.
    pub phase: Phase,
}

#[derive(Debug)]
struct Entry {
    view: JobView,
    /// When the server assigned it; for a promise, when that was made.
    assigned: Moment,
    /// Until when its expected load is counted.
    settles: Moment,
    /// Its process was replaced, and the server has not yet ended the job for that.
    replaced: bool,
}

/// What is to be done about jobs whose deadline has passed.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Overdue {
    Lapsed(JobId),
    Kill(JobId),
    GivenUp(JobId),
}

/// See the module.
#[derive(Debug, Default)]
pub(super) struct Jobs(BTreeMap<JobId, Entry>);

impl Jobs {
    pub(super) fn contains(&self, id: &JobId) -> bool {
        self.0.contains_key(id)
    }

    /// How many have a place.
    pub(super) fn count(&self) -> usize {
        self.0.len()
    }

    pub(super) fn views(&self) -> impl Iterator<Item = &JobView> {
        self.0.values().map(|entry| &entry.view)
    }

    /// Those that the measured load cannot show yet.
    pub(super) fn unsettled(&self, now: Moment) -> usize {
        self.0.values().filter(|entry| entry.settles > now).count()
    }

    /// Those that the worker still waits for.
    pub(super) fn awaited(&self) -> usize {
        self.views().filter(|view| view.phase != Phase::GivenUp).count()
    }

    /// Those that the server knows as running here.
    pub(super) fn assigned(&self) -> Vec<JobId> {
        let assigned = self.views().filter(|view| !matches!(view.phase, Phase::Reserved { .. } | Phase::GivenUp));
        assigned.map(|view| view.job.id.clone()).collect()
    }

    pub(super) fn reserve(&mut self, job: Job, now: Moment, until: Moment) {
        let view = JobView { job, phase: Phase::Reserved { until } };
        self.0.insert(view.job.id.clone(), Entry { view, assigned: now, settles: Moment::MAX, replaced: false });
    }

    pub(super) fn is_reserved(&self, id: &JobId) -> bool {
        self.0.get(id).is_some_and(|entry| matches!(entry.view.phase, Phase::Reserved { .. }))
    }

    /// A job is being started, whether it had a place or not.
    pub(super) fn start(&mut self, job: Job, now: Moment, settles: Moment) {
        let view = JobView { job, phase: Phase::Starting { since: now } };
        self.0.insert(view.job.id.clone(), Entry { view, assigned: now, settles, replaced: false });
    }

    /// Whether this is news: it was starting.
    pub(super) fn started(&mut self, id: &JobId, now: Moment) -> bool {
        match self.0.get_mut(id) {
            Some(entry) if matches!(entry.view.phase, Phase::Starting { .. }) => {
                entry.view.phase = Phase::Running { since: now };
                true
            }
            _ => false,
        }
    }

    /// Another process follows the one that died.
    pub(super) fn replaced(&mut self, id: &JobId) {
        if let Some(entry) = self.0.get_mut(id) {
            entry.replaced = true;
        }
    }

    /// Whether the server ends this job only because a process that was replaced left the room. It does so once: then it
    /// has forgotten the job.
    pub(super) fn outlives_termination(&mut self, id: &JobId) -> bool {
        self.0.get_mut(id).is_some_and(|entry| std::mem::take(&mut entry.replaced))
    }

    /// Frees the place of a job that ended. Returns when it was assigned and its final state, unless that has been told
    /// before.
    pub(super) fn ended(&mut self, id: &JobId, outcome: Result<(), String>) -> Option<(Moment, JobStatus)> {
        if self.is_reserved(id) {
            return None;
        }
        let entry = self.0.remove(id)?;
        let status = match (entry.view.phase, outcome) {
            (Phase::GivenUp, _) => return None,
            (Phase::Killed { .. }, _) => JobStatus::Failed("it was killed as it did not end in time".to_owned()),
            (_, Ok(())) => JobStatus::Success,
            (_, Err(reason)) => JobStatus::Failed(reason),
        };
        Some((entry.assigned, status))
    }

    /// Frees the places of all jobs that are only promised.
    pub(super) fn release_reservations(&mut self) {
        self.0.retain(|_, entry| !matches!(entry.view.phase, Phase::Reserved { .. }));
    }

    /// Frees the place of a job that is only promised.
    pub(super) fn release(&mut self, id: &JobId) {
        if self.is_reserved(id) {
            self.0.remove(id);
        }
    }

    /// Whether the job is to be asked to end: it was starting or running.
    pub(super) fn terminate(&mut self, id: &JobId, until: Moment) -> bool {
        match self.0.get_mut(id) {
            Some(entry) if matches!(entry.view.phase, Phase::Starting { .. } | Phase::Running { .. }) => {
                entry.view.phase = Phase::Ending { until };
                true
            }
            _ => false,
        }
    }

    /// Whether the job is to be killed: it has been started and has not been killed before.
    pub(super) fn kill(&mut self, id: &JobId, until: Moment) -> bool {
        match self.0.get_mut(id) {
            Some(entry)
                if matches!(
                    entry.view.phase,
                    Phase::Starting { .. } | Phase::Running { .. } | Phase::Ending { .. }
                ) =>
            {
                entry.view.phase = Phase::Killed { until };
                true
            }
            _ => false,
        }
    }

    /// The earliest deadline of a job.
    pub(super) fn next_deadline(&self) -> Option<Moment> {
        self.views().filter_map(|view| deadline(view.phase)).min()
    }

    /// Moves jobs on whose deadline has passed.
    pub(super) fn overdue(&mut self, now: Moment, kill_until: Moment) -> Vec<Overdue> {
        let late = self.views().filter(|view| deadline(view.phase).is_some_and(|deadline| deadline <= now));
        let late: Vec<(JobId, Phase)> = late.map(|view| (view.job.id.clone(), view.phase)).collect();
        let mut overdue = Vec::new();
        for (id, phase) in late {
            match phase {
                Phase::Reserved { .. } => {
                    self.release(&id);
                    overdue.push(Overdue::Lapsed(id));
                }
                Phase::Ending { .. } => {
                    self.kill(&id, kill_until);
                    overdue.push(Overdue::Kill(id));
                }
                Phase::Killed { .. } => {
                    if let Some(entry) = self.0.get_mut(&id) {
                        entry.view.phase = Phase::GivenUp;
                    }
                    overdue.push(Overdue::GivenUp(id));
                }
                Phase::Starting { .. } | Phase::Running { .. } | Phase::GivenUp => {}
            }
        }
        overdue
    }
}

fn deadline(phase: Phase) -> Option<Moment> {
    match phase {
        Phase::Reserved { until } | Phase::Ending { until } | Phase::Killed { until } => Some(until),
        Phase::Starting { .. } | Phase::Running { .. } | Phase::GivenUp => None,
    }
}
