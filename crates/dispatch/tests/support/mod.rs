//! What the tests against a real LiveKit server share: the server, jobs that do what a test says, and patience.

#![allow(clippy::unwrap_used, clippy::expect_used, dead_code, unreachable_pub)]

pub mod balancer;
pub mod fake_server;
pub mod participant;
pub mod sfu;

use std::time::Duration;

use dispatch::core::{Assignment, Settings};
use dispatch::{Config, Control, JobEnd, JobEvent, JobHandle, JobLauncher, LaunchError, Profile, RunError, Snapshot};
use tokio::sync::{mpsc, oneshot, watch};
use tokio::task::JoinHandle;

/// What is waited for at most.
pub const PATIENCE: Duration = Duration::from_secs(30);

/// Waits for something; fails the test when it does not come.
pub async fn soon<T>(what: &str, future: impl Future<Output = T>) -> T {
    tokio::time::timeout(PATIENCE, future).await.unwrap_or_else(|_| panic!("not within {PATIENCE:?}: {what}"))
}

/// A job that was started, in the hands of the test.
pub struct StartedJob {
    pub assignment: Assignment,
    pub end: oneshot::Sender<JobEnd>,
    pub terminated: oneshot::Receiver<()>,
}

/// Hands every job to the test.
pub struct TestLauncher(mpsc::Sender<StartedJob>);

pub struct TestHandle {
    end: oneshot::Receiver<JobEnd>,
    terminated: Option<oneshot::Sender<()>>,
}

impl JobLauncher for TestLauncher {
    type Handle = TestHandle;

    async fn start(&self, assignment: Assignment) -> Result<TestHandle, LaunchError> {
        let ((end, ended), (terminate, terminated)) = (oneshot::channel(), oneshot::channel());
        let job = StartedJob { assignment, end, terminated };
        self.0.send(job).await.map_err(|_| LaunchError("the test is over".to_owned()))?;
        Ok(TestHandle { end: ended, terminated: Some(terminate) })
    }
}

impl JobHandle for TestHandle {
    async fn next_event(&mut self) -> JobEvent {
        let end = (&mut self.end).await;
        JobEvent::Ended(end.unwrap_or_else(|_| JobEnd::Failed("the test forgot it".to_owned())))
    }

    fn terminate(&mut self) {
        if let Some(terminated) = self.terminated.take() {
            let _ = terminated.send(());
        }
    }

    fn kill(&mut self) {
        self.end.close();
    }
}

/// A worker in this process.
pub struct TestWorker {
    pub jobs: mpsc::Receiver<StartedJob>,
    pub snapshots: watch::Receiver<Snapshot>,
    pub control: Control,
    pub task: JoinHandle<Result<(), RunError>>,
}

impl TestWorker {
    /// A worker that is not waited for.
    pub fn begin(server: dispatch::Server, agent_name: &str, max_jobs: usize) -> Self {
        Self::begin_with(server, agent_name, Settings::new(max_jobs).unwrap())
    }

    pub fn begin_with(server: dispatch::Server, agent_name: &str, settings: Settings) -> Self {
        Self::begin_loaded(server, agent_name, settings, 0.1)
    }

    /// One on a machine with this load.
    pub fn begin_loaded(server: dispatch::Server, agent_name: &str, settings: Settings, load: f32) -> Self {
        let profile = Profile {
            agent_name: agent_name.to_owned(),
            version: "test".to_owned(),
            participant_name: "Test Agent".to_owned(),
            participant_attributes: [("lk.agent.state".to_owned(), "initializing".to_owned())].into(),
        };
        let config = Config { server, profile, settings, start_deadline: Duration::from_secs(5) };
        let (launched, jobs) = mpsc::channel(16);
        let (sender, snapshots) = watch::channel(Snapshot::default());
        let control = Control::default();
        let running = dispatch::run(config, TestLauncher(launched), move |_| Some(load), control.clone(), sender);
        Self { jobs, snapshots, control, task: tokio::spawn(running) }
    }

    /// A worker that is registered.
    pub async fn registered(sfu: &sfu::Sfu, agent_name: &str, max_jobs: usize) -> Self {
        let mut worker = Self::begin(sfu.server(), agent_name, max_jobs);
        worker.until("registered", |snapshot| snapshot.worker_id.is_some()).await;
        worker
    }

    pub async fn until(&mut self, what: &str, condition: impl FnMut(&Snapshot) -> bool) -> Snapshot {
        soon(what, self.snapshots.wait_for(condition)).await.unwrap().clone()
    }

    pub async fn next_job(&mut self) -> StartedJob {
        soon("a job", self.jobs.recv()).await.unwrap()
    }

    pub async fn drained(self) {
        self.control.drain.cancel();
        soon("drained", self.task).await.unwrap().unwrap();
    }
}
