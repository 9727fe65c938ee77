//! What must outlive a process: which rooms are to have an agent, who serves them, what was said.
//!
//! For: a call that goes on when the process that serves it dies, or the one that started it. A small store (SQLite, or
//! Redis for many machines) holds a record and the last turns of each call; [`Keeper`] is a worker's side of it,
//! [`Observer`] the side of whoever has to notice that a worker is dead.
//!
//! Never: LiveKit, media, engines, starting or ending a process; a clock of one machine compared with another's; a wait without a deadline;
//! speech that waits for a store; a word of what was said, or an address (it may hold a password), in a log.
//!
//! ```text
//!   token server                                             worker
//!   ────────────                                             ──────
//!   begin, replace, give_up ──┐                        ┌── Keeper: two beats a second, the turns in order
//!   calls, probe twice a s. ──┤                        │      └─> Holding: Yours | Superseded | Gone | Unknown
//!        │                    ▼                        ▼
//!        │            dyn CallStore = Guarded (deadline) ── SqliteStore: one thread, one file, many processes
//!        ▼                                               ├─ RedisStore: scripts, one slot a room, expiry on everything
//!   Observer (no I/O, no clock) ── silent leases         └─ MemoryStore: the model, and for tests
//! ```
//!
//! A [`Lease`] (room, call, generation) is what every change is checked against: who has an old one is told, and changes
//! nothing.

mod address;
mod error;
mod guarded;
mod keeper;
mod memory;
mod model;
mod observer;
mod place;
mod redis_store;
mod sqlite;
mod store;

use std::sync::Arc;
use std::time::Duration;

pub use address::{Address, AddressError};
pub use error::StoreError;
pub use guarded::{Guarded, MAX_NAME_BYTES};
pub use keeper::{FAREWELL_DEADLINE, Holding, Keeper, Post};
pub use memory::MemoryStore;
pub use model::{
    Beat, CallId, CallRecord, CallState, Generation, Lease, MAX_TURN_BYTES, MAX_TURNS, NewCall, NotACallId,
    NotAGeneration, Turn, WorkerPlace,
};
pub use observer::{Observer, ObserverSettings};
pub use store::{Begun, CallStore, PAGE, Page, Replacement, Standing, all_calls};

use address::Place;

/// How long one operation may take, if nothing else is said.
pub const DEFAULT_DEADLINE: Duration = Duration::from_secs(2);

/// Opens the store at an address; see [`Address`]. It does not touch it yet: [`CallStore::probe`] says whether it works.
pub fn open(address: &str) -> Result<Arc<dyn CallStore>, StoreError> {
    open_with_deadline(&address.parse()?, DEFAULT_DEADLINE)
}

/// The same with another deadline for each operation.
pub fn open_with_deadline(address: &Address, deadline: Duration) -> Result<Arc<dyn CallStore>, StoreError> {
    match address.place() {
        Place::Sqlite(path) => Ok(Arc::new(Guarded::new(sqlite::SqliteStore::new(path.clone(), deadline), deadline))),
        Place::Redis(address) => Ok(Arc::new(Guarded::new(redis_store::RedisStore::new(address, deadline)?, deadline))),
    }
}
