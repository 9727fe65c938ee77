//! What the core notices, as log lines.

use tracing::{debug, error, info, warn};

use crate::core::{JobStatus, LinkLost, Notice};

pub(super) fn log(notice: &Notice) {
    match notice {
        Notice::Registered { worker_id, resumed } => info!(worker_id, resumed, "registered with the LiveKit server"),
        Notice::Reconnecting { reason: LinkLost::Refused(why) | LinkLost::Failed(why), delay } => {
            warn!(why, ?delay, "no connection to the LiveKit server; trying again");
        }
        Notice::Accepted(job) => debug!(job = %job.id, room = job.room, "job accepted"),
        Notice::Declined(job, refusal) => info!(job = %job.id, room = job.room, why = %refusal, "job declined"),
        Notice::ReservationExpired(job) => warn!(%job, "a job was accepted and never assigned"),
        Notice::Terminated(job) => info!(%job, "the LiveKit server ends the job"),
        Notice::OutdatedTermination(job) => {
            info!(%job, "the LiveKit server saw a dead process leave; the job goes on with the next one");
        }
        Notice::GivenUp(job) => error!(%job, "the job was killed and is not gone; its place stays taken"),
        Notice::Ended(job, JobStatus::Failed(why)) => warn!(%job, why, "job failed"),
        Notice::Ended(job, _) => info!(%job, "job ended"),
        Notice::Draining(jobs) => info!(jobs, "draining: no new jobs, those that run may end"),
    }
}
