//! Who waits for what: answers, rooms, media and data streams, the track ids of our publications.
//!
//! Locks here are held for moments only, never while waiting, and never two at a time (but for a track id, which is
//! a lock of its own and always the innermost).

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::oneshot;

use super::events::RoomEntry;
use super::reply::Reply;
use super::rpc::Desks;
use super::stream_queue::StreamQueues;
use super::streams::Streams;

/// A track's id in the room, which the library changes when it publishes the track again.
pub(super) type SharedSid = Arc<Mutex<String>>;

/// Ids we give to requests start here, far above the library's own.
const FIRST_REQUEST: u64 = 1 << 40;

/// Everything that an event can be for.
pub(super) struct Registry {
    next_request: AtomicU64,
    pending: Mutex<HashMap<u64, oneshot::Sender<Reply>>>,
    publications: Mutex<HashMap<u64, SharedSid>>,
    /// Joined rooms, by native handle.
    pub(super) rooms: Mutex<HashMap<u64, RoomEntry>>,
    /// Open media streams.
    pub(super) streams: Streams,
    /// Open incoming text streams.
    pub(super) texts: StreamQueues<String>,
    /// Open incoming byte streams.
    pub(super) bytes: StreamQueues<Vec<u8>>,
    /// Calls between participants.
    pub(super) rpc: Desks,
}

impl Default for Registry {
    fn default() -> Self {
        Self {
            next_request: AtomicU64::new(FIRST_REQUEST),
            pending: Mutex::default(),
            publications: Mutex::default(),
            rooms: Mutex::default(),
            streams: Streams::default(),
            texts: StreamQueues::default(),
            bytes: StreamQueues::default(),
            rpc: Desks::default(),
        }
    }
}

/// Locks, also after a panic elsewhere: every critical section leaves its data whole.
pub(super) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Registry {
    /// A new request id, and where its answer will arrive.
    pub(super) fn expect_reply(&self) -> (u64, oneshot::Receiver<Reply>) {
        let id = self.next_request.fetch_add(1, Ordering::Relaxed);
        let (sender, receiver) = oneshot::channel();
        lock(&self.pending).insert(id, sender);
        (id, receiver)
    }

    /// A request id whose answer nobody waits for.
    pub(super) fn unanswered(&self) -> u64 {
        self.next_request.fetch_add(1, Ordering::Relaxed)
    }

    /// Nobody waits for this answer any more.
    pub(super) fn forget(&self, id: u64) {
        lock(&self.pending).remove(&id);
    }

    /// Passes an answer on. When nobody waits for it, what it owns is released.
    pub(super) fn answer(&self, id: u64, reply: Reply) {
        let waiting = lock(&self.pending).remove(&id);
        match waiting {
            Some(sender) => drop(sender.send(reply)),
            None => drop(reply),
        }
    }

    /// Remembers a publication of ours, so that it can be renamed.
    pub(super) fn add_publication(&self, handle: u64, sid: String) -> SharedSid {
        let sid: SharedSid = Arc::new(Mutex::new(sid));
        lock(&self.publications).insert(handle, sid.clone());
        sid
    }

    /// A publication got another track id. It is found by its handle or, as the library may hand out a new handle
    /// for it, by its previous id. False when the handle is not one that we hold.
    pub(super) fn rename_publication(&self, handle: u64, previous: &str, sid: &str) -> bool {
        let (held, shared) = {
            let publications = lock(&self.publications);
            let held = publications.get(&handle).cloned();
            let is_held = held.is_some();
            let by_id = || publications.values().find(|shared| *lock(shared) == previous).cloned();
            (is_held, held.or_else(by_id))
        };
        if let Some(shared) = shared {
            sid.clone_into(&mut lock(&shared));
        }
        held
    }

    /// A publication is no longer of interest.
    pub(super) fn remove_publication(&self, handle: u64) {
        lock(&self.publications).remove(&handle);
    }
}
