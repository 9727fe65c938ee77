//! A worker's side of the store: it says that the worker lives, writes the turns down, and hears whether the call is
//! still the worker's.

mod book;
mod task;

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use chat::Role;
use tokio::sync::{Notify, oneshot, watch};
use tokio_util::task::AbortOnDropHandle;
use tracing::debug;

use crate::error::StoreError;
use crate::model::{Lease, Turn, WorkerPlace};
use crate::store::{CallStore, Standing};
use book::Book;
use task::{Farewell, Task};

/// How often a worker says that it lives.
const BEAT_INTERVAL: Duration = Duration::from_millis(500);
/// How long writing the last turns may take when the worker leaves, and ending the call after that.
pub const FAREWELL_DEADLINE: Duration = Duration::from_secs(1);

/// Whether the call is still the worker's.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Holding {
    /// The store does not say: it was not asked yet, or does not answer. The worker goes on.
    Unknown,
    /// It is.
    Yours,
    /// Another worker has it: this one leaves the room at once. That stays so.
    Superseded,
    /// It was ended or given up, or the room has another call: the worker leaves. That stays so.
    Gone,
}

/// What a keeper is started with.
#[derive(Debug, Clone)]
pub struct Post {
    /// The lease that the worker was started with.
    pub lease: Lease,
    /// Where it runs, to be written down.
    pub place: Option<WorkerPlace>,
    /// The identity of the agent, where it is known: for a store that was away when this worker was chosen.
    pub holder: Option<String>,
    /// The turns of the workers before it, as they were read.
    pub history: Vec<Turn>,
}

/// Keeps a call. Nothing of it waits for the store except [`Keeper::leave`] and [`Keeper::end`]; dropped, it writes
/// nothing more.
#[derive(Debug)]
pub struct Keeper {
    notes: Arc<Notes>,
    holding: watch::Receiver<Holding>,
    farewell: oneshot::Sender<Farewell>,
    task: AbortOnDropHandle<Result<Standing, StoreError>>,
}

/// What was said and is to be written.
#[derive(Debug)]
struct Notes {
    book: Mutex<Book>,
    changed: Notify,
}

impl Notes {
    fn with<T>(&self, operation: impl FnOnce(&mut Book) -> T) -> T {
        operation(&mut self.book.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Keeper {
    /// Begins, with a first beat at once. To be called inside a tokio runtime.
    #[must_use]
    pub fn start(store: Arc<dyn CallStore>, post: Post) -> Self {
        let Post { lease, place, holder, history } = post;
        let notes = Arc::new(Notes { book: Mutex::new(Book::new(lease.generation, history)), changed: Notify::new() });
        let (tell, holding) = watch::channel(Holding::Unknown);
        let (farewell, told) = oneshot::channel();
        let task = Task { store, lease, place, holder, notes: Arc::clone(&notes), tell };
        Self { notes, holding, farewell, task: AbortOnDropHandle::new(tokio::spawn(task.run(told))) }
    }

    /// Notes a turn, to be written after those before it. Never waits and never fails: what a store does not take is
    /// tried again; of what it does not take for long the last [`crate::MAX_TURNS`] turns stay.
    pub fn note_turn(&self, role: Role, text: impl Into<String>) {
        let text = text.into();
        if self.notes.with(|book| book.note(role, text)) {
            debug!("a turn was lost that the store of calls never took");
        }
        self.notes.changed.notify_one();
    }

    /// Whether the call is still the worker's, now and whenever that changes.
    #[must_use]
    pub fn holding(&self) -> watch::Receiver<Holding> {
        self.holding.clone()
    }

    /// Writes what is not yet written and stops; the call stays, for the next worker. Ends within
    /// [`FAREWELL_DEADLINE`]. [`Standing::Yours`] when all was written.
    pub async fn leave(self) -> Result<Standing, StoreError> {
        self.part(Farewell::Leave).await
    }

    /// The same, and ends the call with its history. Ends within twice [`FAREWELL_DEADLINE`]. [`Standing::Yours`] when
    /// the call was ended.
    pub async fn end(self) -> Result<Standing, StoreError> {
        self.part(Farewell::End).await
    }

    async fn part(self, farewell: Farewell) -> Result<Standing, StoreError> {
        let _ = self.farewell.send(farewell);
        self.task.await.unwrap_or_else(|_| Err(StoreError::Unavailable("its task has ended".to_owned())))
    }
}
