//! The store in one SQLite file, which several processes of one machine share.

mod errors;
mod file;
mod operations;
mod thread;

use std::path::PathBuf;
use std::time::Duration;

use async_trait::async_trait;

use crate::error::StoreError;
use crate::model::{CallId, CallRecord, Lease, NewCall, Turn, WorkerPlace};
use crate::store::{Begun, CallStore, Page, Replacement, Standing};
use thread::DatabaseThread;

/// The store in a file.
#[derive(Debug)]
pub(crate) struct SqliteStore(DatabaseThread);

impl SqliteStore {
    /// A store at `path`. `patience` is how long it waits for other processes' writing.
    pub(crate) fn new(path: PathBuf, patience: Duration) -> Self {
        Self(DatabaseThread::new(path, patience))
    }
}

#[async_trait]
impl CallStore for SqliteStore {
    async fn begin(&self, new: &NewCall) -> Result<Begun, StoreError> {
        let (new, call) = (new.clone(), CallId::from_random(rand::random()));
        self.0.write(move |database| operations::begin(database, &new, call)).await
    }

    async fn replace(&self, lease: &Lease, holder: &str) -> Result<Replacement, StoreError> {
        let (lease, holder) = (lease.clone(), holder.to_owned());
        self.0.write(move |database| operations::replace(database, &lease, &holder)).await
    }

    async fn beat(&self, lease: &Lease) -> Result<Standing, StoreError> {
        let lease = lease.clone();
        self.0.write(move |database| operations::beat(database, &lease)).await
    }

    async fn set_place(&self, lease: &Lease, place: &WorkerPlace) -> Result<Standing, StoreError> {
        let (lease, place) = (lease.clone(), place.clone());
        self.0.write(move |database| operations::set_place(database, &lease, &place)).await
    }

    async fn give_up(&self, lease: &Lease) -> Result<Standing, StoreError> {
        let lease = lease.clone();
        self.0.write(move |database| operations::give_up(database, &lease)).await
    }

    async fn end(&self, lease: &Lease) -> Result<Standing, StoreError> {
        let lease = lease.clone();
        self.0.write(move |database| operations::end(database, &lease)).await
    }

    async fn append(&self, lease: &Lease, turns: &[Turn]) -> Result<Standing, StoreError> {
        let (lease, turns) = (lease.clone(), turns.to_vec());
        self.0.write(move |database| operations::append(database, &lease, &turns)).await
    }

    async fn history(&self, lease: &Lease) -> Result<Vec<Turn>, StoreError> {
        let call = lease.call;
        self.0.read(move |database| operations::history(database, call)).await
    }

    async fn restore(&self, record: &CallRecord) -> Result<Standing, StoreError> {
        let record = record.clone();
        self.0.write(move |database| operations::restore(database, &record)).await
    }

    async fn find(&self, room: &str) -> Result<Option<CallRecord>, StoreError> {
        let room = room.to_owned();
        self.0.read(move |database| operations::find(database, &room)).await
    }

    async fn calls(&self, after: Option<&str>) -> Result<Page, StoreError> {
        let after = after.map(str::to_owned);
        self.0.read(move |database| operations::calls(database, after.as_deref())).await
    }

    async fn probe(&self) -> Result<(), StoreError> {
        self.0.write(operations::probe).await
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use chat::Role;

    #[tokio::test]
    async fn turns_that_were_stored_before_are_read_and_new_ones_look_the_same() {
        let folder = tempfile::tempdir().unwrap();
        let store = SqliteStore::new(folder.path().join("calls.db"), Duration::from_secs(20));
        let new = NewCall { room: "hall".to_owned(), persona: None, holder: "agent".to_owned(), invited: false };
        let lease = store.begin(&new).await.unwrap().into_record().lease;
        let call = lease.call.to_string();
        let rows = "INSERT INTO turns (call, number, role, text) VALUES (?1, 1, 'user', 'I am Ada.'), (?1, 2, 'assistant', 'Hello.')";
        store.0.write(move |database| database.execute(rows, [call])).await.unwrap();
        let before = [Turn::new(1, Role::User, "I am Ada."), Turn::new(2, Role::Assistant, "Hello.")];
        assert_eq!(store.history(&lease).await.unwrap(), before);
        store.append(&lease, &[Turn::new(3, Role::User, "Bye."), Turn::new(4, Role::Assistant, "Bye.")]).await.unwrap();
        let roles = "SELECT group_concat(role, ' ') FROM turns WHERE number > 2";
        let roles = store.0.read(move |database| database.query_row(roles, [], |row| row.get::<_, String>(0)));
        assert_eq!(roles.await.unwrap(), "user assistant");
    }

    #[tokio::test]
    async fn a_file_that_may_not_grow_is_full_and_still_read_and_works_when_it_may() {
        let folder = tempfile::tempdir().unwrap();
        let store = SqliteStore::new(folder.path().join("calls.db"), Duration::from_secs(20));
        let new = NewCall { room: "hall".to_owned(), persona: None, holder: "agent".to_owned(), invited: false };
        let lease = store.begin(&new).await.unwrap().into_record().lease;
        let limit = |pages: i64| {
            let limit = format!("PRAGMA max_page_count = {pages}");
            store.0.read(move |database| database.query_row(&limit, [], |row| row.get::<_, i64>(0)))
        };
        limit(20).await.unwrap();
        let long = |number| Turn::new(number, Role::User, "x".repeat(crate::MAX_TURN_BYTES));
        let mut number = 1;
        let error = loop {
            match store.append(&lease, &[long(number)]).await {
                Ok(_) => number += 1,
                Err(error) => break error,
            }
        };
        assert!(matches!(error, StoreError::Full(_)), "{error:?}");
        assert_eq!(store.history(&lease).await.unwrap().len() as u64, number - 1);
        assert_eq!(store.beat(&lease).await.unwrap(), Standing::Yours);
        limit(1_000_000).await.unwrap();
        assert_eq!(store.append(&lease, &[long(number)]).await.unwrap(), Standing::Yours);
    }
}
