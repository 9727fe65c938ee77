//! Whoever starts jobs: a process for each, or whatever a test wants.

use thiserror::Error;

use crate::core::Assignment;

/// Starts jobs.
pub trait JobLauncher: Send + Sync + 'static {
    /// A job that was started.
    type Handle: JobHandle;

    /// Starts a job, which counts as running once this returns. A start that takes too long is dropped: the job failed.
    fn start(&self, assignment: Assignment) -> impl Future<Output = Result<Self::Handle, LaunchError>> + Send;
}

/// A job that runs. Dropping it should end it.
pub trait JobHandle: Send + 'static {
    /// Waits for what happens to the job next. It is called again after it was dropped unfinished, and nothing may be
    /// lost by that; after [`JobEvent::Ended`] it is not called any more.
    fn next_event(&mut self) -> impl Future<Output = JobEvent> + Send;

    /// Asks the job to end soon.
    fn terminate(&mut self);

    /// Ends it by force.
    fn kill(&mut self);
}

/// What happens to a job that runs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum JobEvent {
    /// Its process died; another one takes its place in the room, under the same identity.
    Replaced,
    /// It has ended.
    Ended(JobEnd),
}

/// How a job ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum JobEnd {
    /// As it should.
    Success,
    /// Otherwise: why, for the operator.
    Failed(String),
}

/// Why a job could not be started.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("{0}")]
pub struct LaunchError(pub String);
