//! The worker as a pure state machine: time is an input, there is no I/O.
//!
//! Feed every [`Input`] with the time it happened, take each [`Output`] from [`Worker::poll`] until there is none, and
//! hand in [`Input::Wake`] no later than [`Worker::next_wake`]. Stale reports (of a job that is over, of a job that was
//! never known) are ignored, never an error.

mod backoff;
mod capacity;
mod jobs;
mod link;
mod messages;
mod settings;
mod smoothing;
#[cfg(test)]
mod tests;
mod told_load;
mod worker;

pub use capacity::Refusal;
pub use jobs::{JobView, Phase};
pub use link::WakeReason;
pub use messages::{Assignment, FromServer, Input, Job, JobId, JobStatus, LinkLost, Notice, Output, ToServer};
pub use settings::{Settings, SettingsError};
pub use worker::Worker;

/// A time, since the worker began.
pub type Moment = std::time::Duration;
