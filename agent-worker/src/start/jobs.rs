//! Jobs as processes: one that stands by, or a new one; and another one when it dies in mid-call.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use calls::CallStore;
use dispatch::core::Assignment;
use dispatch::{JobEnd, JobEvent, JobHandle, JobLauncher, LaunchError};
use proto::names::RoomName;
use proto::orders::{CallOrders, JobMetadata, Orders};
use tokio::sync::Notify;
use tokio::task::JoinHandle;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;
use worker_process::{Outcome, Program, Restarts, StandbyPool, Stop, WorkerProcess, is_final, is_ordinary, meaning};

use super::left_behind::{left_behind, moved_on};

/// How long a process may take to end once it was asked to. The dispatch kills it no later than this.
const END_GRACE: Duration = Duration::from_secs(10);

/// How calls are started.
#[derive(Clone)]
pub(super) struct Jobs {
    pub(super) program: Program,
    pub(super) pool: StandbyPool,
    /// The LiveKit server, unless a job names another.
    pub(super) url: String,
    pub(super) persona: Option<PathBuf>,
    /// The name that people see.
    pub(super) name: String,
    /// Where calls are kept, if they are.
    pub(super) store: Option<Arc<dyn CallStore>>,
}

impl JobLauncher for Jobs {
    type Handle = RunningJob;

    async fn start(&self, assignment: Assignment) -> Result<RunningJob, LaunchError> {
        let orders = self.orders(assignment)?;
        let worker = self.launch(&orders).await.map_err(|error| LaunchError(error.to_string()))?;
        let never = CancellationToken::new;
        let stop = Stop { end: never(), grace: END_GRACE, kill: never(), abandon: never() };
        let replaced = Arc::new(Notify::new());
        let ended = tokio::spawn(see_to_its_end(self.clone(), orders, worker, stop.clone(), Arc::clone(&replaced)));
        Ok(RunningJob { stop, replaced, ended })
    }
}

impl Jobs {
    fn orders(&self, assignment: Assignment) -> Result<Orders, LaunchError> {
        let job = assignment.job;
        let room = RoomName::parse(&job.room).map_err(|error| LaunchError(format!("room: {error}")))?;
        let call = JobMetadata::read(&job.metadata).call;
        Ok(Orders {
            room,
            identity: format!("{}{}", proto::names::AGENT_IDENTITY_PREFIX, job.id),
            name: Some(self.name.clone()),
            url: assignment.url.unwrap_or_else(|| self.url.clone()),
            token: assignment.token,
            avatar_token: None,
            public_url: None,
            call: Some(
                call.unwrap_or_else(|| CallOrders { id: format!("{:016x}", rand::random::<u64>()), generation: 1 }),
            ),
            lifeline: true,
        })
    }

    async fn launch(&self, orders: &Orders) -> Result<WorkerProcess, worker_process::LaunchError> {
        while let Some(standby) = self.pool.take() {
            match standby.serve(orders).await {
                Ok(worker) => return Ok(worker),
                Err(error) => tracing::warn!(room = %orders.room, %error, "another process is needed"),
            }
        }
        self.program.launch(orders, self.persona.as_deref()).await
    }
}

/// A call that runs. Dropping it kills its process.
pub(super) struct RunningJob {
    stop: Stop,
    /// Told for each process that died and is followed by another.
    replaced: Arc<Notify>,
    ended: JoinHandle<JobEnd>,
}

impl JobHandle for RunningJob {
    async fn next_event(&mut self) -> JobEvent {
        tokio::select! {
            biased;
            () = self.replaced.notified() => JobEvent::Replaced,
            ended = &mut self.ended => JobEvent::Ended(
                ended.unwrap_or_else(|error| JobEnd::Failed(format!("whoever watched it failed: {error}"))),
            ),
        }
    }

    fn terminate(&mut self) {
        self.stop.end.cancel();
    }

    fn kill(&mut self) {
        self.stop.kill.cancel();
    }
}

impl Drop for RunningJob {
    fn drop(&mut self) {
        self.stop.kill.cancel();
    }
}

/// Watches a call's process, and starts another one when it dies: the LiveKit server would not.
async fn see_to_its_end(
    jobs: Jobs,
    mut orders: Orders,
    mut worker: WorkerProcess,
    stop: Stop,
    replaced: Arc<Notify>,
) -> JobEnd {
    let began = Instant::now();
    let mut launched = began;
    let mut restarts = Restarts::default();
    loop {
        let hangs = async {
            left_behind(jobs.store.clone(), &orders.room, orders.call.as_ref()).await;
            tracing::warn!(room = %orders.room, "the call goes on elsewhere, or is over, and its process stays: it is killed");
            stop.kill.cancel();
            std::future::pending().await
        };
        let outcome = tokio::select! {
            outcome = worker.watch(&stop, || {}) => outcome,
            outcome = hangs => outcome,
        };
        let why = match outcome {
            Outcome::Exited(status) if is_ordinary(status) => return JobEnd::Success,
            Outcome::Exited(status) if is_final(status) => return JobEnd::Failed(meaning(status)),
            Outcome::Exited(status) => meaning(status),
            Outcome::Abandoned => return JobEnd::Success,
            Outcome::Lost => return JobEnd::Failed("its process could be neither ended nor awaited".to_owned()),
        };
        if stop.end.is_cancelled() || stop.kill.is_cancelled() {
            return JobEnd::Failed(why);
        }
        // The dead one's place in the room is taken over: the same token names the same participant.
        let Some(pause) = restarts.died(began.elapsed(), launched.elapsed()) else {
            return JobEnd::Failed(format!("{why}, {} times of late", restarts.count()));
        };
        replaced.notify_one();
        tracing::warn!(room = %orders.room, why, ?pause, "a call's process died; another one is to follow");
        tokio::select! {
            moved = moved_on(pause, jobs.store.as_ref(), &orders.room, orders.call.as_ref()) => {
                if moved {
                    tracing::info!(room = %orders.room, "the call goes on elsewhere");
                    return JobEnd::Success;
                }
            }
            () = stop.end.cancelled() => return JobEnd::Failed(why),
            () = stop.kill.cancelled() => return JobEnd::Failed(why),
        }
        if let Some(call) = &mut orders.call {
            call.generation += 1;
        }
        launched = Instant::now();
        worker = match jobs.launch(&orders).await {
            Ok(worker) => worker,
            Err(error) => return JobEnd::Failed(error.to_string()),
        };
    }
}
