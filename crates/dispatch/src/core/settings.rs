//! What the operator decides about a worker, and the deadlines of its protocol.

use std::time::Duration;

use thiserror::Error;

/// See the fields. [`Settings::new`] gives the usual ones.
#[derive(Debug, Clone, PartialEq)]
pub struct Settings {
    /// The most jobs at a time: those that run and those that were promised.
    pub max_jobs: usize,
    /// The load, 0 to 1, from which no more jobs are taken; with 1 only their number counts.
    pub load_threshold: f32,
    /// What a job is expected to add to the load, counted until the measured load can show it.
    pub job_load: f32,
    /// How long a job's expected load is counted after its start.
    pub settle: Duration,
    /// The time over which the measured load is smoothed.
    pub smoothing: Duration,
    /// How long running jobs may go on once the worker drains.
    pub drain_grace: Duration,
    /// How long a job may take to end after it was asked to.
    pub terminate_grace: Duration,
    /// How long it may take to be gone after it was killed.
    pub kill_grace: Duration,
    /// How long the server may take from a job's acceptance to its assignment.
    pub assignment_deadline: Duration,
    /// How long after its assignment a job's end is told at the earliest: the server notes down the assignment only
    /// after it has sent it, and drops what it hears of a job before.
    pub assignment_noted: Duration,
    /// How long opening a connection may take, and then the registration.
    pub link_deadline: Duration,
    /// How often the worker's status is reported.
    pub status_interval: Duration,
    /// How often the server is asked whether it is there.
    pub ping_interval: Duration,
    /// How long the server may be silent after that.
    pub pong_deadline: Duration,
    /// The pause before the first attempt to connect again; it doubles with each one up to `reconnect_most`.
    pub reconnect_least: Duration,
    /// The longest pause.
    pub reconnect_most: Duration,
    /// Any number, different for each worker, so that many do not reconnect in the same moment.
    pub seed: u64,
}

/// Settings that make no sense.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum SettingsError {
    /// There must be room for a job.
    #[error("max jobs: must be at least 1")]
    NoJobs,
    /// A share must lie between 0 and 1.
    #[error("{0}: must be above 0 and at most 1")]
    NotAShare(&'static str),
    /// Nobody waits that long.
    #[error("{0}: must be at most 7 days")]
    TooLong(&'static str),
}

const LONGEST: Duration = Duration::from_secs(7 * 24 * 3600);

impl Settings {
    /// The usual settings for so many jobs at a time. Whoever says so many says with it what one of them weighs.
    ///
    /// # Errors
    /// [`SettingsError::NoJobs`] for 0.
    pub fn new(max_jobs: usize) -> Result<Self, SettingsError> {
        let settings = Self {
            max_jobs,
            load_threshold: 0.75,
            job_load: 0.75 / max_jobs.max(1) as f32,
            settle: Duration::from_secs(10),
            smoothing: Duration::from_millis(2500),
            drain_grace: Duration::from_secs(30 * 60),
            terminate_grace: Duration::from_secs(10),
            kill_grace: Duration::from_secs(2),
            assignment_deadline: Duration::from_millis(7500),
            assignment_noted: Duration::from_secs(1),
            link_deadline: Duration::from_secs(10),
            status_interval: Duration::from_millis(2500),
            ping_interval: Duration::from_secs(5),
            pong_deadline: Duration::from_secs(10),
            reconnect_least: Duration::from_millis(250),
            reconnect_most: Duration::from_secs(10),
            seed: 0,
        };
        settings.checked()
    }

    /// These settings, when they make sense.
    ///
    /// # Errors
    /// [`SettingsError`] says which does not.
    pub fn checked(self) -> Result<Self, SettingsError> {
        let is_share = |value: f32| value > 0.0 && value <= 1.0;
        if self.max_jobs == 0 {
            return Err(SettingsError::NoJobs);
        }
        if !is_share(self.load_threshold) {
            return Err(SettingsError::NotAShare("load threshold"));
        }
        if !is_share(self.job_load) {
            return Err(SettingsError::NotAShare("load of a job"));
        }
        if self.drain_grace > LONGEST {
            return Err(SettingsError::TooLong("drain grace"));
        }
        Ok(self)
    }
}
