//! The one thread that uses the file: SQLite blocks, and whoever asks must not.

use std::fmt;
use std::path::PathBuf;
use std::thread;
use std::time::Duration;

use rusqlite::{Connection, TransactionBehavior};
use tokio::sync::{mpsc, oneshot};
use tracing::debug;

use super::errors::meaning;
use super::file::Database;
use crate::error::StoreError;

/// Operations that wait in the queue. When a hundred calls begin at once, the others wait for a place in it, until their deadline.
const QUEUE: usize = 64;

/// What is to be done, with the database or with why there is none. Returns whether the database is still good.
type Job = Box<dyn FnOnce(Result<&mut Database, StoreError>) -> bool + Send>;

/// The thread. It ends when this is dropped.
pub(super) struct DatabaseThread {
    jobs: mpsc::Sender<Job>,
    patience: Duration,
}

impl fmt::Debug for DatabaseThread {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DatabaseThread").field("patience", &self.patience).finish_non_exhaustive()
    }
}

impl DatabaseThread {
    pub(super) fn new(path: PathBuf, patience: Duration) -> Self {
        let (jobs, queue) = mpsc::channel(QUEUE);
        let thread = thread::Builder::new().name("calls".to_owned()).spawn(move || run(&path, patience, queue));
        if let Err(error) = thread {
            // The queue is closed then, and every operation says so.
            tracing::error!(%error, "the thread of the store of calls could not be started");
        }
        Self { jobs, patience }
    }

    /// Runs `operation` in a transaction that no other process's writing overlaps.
    pub(super) async fn write<T: Send + 'static>(
        &self,
        operation: impl FnOnce(&Connection) -> rusqlite::Result<T> + Send + 'static,
    ) -> Result<T, StoreError> {
        self.transaction(TransactionBehavior::Immediate, operation).await
    }

    /// Runs `operation` in a transaction that sees one state of the file.
    pub(super) async fn read<T: Send + 'static>(
        &self,
        operation: impl FnOnce(&Connection) -> rusqlite::Result<T> + Send + 'static,
    ) -> Result<T, StoreError> {
        self.transaction(TransactionBehavior::Deferred, operation).await
    }

    async fn transaction<T: Send + 'static>(
        &self,
        behavior: TransactionBehavior,
        operation: impl FnOnce(&Connection) -> rusqlite::Result<T> + Send + 'static,
    ) -> Result<T, StoreError> {
        let (reply, answer) = oneshot::channel();
        let patience = self.patience;
        let job: Job = Box::new(move |database| {
            // Who gave up asks again, and its old question is not to cost time.
            if reply.is_closed() {
                return true;
            }
            let result = database.and_then(|database| {
                let failed = |error: rusqlite::Error| meaning(&error, patience);
                let transaction = database.connection.transaction_with_behavior(behavior).map_err(failed)?;
                let value = operation(&transaction).map_err(failed)?;
                transaction.commit().map_err(failed)?;
                Ok(value)
            });
            let good = matches!(result, Ok(_) | Err(StoreError::Slow(_) | StoreError::Full(_)));
            let _ = reply.send(result);
            good
        });
        let gone = || StoreError::Unavailable("its thread has ended".to_owned());
        self.jobs.send(job).await.map_err(|_| gone())?;
        answer.await.unwrap_or_else(|_| Err(gone()))
    }
}

/// The file is opened by the first job, and again after it was lost.
fn run(path: &std::path::Path, patience: Duration, mut queue: mpsc::Receiver<Job>) {
    let mut database: Option<Database> = None;
    while let Some(job) = queue.blocking_recv() {
        let opened = match database.take().filter(Database::is_current) {
            Some(open) => Ok(open),
            None => Database::open(path, patience),
        };
        match opened {
            Ok(mut open) => {
                if job(Ok(&mut open)) {
                    database = Some(open);
                }
            }
            Err(error) => {
                debug!(%error, "the store of calls cannot be opened");
                job(Err(error));
            }
        }
    }
}
