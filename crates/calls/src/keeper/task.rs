//! The keeper's task: beats and turns, each in its own time, until the worker parts.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{oneshot, watch};
use tokio::time::{MissedTickBehavior, interval, sleep, timeout};
use tracing::{info, warn};

use super::{BEAT_INTERVAL, FAREWELL_DEADLINE, Holding, Notes};
use crate::error::StoreError;
use crate::model::{CallRecord, CallState, Lease, WorkerPlace};
use crate::store::{CallStore, Standing};

/// How soon a turn that was not taken is tried again: this, doubled each time up to the second.
const FIRST_RETRY: Duration = Duration::from_millis(250);
const LAST_RETRY: Duration = Duration::from_secs(2);
/// The same while the worker parts, which has a deadline.
const FAREWELL_RETRY: Duration = Duration::from_millis(100);

/// What is to become of the call when the worker parts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Farewell {
    Leave,
    End,
}

pub(super) struct Task {
    pub(super) store: Arc<dyn CallStore>,
    pub(super) lease: Lease,
    pub(super) place: Option<WorkerPlace>,
    pub(super) holder: Option<String>,
    pub(super) notes: Arc<Notes>,
    pub(super) tell: watch::Sender<Holding>,
}

impl Task {
    pub(super) async fn run(self, told: oneshot::Receiver<Farewell>) -> Result<Standing, StoreError> {
        let farewell = tokio::select! {
            farewell = told => farewell.unwrap_or(Farewell::Leave),
            never = self.beats() => match never {},
            never = self.turns() => match never {},
        };
        let flushed = self.within_farewell(|| self.write_some()).await;
        match farewell {
            Farewell::Leave => flushed,
            Farewell::End => {
                let end = || async { self.store.end(&self.lease).await.map(Some) };
                self.within_farewell(end).await
            }
        }
    }

    /// Says twice a second that the worker lives. Only the newest beat matters: one that failed is not made up for.
    async fn beats(&self) -> Infallible {
        let mut ticks = interval(BEAT_INTERVAL);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let (mut remembered, mut settled) = (None, false);
        while !self.is_over() {
            ticks.tick().await;
            match self.beat(&mut remembered, &mut settled).await {
                Ok(standing) => self.heard(standing),
                Err(error) => self.unheard(&error.to_string()),
            }
        }
        std::future::pending().await
    }

    async fn beat(&self, remembered: &mut Option<CallRecord>, settled: &mut bool) -> Result<Standing, StoreError> {
        let standing = self.store.beat(&self.lease).await?;
        match (standing, &remembered) {
            (Standing::Yours, None) => {
                if self.is_anothers().await? {
                    return Ok(Standing::Superseded);
                }
                self.tell(Holding::Yours);
                if let Some(place) = &self.place {
                    self.store.set_place(&self.lease, place).await?;
                }
                // What a store that loses its memory is given back.
                *remembered = self.store.find(&self.lease.room).await?.filter(|record| record.lease == self.lease);
            }
            // Two that came in the same moment both wrote themselves down; by now the last one stands there.
            (Standing::Yours, Some(_)) if !*settled => {
                if self.is_anothers().await? {
                    return Ok(Standing::Superseded);
                }
                *settled = true;
            }
            (Standing::Forgotten, known) => {
                let known = match known {
                    Some(record) => Some(record.clone()),
                    None => self.next_of_earlier().await?,
                };
                let Some(record) = known else { return Ok(standing) };
                let standing = self.store.restore(&record).await?;
                if standing == Standing::Yours {
                    info!(room = self.lease.room, call = %self.lease.call, "the store had forgotten this call, and knows it again");
                    self.notes.with(super::Book::write_again);
                    self.notes.changed.notify_one();
                }
                return Ok(standing);
            }
            _ => {}
        }
        Ok(standing)
    }

    /// Whether another process serves with the very same lease: while the store was away, a worker host and the token
    /// server may both have counted one further. Whoever was written down first stays.
    async fn is_anothers(&self) -> Result<bool, StoreError> {
        let Some(own) = &self.place else { return Ok(false) };
        let record = self.store.find(&self.lease.room).await?.filter(|record| record.lease == self.lease);
        Ok(record.and_then(|record| record.worker).is_some_and(|place| place != *own))
    }

    /// The record as it would be, had the store taken it when this worker was to follow another one: it was away or full then.
    async fn next_of_earlier(&self) -> Result<Option<CallRecord>, StoreError> {
        let earlier = self.store.find(&self.lease.room).await?;
        let earlier = earlier
            .filter(|record| record.lease.call == self.lease.call && record.lease.generation < self.lease.generation);
        Ok(earlier.map(|record| CallRecord {
            lease: self.lease.clone(),
            holder: self.holder.clone().unwrap_or(record.holder),
            worker: self.place.clone(),
            state: CallState::Served,
            ..record
        }))
    }

    /// Writes the turns down as they come.
    async fn turns(&self) -> Infallible {
        let mut retry = FIRST_RETRY;
        while !self.is_over() {
            match self.write_some().await {
                Ok(None) => retry = FIRST_RETRY,
                Ok(Some(Standing::Yours)) => {
                    retry = FIRST_RETRY;
                    self.notes.changed.notified().await;
                }
                Ok(Some(standing @ (Standing::Superseded | Standing::Gone))) => self.heard(standing),
                // The beats tell of a store that is away, and give back what it has forgotten.
                Ok(Some(Standing::Forgotten)) | Err(_) => {
                    sleep(retry).await;
                    retry = (retry * 2).min(LAST_RETRY);
                }
            }
        }
        std::future::pending().await
    }

    /// Writes a batch of turns. `None` when there may be more, `Yours` when all is written.
    async fn write_some(&self) -> Result<Option<Standing>, StoreError> {
        let turns = self.notes.with(|book| book.to_write());
        if turns.is_empty() {
            return Ok(Some(Standing::Yours));
        }
        match self.store.append(&self.lease, &turns).await? {
            Standing::Yours => {
                self.notes.with(|book| book.wrote(&turns));
                Ok(None)
            }
            standing => Ok(Some(standing)),
        }
    }

    /// Repeats a step until it has a result, for as long as parting may take.
    async fn within_farewell<F>(&self, step: impl Fn() -> F) -> Result<Standing, StoreError>
    where
        F: Future<Output = Result<Option<Standing>, StoreError>>,
    {
        let mut last = StoreError::Slow(FAREWELL_DEADLINE);
        let steps = async {
            loop {
                match step().await {
                    Ok(Some(standing)) => return standing,
                    Ok(None) => {}
                    Err(error) => {
                        last = error;
                        sleep(FAREWELL_RETRY).await;
                    }
                }
            }
        };
        match timeout(FAREWELL_DEADLINE, steps).await {
            Ok(standing) => Ok(standing),
            Err(_) => Err(last),
        }
    }

    /// Another worker's call, or none: nothing is to be written any more.
    fn is_over(&self) -> bool {
        matches!(*self.tell.borrow(), Holding::Superseded | Holding::Gone)
    }

    fn heard(&self, standing: Standing) {
        let holding = match standing {
            Standing::Yours => Holding::Yours,
            Standing::Superseded => Holding::Superseded,
            Standing::Gone => Holding::Gone,
            Standing::Forgotten => return self.unheard("it knows nothing of this call"),
        };
        self.tell(holding);
    }

    fn unheard(&self, why: &str) {
        if self.tell(Holding::Unknown) {
            warn!(room = self.lease.room, call = %self.lease.call, why, "the store of calls is away; the call goes on");
        }
    }

    /// Returns whether that is new. A call that is over stays so.
    fn tell(&self, holding: Holding) -> bool {
        self.tell.send_if_modified(|told| {
            let over = matches!(told, Holding::Superseded | Holding::Gone);
            let new = !over && *told != holding;
            if new {
                *told = holding;
            }
            new
        })
    }
}
