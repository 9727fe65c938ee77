//! A store that is away, or slow, when a test wants it.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use calls::{
    Begun, CallRecord, CallStore, Lease, MemoryStore, NewCall, Page, Replacement, Standing, StoreError, Turn,
    WorkerPlace,
};

const AWAY: u64 = u64::MAX;

/// Its clones are the same store.
#[derive(Clone, Default)]
pub struct FaultyStore {
    pub memory: Arc<MemoryStore>,
    /// Milliseconds, or [`AWAY`].
    delay: Arc<AtomicU64>,
}

impl FaultyStore {
    pub fn takes(&self, delay: Duration) {
        self.delay.store(u64::try_from(delay.as_millis()).unwrap(), Ordering::Relaxed);
    }

    pub fn is_away(&self) {
        self.delay.store(AWAY, Ordering::Relaxed);
    }

    pub fn is_back(&self) {
        self.takes(Duration::ZERO);
    }

    async fn fault(&self) -> Result<(), StoreError> {
        match self.delay.load(Ordering::Relaxed) {
            0 => {}
            AWAY => return Err(StoreError::Unavailable("a test wants it so".to_owned())),
            millis => tokio::time::sleep(Duration::from_millis(millis)).await,
        }
        Ok(())
    }
}

#[async_trait]
impl CallStore for FaultyStore {
    async fn begin(&self, new: &NewCall) -> Result<Begun, StoreError> {
        self.fault().await?;
        self.memory.begin(new).await
    }
    async fn replace(&self, lease: &Lease, holder: &str) -> Result<Replacement, StoreError> {
        self.fault().await?;
        self.memory.replace(lease, holder).await
    }
    async fn beat(&self, lease: &Lease) -> Result<Standing, StoreError> {
        self.fault().await?;
        self.memory.beat(lease).await
    }
    async fn set_place(&self, lease: &Lease, place: &WorkerPlace) -> Result<Standing, StoreError> {
        self.fault().await?;
        self.memory.set_place(lease, place).await
    }
    async fn give_up(&self, lease: &Lease) -> Result<Standing, StoreError> {
        self.fault().await?;
        self.memory.give_up(lease).await
    }
    async fn end(&self, lease: &Lease) -> Result<Standing, StoreError> {
        self.fault().await?;
        self.memory.end(lease).await
    }
    async fn append(&self, lease: &Lease, turns: &[Turn]) -> Result<Standing, StoreError> {
        self.fault().await?;
        self.memory.append(lease, turns).await
    }
    async fn history(&self, lease: &Lease) -> Result<Vec<Turn>, StoreError> {
        self.fault().await?;
        self.memory.history(lease).await
    }
    async fn restore(&self, record: &CallRecord) -> Result<Standing, StoreError> {
        self.fault().await?;
        self.memory.restore(record).await
    }
    async fn find(&self, room: &str) -> Result<Option<CallRecord>, StoreError> {
        self.fault().await?;
        self.memory.find(room).await
    }
    async fn calls(&self, after: Option<&str>) -> Result<Page, StoreError> {
        self.fault().await?;
        self.memory.calls(after).await
    }
    async fn probe(&self) -> Result<(), StoreError> {
        self.fault().await
    }
}
