//! Compares, twice a second, what the store says with what runs: workers that outlived an earlier server are adopted, those of
//! worker hosts are followed, those that are silent are killed and replaced, calls that nobody serves are taken over.

use std::collections::HashMap;
use std::time::Duration;

use calls::{CallRecord, CallState, CallStore, Lease, Observer, ObserverSettings, WorkerPlace, all_calls};
use proto::names::{AvatarName, RoomName};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;
use tracing::{info, warn};
use worker_process::OnOwnerExit;

use super::Fleet;
use super::service::Beginning;
use crate::personas::Personas;

/// How often.
const LOOK_EVERY: Duration = Duration::from_millis(500);
/// How long a call may be without a worker that was ever heard, before somebody else than the one who started it sees to
/// it.
pub(super) const UNHEARD: Duration = Duration::from_secs(10);
/// How long a silent worker of another server is left to that one.
const OTHERS_FIRST: Duration = Duration::from_secs(2);

impl Fleet {
    /// Watches the store of calls until `stop`; returns at once when there is none.
    pub async fn watch_calls(&self, personas: &Personas, stop: CancellationToken) {
        let Some(store) = self.0.ledger.store().cloned() else { return };
        let mut watcher =
            Watcher { fleet: self, personas, began: Instant::now(), failing: false, others: HashMap::new() };
        let mut observer = Observer::new(ObserverSettings::default());
        loop {
            tokio::select! {
                () = stop.cancelled() => return,
                () = watcher.look(&*store, &mut observer) => {}
            }
            tokio::select! {
                () = stop.cancelled() => return,
                () = tokio::time::sleep(LOOK_EVERY) => {}
            }
        }
    }
}

struct Watcher<'a> {
    fleet: &'a Fleet,
    personas: &'a Personas,
    began: Instant,
    failing: bool,
    /// Calls of others that something seems to be wrong with, and since when.
    others: HashMap<Lease, Duration>,
}

impl Watcher<'_> {
    fn now(&self) -> Duration {
        self.began.elapsed()
    }

    async fn look(&mut self, store: &dyn CallStore, observer: &mut Observer) {
        let asked = self.now();
        let probed = store.probe().await;
        match &probed {
            Ok(()) => observer.probed(asked, self.now()),
            Err(_) => observer.probe_failed(),
        }
        let asked = self.now();
        let records = match (all_calls(store).await, probed) {
            (Ok(records), Ok(())) => records,
            (Err(error), _) | (Ok(_), Err(error)) => {
                if !std::mem::replace(&mut self.failing, true) {
                    warn!(%error, "the store of calls does not work: a worker that hangs is not noticed until it does");
                }
                return observer.read_failed();
            }
        };
        if std::mem::take(&mut self.failing) {
            info!("the store of calls works again");
        }
        observer.read(asked, self.now(), &records);
        let silent = observer.silent(self.now());
        let suspects: Vec<&CallRecord> = records.iter().filter(|record| self.concerns_us(record, &silent)).collect();
        self.others.retain(|lease, _| suspects.iter().any(|record| record.lease == *lease));
        for record in suspects {
            self.see_to(record, silent.contains(&record.lease));
        }
    }

    /// Whether something is to be done about a call, now or soon.
    fn concerns_us(&self, record: &CallRecord, silent: &[Lease]) -> bool {
        let silent = silent.contains(&record.lease);
        if self.fleet.0.lock().serves(&record.lease) {
            return silent;
        }
        let runs = record.worker.as_ref().and_then(WorkerPlace::runs);
        silent || runs.is_some() || record.state != CallState::Served || self.fleet.0.dispatches()
    }

    fn see_to(&mut self, record: &CallRecord, silent: bool) {
        let lease = &record.lease;
        if self.fleet.0.hung(lease) {
            return warn!(room = lease.room, "a worker is silent: it is killed");
        }
        let since =
            self.now().saturating_sub(*self.others.entry(lease.clone()).or_insert_with(|| self.began.elapsed()));
        let leaves = self.fleet.0.launcher.program.on_owner_exit == OnOwnerExit::Leave;
        let dispatches = self.fleet.0.dispatches();
        match record.worker.as_ref().map(|place| (place, place.runs())) {
            _ if dispatches && !silent && record.state == CallState::Served => {
                self.take(record, Beginning::Followed(record.clone()))
            }
            Some((place, Some(true))) if leaves && !silent && !dispatches => {
                self.take(record, Beginning::Adopted(record.clone(), place.clone()))
            }
            Some((_, Some(false))) if !dispatches => self.take(record, Beginning::Orphaned(record.clone())),
            _ if silent && since >= OTHERS_FIRST => self.take(record, Beginning::Orphaned(record.clone())),
            _ if record.state != CallState::Served && since >= UNHEARD => {
                self.take(record, Beginning::Orphaned(record.clone()));
            }
            _ => {}
        }
    }

    /// From now on this server serves the call, unless it serves the room already.
    fn take(&self, record: &CallRecord, beginning: Beginning) {
        let Ok(room) = RoomName::parse(&record.lease.room) else {
            return warn!(room = record.lease.room, "the store has a call in a room that cannot be");
        };
        let named = record.persona.as_deref().and_then(|name| AvatarName::parse(name).ok());
        let persona = named.and_then(|name| self.personas.named(&name).cloned());
        self.fleet.take_over(&room, &persona.unwrap_or_else(|| self.personas.default_persona().clone()), beginning);
    }
}
