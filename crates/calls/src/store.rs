//! The store, whatever it is made of.

use async_trait::async_trait;

use crate::error::StoreError;
use crate::model::{CallRecord, CallState, Lease, NewCall, Turn, WorkerPlace};

/// How many records one page of [`CallStore::calls`] has at most.
pub const PAGE: usize = 200;

/// What must outlive a process. Every operation is atomic, may be repeated after it failed (it may have been done all
/// the same), and ends within the deadline that the store was opened with.
///
/// A store is opened without being there: whether it is, the first operation says.
#[async_trait]
pub trait CallStore: Send + Sync + 'static {
    /// Begins a call in a room that has none, or one that is ending; else answers with the one that is there.
    async fn begin(&self, new: &NewCall) -> Result<Begun, StoreError>;

    /// Gives the call to the next worker. Of several who try at once one succeeds.
    async fn replace(&self, lease: &Lease, holder: &str) -> Result<Replacement, StoreError>;

    /// The worker lives. The call is served from the first time on.
    async fn beat(&self, lease: &Lease) -> Result<Standing, StoreError>;

    /// Writes down where the worker runs.
    async fn set_place(&self, lease: &Lease, place: &WorkerPlace) -> Result<Standing, StoreError>;

    /// Nobody is to serve the call any more: its state becomes `Ending`, and its worker hears [`Standing::Gone`]. The
    /// record stays, for whoever tells the room, until [`CallStore::end`].
    async fn give_up(&self, lease: &Lease) -> Result<Standing, StoreError>;

    /// Deletes the call with its history. [`Standing::Yours`] when that was done now.
    async fn end(&self, lease: &Lease) -> Result<Standing, StoreError>;

    /// Adds turns; of a number that is there already the first text stays. Only the last [`crate::MAX_TURNS`] are kept.
    async fn append(&self, lease: &Lease, turns: &[Turn]) -> Result<Standing, StoreError>;

    /// The turns of the call in order, whatever the lease's generation. Empty when there is no such call.
    async fn history(&self, lease: &Lease) -> Result<Vec<Turn>, StoreError>;

    /// Puts back a call that the store has forgotten, or remembers in an earlier generation: a store that lost its
    /// memory learns it again from the workers. Anything else stays as it is, and the answer says what.
    async fn restore(&self, record: &CallRecord) -> Result<Standing, StoreError>;

    /// The call of a room.
    async fn find(&self, room: &str) -> Result<Option<CallRecord>, StoreError>;

    /// All calls by the names of their rooms, from the one after `after` on, [`PAGE`] at most.
    async fn calls(&self, after: Option<&str>) -> Result<Page, StoreError>;

    /// Writes something of no meaning: does the store take what it is given, and how fast?
    async fn probe(&self) -> Result<(), StoreError>;
}

/// Every call of the store, page by page.
pub async fn all_calls(store: &dyn CallStore) -> Result<Vec<CallRecord>, StoreError> {
    let mut records = Vec::new();
    let mut after = None;
    loop {
        let mut page = store.calls(after.as_deref()).await?;
        records.append(&mut page.records);
        match page.next {
            Some(next) => after = Some(next),
            None => return Ok(records),
        }
    }
}

/// How a call stands for one who holds a lease.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Standing {
    /// It is his; what was asked was done.
    Yours,
    /// A later worker has it; nothing was done.
    Superseded,
    /// It was ended or given up, or the room has another call; nothing was done.
    Gone,
    /// The store knows nothing of it, and nobody ended it: it has lost its memory ([`CallStore::restore`]).
    Forgotten,
}

impl Standing {
    /// How a lease stands when the room's record is this; `ended` counts only when there is none.
    pub(crate) fn of(lease: &Lease, record: Option<&CallRecord>, ended: bool) -> Self {
        match record {
            None if ended => Self::Gone,
            None => Self::Forgotten,
            Some(record) if record.lease.call != lease.call || record.state == CallState::Ending => Self::Gone,
            Some(record) if record.lease.generation > lease.generation => Self::Superseded,
            // It was written down before the store lost its memory of the last generations.
            Some(record) if record.lease.generation < lease.generation => Self::Forgotten,
            Some(_) => Self::Yours,
        }
    }
}

/// How [`CallStore::begin`] went.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Begun {
    /// The call is new: somebody has to start its worker.
    New(CallRecord),
    /// The room has had a call already.
    Already(CallRecord),
}

impl Begun {
    /// The call.
    #[must_use]
    pub fn into_record(self) -> CallRecord {
        match self {
            Self::New(record) | Self::Already(record) => record,
        }
    }
}

/// How [`CallStore::replace`] went.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Replacement {
    /// It is done: somebody has to start the worker of this generation.
    Replaced(CallRecord),
    /// Somebody else was quicker.
    Superseded,
    /// There is nothing to replace: see [`Standing::Gone`] and [`Standing::Forgotten`].
    Gone,
}

/// A part of the list of calls.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Page {
    /// By room.
    pub records: Vec<CallRecord>,
    /// What to ask for the rest with; `None` when this was all.
    pub next: Option<String>,
}

impl Page {
    /// A full page says where the next one begins.
    pub(crate) fn new(records: Vec<CallRecord>) -> Self {
        let next = records.last().filter(|_| records.len() >= PAGE).map(|record| record.lease.room.clone());
        Self { records, next }
    }
}
