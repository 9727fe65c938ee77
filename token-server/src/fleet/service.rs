//! One call, from the first worker to the last: each that dies is followed by another, as long as somebody is in the room.
//!
//! ```text
//!  begin ──> launch ──> watch ──┬── ended as it should ──> over
//!              ^                └── died, hung, could not be started
//!              │                        │  too often ──> the people are told, over
//!              └── next lease <─────────┘  nobody there ──> over
//! ```

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use calls::{CallRecord, Lease, WorkerPlace};
use proto::names::{Identity, RoomName};
use telemetry::events::{WorkerExited, WorkerSpawned};
use tokio::sync::Notify;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;
use tracing::{error, info, warn};
use worker_process::{Outcome, Restarts, Stop, is_final, is_ordinary, meaning};

use super::ledger::{Entry, Found, Next};
use super::registry::Started;
use super::rooms::Failure;
use super::{Inner, Slot, StartResult, adopted};
use crate::persona::Persona;

/// How often it is asked whether somebody is still there.
const ASK_EVERY: Duration = Duration::from_millis(500);
/// A room has to be empty for so long: after a restart of the LiveKit server people need a while to come back.
const EMPTY_FOR: Duration = Duration::from_secs(6);
/// For how long a LiveKit server that does not answer is asked.
const SFU_PATIENCE: Duration = Duration::from_secs(120);
/// What the people in the room are told in the end.
const GIVEN_UP: &str = "Sorry, the assistant cannot be reached at the moment. Please invite it again later.";

/// How a call comes to this server.
pub(super) enum Beginning {
    /// Somebody invited the agent; whoever waits for its first worker hears how that went.
    Invited,
    /// Its worker was started by an earlier server and runs.
    Adopted(CallRecord, WorkerPlace),
    /// A worker serves it that LiveKit's scheduler chose, for this server or another one.
    Followed(CallRecord),
    /// Its worker is dead.
    Orphaned(CallRecord),
}

/// How far a call is that is to be followed.
pub(super) enum Since {
    /// A worker serves it.
    Served,
    /// It was given to the scheduler under this id; without one, that is to be tried again.
    Dispatched(Option<String>),
}

/// How a worker's service ended.
pub(super) enum End {
    /// The call is over.
    Over,
    /// The worker goes on without us, or the call is somebody else's.
    Left,
    /// The worker died, or could not be started: why.
    Died(String),
    /// The same, and the next one would not fare better.
    Hopeless(String),
    /// The first one could not be started: whoever invited the agent is told.
    NotStarted(String),
}

/// One call as this server serves it.
pub(super) struct Service {
    pub(super) slot: Slot,
    pub(super) room: RoomName,
    pub(super) persona: Arc<Persona>,
    /// Ends the call; of this room alone.
    pub(super) end: CancellationToken,
    /// Somebody wants the agent while there is no worker.
    pub(super) wanted: Arc<Notify>,
    /// Since when the worker of now serves, as far as this server can know.
    pub(super) served_since: Instant,
    /// Hears what came of the first start.
    pub(super) report: Option<tokio::sync::watch::Sender<StartResult>>,
}

impl Service {
    /// Serves the call to its end.
    pub(super) async fn run(mut self, identity: Identity, beginning: Beginning) {
        let inner = Arc::clone(&self.slot.inner);
        let (mut identity, began, mut restarts) = (identity, Instant::now(), Restarts::default());
        let (mut lease, mut end) = match beginning {
            Beginning::Invited => match self.begin(&inner, &identity).await {
                Entry::Ours(lease) => {
                    let end = self.launch(&inner, &identity, Some(&lease)).await;
                    (Some(lease), end)
                }
                Entry::Unknown => (None, self.launch(&inner, &identity, None).await),
                Entry::Elsewhere(record) => match record.worker.as_ref().and_then(WorkerPlace::runs) {
                    Some(false) if !inner.dispatches() => (Some(record.lease.clone()), self.orphaned(&inner, &record)),
                    // It is another server's, or is about to be found silent.
                    _ => {
                        info!(room = %self.room, "the room's call is served elsewhere");
                        return self.tell(StartResult::Running);
                    }
                },
            },
            Beginning::Adopted(record, place) => {
                let end = self.watch_adopted(&inner, &record, &place).await;
                (Some(record.lease), end)
            }
            Beginning::Followed(record) => {
                let Some(dispatcher) = &inner.launcher.dispatcher else { return };
                let end = self.follow(&inner, dispatcher, record.lease.clone(), Since::Served).await;
                (Some(record.lease), end)
            }
            Beginning::Orphaned(record) => (Some(record.lease.clone()), self.orphaned(&inner, &record)),
        };
        loop {
            let (why, hopeless) = match end {
                End::Left => return,
                End::Over => break,
                End::NotStarted(why) => {
                    inner.lock().failures.add(&self.room, Failure::new(SystemTime::now(), why));
                    // First the place, then the word: whoever hears of the failure may try again at once.
                    let Self { slot, report, .. } = self;
                    drop(slot);
                    if let Some(report) = report {
                        report.send_replace(StartResult::Failed);
                    }
                    if let Some(lease) = lease {
                        inner.ledger.end(&lease).await;
                    }
                    return;
                }
                End::Died(why) => (why, false),
                End::Hopeless(why) => (why, true),
            };
            inner.lock().failures.add(&self.room, Failure::new(SystemTime::now(), why.clone()));
            let follows = {
                let mut shared = inner.lock();
                if let Some(details) = shared.workers.get_mut(&self.slot.id) {
                    details.pid = None;
                    // Its host may have started another process before that died as well.
                    lease = details.lease.take().or(lease);
                }
                shared.registry.died(self.slot.id)
            };
            if !follows || self.is_to_end(&inner) {
                break;
            }
            let pause = if hopeless { None } else { restarts.died(began.elapsed(), self.served_since.elapsed()) };
            let Some(pause) = pause else {
                error!(room = %self.room, why, "no worker stays alive in this room; the people there are told");
                inner.sfu.tell(&self.room, GIVEN_UP).await;
                break;
            };
            warn!(room = %self.room, why, ?pause, "a worker died; another one follows");
            if !self.is_wanted(&inner, pause).await {
                break;
            }
            let dead = std::mem::replace(&mut identity, Identity::for_agent(rand::random()));
            if let Some(before) = &lease {
                match inner.ledger.next(before, &identity).await {
                    Next::Ours(next) => lease = Some(next),
                    Next::NotOurs => return,
                }
            }
            // The next one need not wait until the server has noticed that the dead one is gone: up to 20 s.
            let room = self.room.clone();
            if inner.launcher.dispatcher.is_some() {
                // The scheduler named it, not we.
                inner.sfu.remove_agents(&room).await;
            }
            self.served_since = Instant::now();
            let (next, ()) =
                tokio::join!(self.launch(&inner, &identity, lease.as_ref()), inner.sfu.remove(&room, dead.as_str()));
            end = next;
        }
        self.tell(StartResult::Failed);
        // When this server closes, calls stay: whoever comes after it goes on with them.
        let last = inner.lock().workers.get_mut(&self.slot.id).and_then(|details| details.lease.clone());
        let stays = inner.stop.end.is_cancelled() || inner.stop.abandon.is_cancelled();
        if let Some(lease) = last.or(lease).filter(|_| !stays) {
            inner.ledger.end(&lease).await;
        }
    }

    /// Writes the call down. A worker that is leaving has not said so to the store yet: that is done for it.
    async fn begin(&self, inner: &Inner, identity: &Identity) -> Entry {
        match inner.ledger.begin(&self.room, &self.persona, identity).await {
            Entry::Elsewhere(record) if inner.lock().is_leaving(&record.lease) => {
                inner.ledger.end(&record.lease).await;
                inner.ledger.begin(&self.room, &self.persona, identity).await
            }
            entry => entry,
        }
    }

    /// A dead worker may only be deaf: it must not be in the room beside the next one. A worker host sees to its own.
    fn orphaned(&self, inner: &Inner, record: &CallRecord) -> End {
        if let Some(place) = record.worker.as_ref().filter(|_| !inner.dispatches()) {
            adopted::kill(place);
        }
        End::Died("its worker is not heard any more".to_owned())
    }

    /// Tells whoever waits for the first start, once.
    pub(super) fn tell(&mut self, result: StartResult) {
        if let Some(report) = self.report.take() {
            report.send_replace(result);
        }
    }

    fn is_to_end(&self, inner: &Inner) -> bool {
        self.end.is_cancelled() || inner.stop.kill.is_cancelled() || inner.stop.abandon.is_cancelled()
    }

    /// Whether somebody is in the room, after `pause`.
    async fn is_wanted(&self, inner: &Inner, pause: Duration) -> bool {
        let begun = Instant::now() + pause;
        let mut empty_since = None;
        let ask = async {
            tokio::time::sleep(pause).await;
            while begun.elapsed() < SFU_PATIENCE {
                match inner.sfu.somebody_is_there(&self.room).await {
                    Some(true) => return true,
                    Some(false) if empty_since.get_or_insert_with(Instant::now).elapsed() >= EMPTY_FOR => return false,
                    Some(false) => {}
                    None => empty_since = None,
                }
                tokio::time::sleep(ASK_EVERY).await;
            }
            warn!(room = %self.room, "the LiveKit server does not say whether somebody waits here");
            false
        };
        tokio::select! {
            wanted = ask => wanted,
            () = self.wanted.notified() => true,
            () = self.end.cancelled() => false,
            () = inner.stop.abandon.cancelled() => false,
        }
    }

    /// Starts a worker and watches it to its end.
    async fn launch(&mut self, inner: &Arc<Inner>, identity: &Identity, lease: Option<&Lease>) -> End {
        if let Some(dispatcher) = &inner.launcher.dispatcher {
            return self.dispatched(inner, dispatcher, lease).await;
        }
        let launched = inner.launcher.launch(SystemTime::now(), &self.room, identity, &self.persona, lease).await;
        let worker = match launched {
            Ok(worker) => worker,
            Err(error) => {
                error!(room = %self.room, %error, "no worker for this room");
                let why = error.to_string();
                if self.report.is_some() {
                    return End::NotStarted(why);
                }
                return End::Died(why);
            }
        };
        let pid = worker.pid();
        WorkerSpawned { room: self.room.as_str(), identity: identity.as_str(), pid: pid.unwrap_or_default() }.emit();
        let stop = self.stop(inner);
        let started = {
            let mut shared = inner.lock();
            shared.starts.remove(&self.slot.id);
            if let Some(details) = shared.workers.get_mut(&self.slot.id) {
                details.identity = identity.clone();
                details.pid = pid;
                details.lease = lease.cloned();
                details.kill = stop.kill.clone();
            }
            shared.registry.started(self.slot.id)
        };
        self.tell(match started {
            Started::Serve => StartResult::Running,
            Started::EndAtOnce => StartResult::Failed,
        });
        let began = Instant::now();
        let id = self.slot.id;
        let (room, identity) = (self.room.clone(), identity.clone());
        match worker.watch(&stop, || inner.lock().registry.ending(id)).await {
            Outcome::Exited(status) => {
                let (meaning, ordinary) = (meaning(status), is_ordinary(status));
                WorkerExited {
                    room: room.as_str(),
                    identity: identity.as_str(),
                    pid: pid.unwrap_or_default(),
                    code: status.code(),
                    meaning: &meaning,
                    ordinary,
                    seconds: began.elapsed().as_secs_f64(),
                }
                .emit();
                if ordinary {
                    End::Over
                } else if is_final(status) {
                    End::Hopeless(meaning)
                } else {
                    End::Died(meaning)
                }
            }
            Outcome::Abandoned => {
                info!(%room, %identity, "worker left running");
                End::Left
            }
            Outcome::Lost => {
                error!(%room, %identity, "worker lost: it could be neither ended nor awaited");
                End::Died("worker lost: it could be neither ended nor awaited".to_owned())
            }
        }
    }

    /// Watches a worker that is no child of ours.
    async fn watch_adopted(&mut self, inner: &Arc<Inner>, record: &CallRecord, place: &WorkerPlace) -> End {
        let stop = self.begin_watch(inner, Some(&record.lease));
        if let Some(details) = inner.lock().workers.get_mut(&self.slot.id) {
            details.pid = Some(place.pid);
        }
        info!(room = %self.room, pid = place.pid, holder = record.holder, "a worker was adopted");
        if !adopted::watch(place, &stop).await {
            return End::Left;
        }
        // How it ended its parent alone would know; but a call that is over is not in the store any more.
        match inner.ledger.look(&self.room).await {
            Found::Record(now) if now.lease != record.lease => End::Left,
            Found::Record(_) | Found::Unknown => End::Died("a worker that was adopted died".to_owned()),
            Found::Nothing => End::Over,
        }
    }

    /// A worker that is no process of ours is about to serve the call; what ends that.
    pub(super) fn begin_watch(&self, inner: &Inner, lease: Option<&Lease>) -> Stop {
        let stop = self.stop(inner);
        let mut shared = inner.lock();
        shared.starts.remove(&self.slot.id);
        if let Some(details) = shared.workers.get_mut(&self.slot.id) {
            details.lease = lease.cloned();
            details.kill = stop.kill.clone();
        }
        shared.registry.started(self.slot.id);
        stop
    }

    /// What ends one worker.
    fn stop(&self, inner: &Inner) -> Stop {
        Stop { end: self.end.clone(), kill: inner.stop.kill.child_token(), ..inner.stop.clone() }
    }
}
