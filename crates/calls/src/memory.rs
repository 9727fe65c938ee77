//! A store in this process's memory: the model of what every store does, and for tests of those who use one.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Bound;
use std::sync::{Mutex, PoisonError};

use async_trait::async_trait;
use chat::Role;

use crate::error::StoreError;
use crate::model::{CallId, CallRecord, CallState, Lease, MAX_TURNS, NewCall, Turn, WorkerPlace};
use crate::store::{Begun, CallStore, PAGE, Page, Replacement, Standing};

/// A store that ends with its process. It never waits, so that tests can run on a paused clock.
#[derive(Debug, Default)]
pub struct MemoryStore(Mutex<Calls>);

#[derive(Debug, Default)]
struct Calls {
    rooms: BTreeMap<String, CallRecord>,
    turns: BTreeMap<CallId, BTreeMap<u64, (Role, String)>>,
    ended: BTreeSet<CallId>,
}

impl Calls {
    /// The record, if the lease is the one that holds; else how it stands.
    fn held(&mut self, lease: &Lease) -> Result<&mut CallRecord, Standing> {
        let ended = self.ended.contains(&lease.call);
        let record = self.rooms.get_mut(&lease.room);
        match (Standing::of(lease, record.as_deref(), ended), record) {
            (Standing::Yours, Some(record)) => Ok(record),
            (standing, _) => Err(standing),
        }
    }

    fn forget(&mut self, lease: &Lease) {
        self.rooms.remove(&lease.room);
        self.turns.remove(&lease.call);
        self.ended.insert(lease.call);
    }
}

impl MemoryStore {
    /// Loses everything, as a store without a disk does that is started again.
    pub fn lose_everything(&self) {
        self.with(|calls| *calls = Calls::default());
    }

    fn with<T>(&self, operation: impl FnOnce(&mut Calls) -> T) -> T {
        operation(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }

    fn change(&self, lease: &Lease, change: impl FnOnce(&mut CallRecord)) -> Standing {
        self.with(|calls| match calls.held(lease) {
            Ok(record) => {
                change(record);
                Standing::Yours
            }
            Err(standing) => standing,
        })
    }
}

#[async_trait]
impl CallStore for MemoryStore {
    async fn begin(&self, new: &NewCall) -> Result<Begun, StoreError> {
        Ok(self.with(|calls| {
            match calls.rooms.get_mut(&new.room) {
                Some(record) if record.state != CallState::Ending => {
                    record.invited |= new.invited;
                    return Begun::Already(record.clone());
                }
                Some(record) => {
                    let ending = record.lease.clone();
                    calls.forget(&ending);
                }
                None => {}
            }
            let record = CallRecord::first(new, CallId::from_random(rand::random()));
            calls.rooms.insert(new.room.clone(), record.clone());
            Begun::New(record)
        }))
    }

    async fn replace(&self, lease: &Lease, holder: &str) -> Result<Replacement, StoreError> {
        Ok(self.with(|calls| match calls.held(lease) {
            Ok(record) => {
                record.replace(holder);
                Replacement::Replaced(record.clone())
            }
            Err(Standing::Superseded) => Replacement::Superseded,
            Err(_) => Replacement::Gone,
        }))
    }

    async fn beat(&self, lease: &Lease) -> Result<Standing, StoreError> {
        Ok(self.change(lease, |record| {
            record.beat.0 += 1;
            record.state = CallState::Served;
        }))
    }

    async fn set_place(&self, lease: &Lease, place: &WorkerPlace) -> Result<Standing, StoreError> {
        Ok(self.change(lease, |record| record.worker = Some(place.clone())))
    }

    async fn give_up(&self, lease: &Lease) -> Result<Standing, StoreError> {
        Ok(self.change(lease, |record| record.state = CallState::Ending))
    }

    async fn end(&self, lease: &Lease) -> Result<Standing, StoreError> {
        Ok(self.with(|calls| {
            let given_up = calls.rooms.get(&lease.room).is_some_and(|record| record.was_given_up(lease));
            let standing = match calls.held(lease) {
                Ok(_) => Standing::Yours,
                Err(_) if given_up => Standing::Yours,
                Err(standing) => standing,
            };
            if standing == Standing::Yours {
                calls.forget(lease);
            }
            standing
        }))
    }

    async fn append(&self, lease: &Lease, turns: &[Turn]) -> Result<Standing, StoreError> {
        Ok(self.with(|calls| {
            if let Err(standing) = calls.held(lease) {
                return standing;
            }
            let kept = calls.turns.entry(lease.call).or_default();
            for turn in turns {
                kept.entry(turn.number()).or_insert_with(|| (turn.role(), turn.text().to_owned()));
            }
            while kept.len() > MAX_TURNS {
                kept.pop_first();
            }
            Standing::Yours
        }))
    }

    async fn history(&self, lease: &Lease) -> Result<Vec<Turn>, StoreError> {
        Ok(self.with(|calls| {
            let turns = calls.turns.get(&lease.call).into_iter().flatten();
            turns.map(|(number, (role, text))| Turn::new(*number, *role, text.clone())).collect()
        }))
    }

    async fn restore(&self, record: &CallRecord) -> Result<Standing, StoreError> {
        Ok(self.with(|calls| match calls.held(&record.lease) {
            Err(Standing::Forgotten) => {
                calls.rooms.insert(record.lease.room.clone(), record.clone());
                Standing::Yours
            }
            Ok(_) => Standing::Yours,
            Err(standing) => standing,
        }))
    }

    async fn find(&self, room: &str) -> Result<Option<CallRecord>, StoreError> {
        Ok(self.with(|calls| calls.rooms.get(room).cloned()))
    }

    async fn calls(&self, after: Option<&str>) -> Result<Page, StoreError> {
        Ok(self.with(|calls| {
            let from = after.map_or(Bound::Unbounded, Bound::Excluded);
            let records: Vec<_> = calls
                .rooms
                .range::<str, _>((from, Bound::Unbounded))
                .take(PAGE)
                .map(|(_, record)| record.clone())
                .collect();
            Page::new(records)
        }))
    }

    async fn probe(&self) -> Result<(), StoreError> {
        Ok(())
    }
}
