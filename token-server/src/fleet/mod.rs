//! The workers of this server: started on invitation, one per room, never above the cap, always reaped.
//!
//! [`registry`] decides, without I/O; [`process`] does; this module lets concurrent calls share one decision. The task
//! that starts a worker belongs to the fleet, not to the request that asked for it: a caller who hangs up leaves
//! nothing half done.

mod log_lines;
pub mod process;
pub mod registry;

use std::collections::HashMap;
use std::num::NonZeroUsize;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime};

use proto::http::AvatarState;
use proto::names::{Identity, RoomName};
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tracing::{error, info, warn};

use crate::persona::Persona;
use crate::settings::OnServerExit;
use process::{Launcher, Outcome, Stop, WorkerProcess, is_ordinary, meaning};
use registry::{Invitation, Registry, Started, WorkerId};

/// How long a call waits to learn whether a worker's process started. Starting one takes milliseconds.
const START_DEADLINE: Duration = Duration::from_secs(5);

/// How long workers get to end by themselves when the server ends: short enough that killing the rest still happens
/// within [`proto::worker::LIFELINE_GRACE`], also on a busy machine.
const END_GRACE: Duration = Duration::from_millis(4000);

/// How long closing may take in all, with the killing.
const CLOSE_DEADLINE: Duration = Duration::from_secs(8);

/// What came of a start.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum StartResult {
    Pending,
    Running,
    Failed,
}

struct Shared {
    registry: Registry,
    /// Where to learn what comes of a start that is under way.
    starts: HashMap<WorkerId, watch::Receiver<StartResult>>,
    /// Whom each worker plays.
    personas: HashMap<WorkerId, Arc<Persona>>,
}

struct Inner {
    shared: Mutex<Shared>,
    launcher: Launcher,
    tasks: TaskTracker,
    stop: Stop,
}

/// A handle to all workers. Clones are the same fleet.
#[derive(Clone)]
pub struct Fleet(Arc<Inner>);

/// How many workers there are and may be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Load {
    /// Worker processes now, those that are ending included.
    pub workers: usize,
    /// The most there may be.
    pub max_workers: usize,
}

impl Fleet {
    /// An empty fleet.
    #[must_use]
    pub fn new(launcher: Launcher, max_workers: NonZeroUsize) -> Self {
        let shared = Shared { registry: Registry::new(max_workers), starts: HashMap::new(), personas: HashMap::new() };
        Self(Arc::new(Inner {
            shared: Mutex::new(shared),
            launcher,
            tasks: TaskTracker::new(),
            stop: Stop {
                end: CancellationToken::new(),
                grace: END_GRACE,
                kill: CancellationToken::new(),
                abandon: CancellationToken::new(),
            },
        }))
    }

    /// Brings the avatar into `room`, unless one is there, whoever that is. However many calls come at once, one worker is
    /// started.
    pub async fn invite(&self, room: &RoomName, persona: &Arc<Persona>) -> AvatarState {
        let (start, when_started) = {
            let mut shared = self.0.lock();
            match shared.registry.invite(room) {
                Invitation::Present => return AvatarState::Running,
                Invitation::Closed => return AvatarState::None,
                Invitation::Full => {
                    warn!(%room, max_workers = shared.registry.max_workers(), "no worker for this room: the cap is reached");
                    return AvatarState::None;
                }
                Invitation::AlreadyStarting(id) => (shared.starts.get(&id).cloned(), AvatarState::Running),
                Invitation::Start(id) => {
                    let (report, start) = watch::channel(StartResult::Pending);
                    shared.starts.insert(id, start.clone());
                    shared.personas.insert(id, Arc::clone(persona));
                    let slot = Slot { inner: Arc::clone(&self.0), id };
                    self.0.tasks.spawn(serve_room(slot, room.clone(), Arc::clone(persona), report));
                    (Some(start), AvatarState::Starting)
                }
            }
        };
        // Without a start to wait for, it has started already.
        let started = match start {
            Some(start) => has_started(start).await,
            None => true,
        };
        if started { when_started } else { AvatarState::None }
    }

    /// Who is in `room` or on the way there.
    #[must_use]
    pub fn present(&self, room: &RoomName) -> Option<Arc<Persona>> {
        let shared = self.0.lock();
        shared.registry.present(room).and_then(|id| shared.personas.get(&id).cloned())
    }

    /// How many workers there are and may be.
    #[must_use]
    pub fn load(&self) -> Load {
        let shared = self.0.lock();
        Load { workers: shared.registry.len(), max_workers: shared.registry.max_workers() }
    }

    /// Closes the fleet: no further worker starts; those that are there end with the server, or are left alone, as
    /// was set. `hurry` cuts the waiting short and kills at once.
    pub async fn close(&self, hurry: CancellationToken) {
        let on_server_exit = self.0.launcher.on_server_exit;
        let workers = {
            let mut shared = self.0.lock();
            shared.registry.close();
            shared.registry.len()
        };
        self.0.tasks.close();
        match on_server_exit {
            OnServerExit::End => {
                info!(workers, "ending the workers");
                self.0.stop.end.cancel();
            }
            OnServerExit::Leave => {
                info!(workers, "leaving the workers to themselves");
                self.0.stop.abandon.cancel();
            }
        }
        let all_gone = async {
            tokio::select! {
                () = self.0.tasks.wait() => {}
                () = hurry.cancelled() => {
                    self.0.stop.kill.cancel();
                    self.0.tasks.wait().await;
                }
            }
        };
        if tokio::time::timeout(CLOSE_DEADLINE, all_gone).await.is_err() {
            error!(workers = self.0.tasks.len(), "some workers could not be ended");
        }
    }
}

/// Waits for the end of a start.
async fn has_started(mut start: watch::Receiver<StartResult>) -> bool {
    let result = tokio::time::timeout(START_DEADLINE, start.wait_for(|result| *result != StartResult::Pending)).await;
    match result {
        Ok(Ok(result)) => *result == StartResult::Running,
        // The task is gone without a word, or much too slow.
        Ok(Err(_)) | Err(_) => false,
    }
}

impl Inner {
    fn lock(&self) -> MutexGuard<'_, Shared> {
        // Nothing that is done under the lock can leave it half done.
        self.shared.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A worker's place in the registry: given back when the task that holds it ends, however it ends.
struct Slot {
    inner: Arc<Inner>,
    id: WorkerId,
}

impl Drop for Slot {
    fn drop(&mut self) {
        let mut shared = self.inner.lock();
        shared.starts.remove(&self.id);
        shared.personas.remove(&self.id);
        shared.registry.gone(self.id);
    }
}

/// The whole life of one worker.
async fn serve_room(slot: Slot, room: RoomName, persona: Arc<Persona>, report: watch::Sender<StartResult>) {
    let inner = Arc::clone(&slot.inner);
    let identity = Identity::for_agent(rand::random());
    let worker = match inner.launcher.launch(SystemTime::now(), &room, identity, &persona) {
        Ok(worker) => worker,
        Err(error) => {
            error!(%room, %error, "no worker for this room");
            // First the place, then the word: whoever hears of the failure may try again at once.
            drop(slot);
            report.send_replace(StartResult::Failed);
            return;
        }
    };
    info!(%room, identity = %worker.identity, "worker started");
    let started = {
        let mut shared = inner.lock();
        shared.starts.remove(&slot.id);
        shared.registry.started(slot.id)
    };
    report.send_replace(match started {
        Started::Serve => StartResult::Running,
        Started::EndAtOnce => StartResult::Failed,
    });
    watch_worker(&inner, slot.id, worker).await;
}

/// Waits for a worker's end and logs it.
async fn watch_worker(inner: &Inner, id: WorkerId, worker: WorkerProcess) {
    let (room, identity) = (worker.room.clone(), worker.identity.clone());
    let on_ending = || inner.lock().registry.ending(id);
    match worker.watch(&inner.stop, on_ending).await {
        Outcome::Exited(status) => {
            let meaning = meaning(status);
            if is_ordinary(status) {
                info!(%room, %identity, code = status.code(), meaning, "worker ended");
            } else {
                warn!(%room, %identity, code = status.code(), meaning, "worker ended");
            }
        }
        Outcome::Abandoned => info!(%room, %identity, "worker left running"),
        Outcome::Lost => error!(%room, %identity, "worker lost: it could be neither ended nor awaited"),
    }
}
