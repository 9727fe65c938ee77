//! What holds for every store: a deadline for each operation, and bounds on names.

use std::time::Duration;

use async_trait::async_trait;

use crate::error::StoreError;
use crate::model::{CallRecord, Lease, NewCall, Turn, WorkerPlace};
use crate::store::{Begun, CallStore, Page, Replacement, Standing};

/// How long the name of a room, a persona, an agent or a host may be.
pub const MAX_NAME_BYTES: usize = 1024;

/// A store whose operations end within a deadline.
#[derive(Debug)]
pub struct Guarded<S> {
    inner: S,
    deadline: Duration,
}

impl<S: CallStore> Guarded<S> {
    /// Sets the deadline of each operation.
    pub const fn new(inner: S, deadline: Duration) -> Self {
        Self { inner, deadline }
    }

    async fn within<T>(&self, operation: impl Future<Output = Result<T, StoreError>> + Send) -> Result<T, StoreError> {
        tokio::time::timeout(self.deadline, operation).await.unwrap_or(Err(StoreError::Slow(self.deadline)))
    }
}

fn bounded(what: &'static str, name: &str) -> Result<(), StoreError> {
    if name.len() > MAX_NAME_BYTES {
        return Err(StoreError::TooLong { what, bytes: name.len(), limit: MAX_NAME_BYTES });
    }
    Ok(())
}

fn bounded_call(room: &str, persona: Option<&str>, holder: &str) -> Result<(), StoreError> {
    bounded("room's name", room)?;
    bounded("persona's name", persona.unwrap_or_default())?;
    bounded("agent's identity", holder)
}

#[async_trait]
impl<S: CallStore> CallStore for Guarded<S> {
    async fn begin(&self, new: &NewCall) -> Result<Begun, StoreError> {
        bounded_call(&new.room, new.persona.as_deref(), &new.holder)?;
        self.within(self.inner.begin(new)).await
    }

    async fn replace(&self, lease: &Lease, holder: &str) -> Result<Replacement, StoreError> {
        bounded_call(&lease.room, None, holder)?;
        self.within(self.inner.replace(lease, holder)).await
    }

    async fn beat(&self, lease: &Lease) -> Result<Standing, StoreError> {
        bounded("room's name", &lease.room)?;
        self.within(self.inner.beat(lease)).await
    }

    async fn set_place(&self, lease: &Lease, place: &WorkerPlace) -> Result<Standing, StoreError> {
        bounded("room's name", &lease.room)?;
        bounded("host's name", &place.host)?;
        self.within(self.inner.set_place(lease, place)).await
    }

    async fn give_up(&self, lease: &Lease) -> Result<Standing, StoreError> {
        bounded("room's name", &lease.room)?;
        self.within(self.inner.give_up(lease)).await
    }

    async fn end(&self, lease: &Lease) -> Result<Standing, StoreError> {
        bounded("room's name", &lease.room)?;
        self.within(self.inner.end(lease)).await
    }

    async fn append(&self, lease: &Lease, turns: &[Turn]) -> Result<Standing, StoreError> {
        bounded("room's name", &lease.room)?;
        self.within(self.inner.append(lease, turns)).await
    }

    async fn history(&self, lease: &Lease) -> Result<Vec<Turn>, StoreError> {
        bounded("room's name", &lease.room)?;
        self.within(self.inner.history(lease)).await
    }

    async fn restore(&self, record: &CallRecord) -> Result<Standing, StoreError> {
        bounded_call(&record.lease.room, record.persona.as_deref(), &record.holder)?;
        self.within(self.inner.restore(record)).await
    }

    async fn find(&self, room: &str) -> Result<Option<CallRecord>, StoreError> {
        bounded("room's name", room)?;
        self.within(self.inner.find(room)).await
    }

    async fn calls(&self, after: Option<&str>) -> Result<Page, StoreError> {
        bounded("room's name", after.unwrap_or_default())?;
        self.within(self.inner.calls(after)).await
    }

    async fn probe(&self) -> Result<(), StoreError> {
        self.within(self.inner.probe()).await
    }
}
