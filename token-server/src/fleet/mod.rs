//! The workers of this server: started on invitation, one per room, never above the cap, always reaped.
//!
//! [`registry`] decides, without I/O; `worker-process` does; this module lets concurrent calls share one decision. The task
//! that starts a worker belongs to the fleet, not to the request that asked for it: a caller who hangs up leaves
//! nothing half done.

mod adopted;
mod dispatched;
pub mod dispatcher;
pub mod launcher;
pub mod ledger;
pub mod registry;
pub mod rooms;
mod service;
pub mod sfu;
mod watcher;

use std::collections::{BTreeSet, HashMap};
use std::num::NonZeroUsize;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use proto::http::AvatarState;
use proto::names::{Identity, RoomName};
use tokio::sync::{Notify, watch};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tracing::{error, info, warn};

use crate::persona::Persona;
use calls::Lease;
use launcher::Launcher;
use ledger::Ledger;
use registry::{Invitation, Phase, Registry, WorkerId};
use rooms::{Failures, RoomReport, WorkerReport};
use service::{Beginning, Service};
use sfu::Sfu;
use worker_process::{OnOwnerExit, Stop, Usage};

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
    workers: HashMap<WorkerId, Details>,
    failures: Failures,
}

/// What is known of a worker beside its place in the registry.
struct Details {
    /// Whom it plays.
    persona: Arc<Persona>,
    identity: Identity,
    pid: Option<u32>,
    invited: Instant,
    /// Ends the call alone.
    end: CancellationToken,
    /// Kills its present worker alone.
    kill: CancellationToken,
    /// What it serves, as the store has it.
    lease: Option<Lease>,
    /// Somebody wants the agent while its worker is dead.
    wanted: Arc<Notify>,
}

struct Inner {
    shared: Mutex<Shared>,
    launcher: Launcher,
    ledger: Ledger,
    sfu: Sfu,
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
    pub fn new(launcher: Launcher, max_workers: NonZeroUsize, ledger: Ledger, sfu: Sfu) -> Self {
        let shared = Shared {
            registry: Registry::new(max_workers),
            starts: HashMap::new(),
            workers: HashMap::new(),
            failures: Failures::default(),
        };
        Self(Arc::new(Inner {
            shared: Mutex::new(shared),
            launcher,
            ledger,
            sfu,
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
                Invitation::Replacing(id) => {
                    if let Some(worker) = shared.workers.get(&id) {
                        worker.wanted.notify_one();
                    }
                    return AvatarState::Starting;
                }
                Invitation::AlreadyStarting(id) => (shared.starts.get(&id).cloned(), AvatarState::Running),
                Invitation::Start(id) => {
                    let (report, start) = watch::channel(StartResult::Pending);
                    shared.starts.insert(id, start.clone());
                    self.0.serve(&mut shared, id, room, persona, Beginning::Invited, Some(report));
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
        let id = shared.registry.present(room)?;
        shared.workers.get(&id).map(|worker| Arc::clone(&worker.persona))
    }

    /// Ends the worker that is in `room` or on the way there. Returns whether there was one. Whoever invites from now on
    /// gets another one.
    pub fn end(&self, room: &RoomName) -> bool {
        let mut shared = self.0.lock();
        let Some(id) = shared.registry.present(room) else { return false };
        shared.registry.ending(id);
        if let Some(worker) = shared.workers.get(&id) {
            worker.end.cancel();
        }
        true
    }

    /// Every room that has a worker, or whose last one failed.
    #[must_use]
    pub fn reports(&self) -> Vec<RoomReport> {
        let rooms: BTreeSet<RoomName> = {
            let shared = self.0.lock();
            shared.registry.workers().map(|(_, room, _)| room).chain(shared.failures.rooms()).cloned().collect()
        };
        rooms.iter().filter_map(|room| self.report(room)).collect()
    }

    /// One room; `None` when it has no worker and none has failed there.
    #[must_use]
    pub fn report(&self, room: &RoomName) -> Option<RoomReport> {
        let (mut workers, last_error) = {
            let shared = self.0.lock();
            let of_room = shared.registry.workers().filter(|(_, its_room, _)| *its_room == room);
            let workers = of_room.filter_map(|(id, _, phase)| Some(shared.workers.get(&id)?.report(phase)));
            (workers.collect::<Vec<_>>(), shared.failures.of(room).cloned())
        };
        // Files are read without the lock.
        for worker in &mut workers {
            worker.usage = worker.pid.and_then(Usage::of);
        }
        let is_known = !workers.is_empty() || last_error.is_some();
        is_known.then(|| RoomReport { room_name: room.clone(), workers, last_error })
    }

    /// How many workers there are and may be.
    #[must_use]
    pub fn load(&self) -> Load {
        let shared = self.0.lock();
        Load { workers: shared.registry.processes(), max_workers: shared.registry.max_workers() }
    }

    /// From now on this server serves a call that is in the store already, unless the room has a worker of ours.
    fn take_over(&self, room: &RoomName, persona: &Arc<Persona>, beginning: Beginning) {
        let mut shared = self.0.lock();
        match shared.registry.invite(room) {
            Invitation::Start(id) => self.0.serve(&mut shared, id, room, persona, beginning, None),
            // Whoever dispatched it sees to it.
            Invitation::Full if matches!(beginning, Beginning::Followed(_)) => {}
            Invitation::Full => warn!(%room, "no worker for this call: the cap is reached"),
            Invitation::Present | Invitation::AlreadyStarting(_) | Invitation::Replacing(_) | Invitation::Closed => {}
        }
    }

    /// Keeps workers standing by until `stop`, if that was asked for.
    pub async fn keep_standby(&self, stop: CancellationToken) {
        self.0.launcher.standby.keep(stop).await;
    }

    /// Closes the fleet: no further worker starts; those that are there end with the server, or are left alone, as
    /// was set. `hurry` cuts the waiting short and kills at once.
    pub async fn close(&self, hurry: CancellationToken) {
        let on_owner_exit = self.0.launcher.program.on_owner_exit;
        let workers = {
            let mut shared = self.0.lock();
            shared.registry.close();
            shared.registry.len()
        };
        self.0.tasks.close();
        match on_owner_exit {
            OnOwnerExit::End => {
                info!(workers, "ending the workers");
                self.0.stop.end.cancel();
            }
            OnOwnerExit::Leave => {
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
    /// Begins to serve a room, on a task that belongs to the fleet.
    fn serve(
        self: &Arc<Self>,
        shared: &mut Shared,
        id: WorkerId,
        room: &RoomName,
        persona: &Arc<Persona>,
        beginning: Beginning,
        report: Option<watch::Sender<StartResult>>,
    ) {
        let identity = match &beginning {
            Beginning::Invited => Identity::for_agent(rand::random()),
            Beginning::Adopted(record, _) | Beginning::Followed(record) | Beginning::Orphaned(record) => {
                Identity::of_agent(&record.holder).unwrap_or_else(|| Identity::for_agent(rand::random()))
            }
        };
        let (end, wanted) = (self.stop.end.child_token(), Arc::new(Notify::new()));
        let details = Details {
            persona: Arc::clone(persona),
            identity: identity.clone(),
            pid: None,
            invited: Instant::now(),
            end: end.clone(),
            kill: self.stop.kill.child_token(),
            lease: None,
            wanted: Arc::clone(&wanted),
        };
        shared.workers.insert(id, details);
        let slot = Slot { inner: Arc::clone(self), id };
        let service = Service {
            slot,
            room: room.clone(),
            persona: Arc::clone(persona),
            end,
            wanted,
            served_since: tokio::time::Instant::now(),
            report,
        };
        self.tasks.spawn(service.run(identity, beginning));
    }

    /// Whether workers are found by LiveKit's scheduler: then their processes are their hosts' business, on whatever machine.
    fn dispatches(&self) -> bool {
        self.launcher.dispatcher.is_some()
    }

    /// The call of a worker's place has another lease now.
    fn serves_now(&self, id: WorkerId, lease: &Lease) {
        if let Some(details) = self.lock().workers.get_mut(&id) {
            details.lease = Some(lease.clone());
        }
    }

    /// Kills the worker that serves this lease, if it is ours: it does not answer any more.
    fn hung(&self, lease: &Lease) -> bool {
        let shared = self.lock();
        let Some(worker) = shared.workers.values().find(|worker| worker.lease.as_ref() == Some(lease)) else {
            return false;
        };
        worker.kill.cancel();
        true
    }

    fn lock(&self) -> MutexGuard<'_, Shared> {
        // Nothing that is done under the lock can leave it half done.
        self.shared.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Shared {
    /// Whether a worker of ours serves this lease.
    fn serves(&self, lease: &Lease) -> bool {
        self.workers.values().any(|worker| worker.lease.as_ref() == Some(lease))
    }

    /// The same, of one that is leaving.
    fn is_leaving(&self, lease: &Lease) -> bool {
        let ending = |id: &WorkerId| self.registry.workers().any(|(of, _, phase)| of == *id && phase == Phase::Ending);
        self.workers.iter().any(|(id, worker)| worker.lease.as_ref() == Some(lease) && ending(id))
    }
}

impl Details {
    fn report(&self, phase: Phase) -> WorkerReport {
        WorkerReport {
            state: rooms::state(phase),
            identity: Some(self.identity.clone()),
            avatar_name: self.persona.name.to_string(),
            pid: self.pid,
            seconds: self.invited.elapsed().as_secs(),
            usage: None,
        }
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
        shared.workers.remove(&self.id);
        shared.registry.gone(self.id);
    }
}
