//! How the worker stands, for whoever wants to show it.

use crate::core::{Moment, Phase, Worker};

/// The worker as it stands.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Snapshot {
    /// The id under which the server knows it; `None` while there is no connection.
    pub worker_id: Option<String>,
    /// Whether a job would be taken now.
    pub available: bool,
    /// Whether it takes no more jobs and ends.
    pub draining: bool,
    /// How loaded it is, 0 to 1, with what is on its way.
    pub load: f32,
    /// The jobs that have a place.
    pub jobs: Vec<JobSnapshot>,
}

/// One job.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JobSnapshot {
    /// Its id.
    pub id: String,
    /// Its room.
    pub room: String,
    /// How far it is.
    pub phase: Phase,
}

impl Snapshot {
    pub(super) fn of(worker: &Worker, now: Moment) -> Self {
        let jobs = worker.jobs().map(|view| JobSnapshot {
            id: view.job.id.to_string(),
            room: view.job.room.clone(),
            phase: view.phase,
        });
        Self {
            worker_id: worker.worker_id().map(str::to_owned),
            available: worker.is_available(now),
            draining: worker.is_draining(),
            load: worker.load(now),
            jobs: jobs.collect(),
        }
    }
}
