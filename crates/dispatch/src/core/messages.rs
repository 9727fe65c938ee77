//! What goes into the worker's core and what comes out of it.

use std::fmt;

use super::capacity::Refusal;

/// The id that the server gave a job.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct JobId(String);

impl JobId {
    /// An id as the server wrote it.
    pub fn new(id: impl Into<String>) -> Self {
        Self(id.into())
    }

    /// The text of the id.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for JobId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

/// One call to be served: an agent is wanted in a room.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Job {
    /// Which job.
    pub id: JobId,
    /// The dispatch that it comes from; empty when the server made it by itself.
    pub dispatch_id: String,
    /// The room's name.
    pub room: String,
    /// What the one who asked for the agent wrote for it.
    pub metadata: String,
    /// The name under which the agent was asked for.
    pub agent_name: String,
}

/// A job that this worker is to run now.
#[derive(Clone, PartialEq, Eq)]
pub struct Assignment {
    /// The job.
    pub job: Job,
    /// Where the room is, when that is not the server that the worker is registered with.
    pub url: Option<String>,
    /// The token to join the room with.
    pub token: String,
}

impl fmt::Debug for Assignment {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Assignment").field("job", &self.job).field("url", &self.url).finish_non_exhaustive()
    }
}

/// How a job stands, in the words of the protocol.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum JobStatus {
    /// It runs.
    Running,
    /// It ended as it should.
    Success,
    /// It could not be started, or ended badly: why.
    Failed(String),
}

impl JobStatus {
    /// Whether nothing can follow.
    #[must_use]
    pub fn is_final(&self) -> bool {
        !matches!(self, Self::Running)
    }
}

/// What the server says.
#[derive(Debug, Clone, PartialEq)]
pub enum FromServer {
    /// The worker is known now, under this id.
    Registered {
        /// The worker's id.
        worker_id: String,
    },
    /// Is there room for this job?
    Availability(Job),
    /// This job is the worker's.
    Assignment(Assignment),
    /// This job is over: its room was closed, or its dispatch deleted.
    Termination(JobId),
    /// The answer to a ping.
    Pong,
    /// The server is going: register again, with another one.
    GoAway,
}

/// What the worker says.
#[derive(Debug, Clone, PartialEq)]
pub enum ToServer {
    /// Here is a worker.
    Register,
    /// The answer to [`FromServer::Availability`].
    Availability {
        /// The job that was asked about.
        job: JobId,
        /// The identity that the agent will have in the room; `None`: there is no room for the job.
        identity: Option<String>,
    },
    /// How the worker stands.
    WorkerStatus {
        /// Whether it takes no more jobs now.
        full: bool,
        /// Whether it takes no more jobs ever.
        draining: bool,
        /// How loaded it is, 0 to 1, on the server's scale.
        load: f32,
        /// How many jobs it has or has promised to take.
        jobs: u32,
    },
    /// How a job stands.
    JobStatus {
        /// Which one.
        job: JobId,
        /// How it stands.
        status: JobStatus,
    },
    /// The jobs that this worker still has after it lost its connection.
    Resume(Vec<JobId>),
    /// Are you there?
    Ping {
        /// When, in milliseconds since the worker began.
        milliseconds: i64,
    },
}

/// Why there is no connection.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LinkLost {
    /// The server does not accept the key and secret.
    Refused(String),
    /// Anything else: unreachable, closed, broken.
    Failed(String),
}

/// What happened.
#[derive(Debug, Clone, PartialEq)]
pub enum Input {
    /// The time of [`super::Worker::next_wake`] has come.
    Wake,
    /// The connection that [`Output::Connect`] asked for is open.
    Connected,
    /// It could not be opened, or is lost.
    Disconnected(LinkLost),
    /// The server said something.
    Received(FromServer),
    /// How loaded the machine is right now, 0 to 1.
    LoadMeasured(f32),
    /// The job of [`Output::Launch`] runs.
    JobStarted(JobId),
    /// Its process died and another one follows, which takes the dead one's place in the room.
    JobReplaced(JobId),
    /// It ended, or could not be started; an error says why it is not a success.
    JobEnded(JobId, Result<(), String>),
    /// No new jobs; end when those that run have ended, or after the grace time.
    Drain,
    /// End now.
    Stop,
}

/// What is to be done.
#[derive(Debug, Clone, PartialEq)]
pub enum Output {
    /// Open a connection to the server.
    Connect,
    /// Send what is still to be sent and close the connection; nothing of it is to be reported any more.
    Close,
    /// Say this to the server.
    Send(ToServer),
    /// Start this job. Its end must be reported, whatever happens.
    Launch(Box<Assignment>),
    /// Ask this job to end.
    Terminate(JobId),
    /// End this job by force.
    Kill(JobId),
    /// Something that people may want to know.
    Notice(Notice),
    /// The worker is done: nothing follows. An error says why it could not even begin.
    Finished(Result<(), String>),
}

/// What people may want to know; nothing is to be done about it.
#[derive(Debug, Clone, PartialEq)]
pub enum Notice {
    /// The worker is registered.
    Registered {
        /// Under this id.
        worker_id: String,
        /// With so many jobs of an earlier connection.
        resumed: usize,
    },
    /// The connection is lost, and tried again after a while.
    Reconnecting {
        /// Why it is lost.
        reason: LinkLost,
        /// After how long.
        delay: std::time::Duration,
    },
    /// A job was accepted, and has a place from now on.
    Accepted(Job),
    /// A job was not accepted.
    Declined(Job, Refusal),
    /// The server accepted a promise and did not keep its own: no assignment came, the place is free again.
    ReservationExpired(JobId),
    /// The server ended a job.
    Terminated(JobId),
    /// The server ended a job because its first process left the room; another one is there by now.
    OutdatedTermination(JobId),
    /// A job did not end when it was killed: nobody waits for it any more.
    GivenUp(JobId),
    /// A job is over.
    Ended(JobId, JobStatus),
    /// The worker takes no new jobs; so many are to end first.
    Draining(usize),
}
