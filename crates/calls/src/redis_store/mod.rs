//! The store in Redis, for fleets of more than one machine.
//!
//! ```text
//!   visavis:{ROOM}:call       hash: the record          24 h after the last sign of life
//!   visavis:{ROOM}:turns:ID   sorted set: the turns     24 h after the last turn
//!   visavis:{ROOM}:ended      list: ids of ended calls  24 h
//!   visavis:rooms             sorted set: room names    24 h after the last sign of any life; beats mend it
//!   visavis:probe             a number                  1 min
//! ```
//!
//! All keys of a room are in one slot of a cluster, each operation changes them in one script, and no command uses keys
//! of two slots.

mod connection;
mod errors;
mod fields;
mod keys;
mod scripts;

use std::time::Duration;

use async_trait::async_trait;
use redis::cmd;

use crate::error::StoreError;
use crate::model::{CallId, CallRecord, CallState, Lease, NewCall, Turn, WorkerPlace};
use crate::store::{Begun, CallStore, PAGE, Page, Replacement, Standing};
use connection::Link;
use fields::Fields;
use keys::{Keys, PROBE, ROOMS};
use scripts::Scripts;

/// How long a record and a history are kept when nobody ends them.
const KEPT: Duration = Duration::from_hours(24);
/// How long a probe is kept.
const PROBE_KEPT: Duration = Duration::from_mins(1);
/// Each so many beats the room is put into the list again, should it have been lost from it.
const MEND: u64 = 10;
/// How often a call that is ending is cleared away for a new one, before whoever keeps ending them is believed.
const TRIES: usize = 3;

/// The store in Redis.
#[derive(Debug)]
pub(crate) struct RedisStore {
    link: Link,
    scripts: Scripts,
}

impl RedisStore {
    /// A store at a Redis address, whose answers may take `patience`.
    pub(crate) fn new(address: &str, patience: Duration) -> Result<Self, StoreError> {
        Ok(Self { link: Link::new(address, patience)?, scripts: Scripts::default() })
    }

    async fn list(&self, room: &str) -> Result<(), StoreError> {
        let mut commands = redis::pipe();
        commands.zadd(ROOMS, room, 0).ignore().expire(ROOMS, KEPT.as_secs().cast_signed()).ignore();
        self.link.pipeline(&commands).await
    }

    /// Takes a room off the list, unless a call has begun there meanwhile.
    async fn unlist(&self, room: &str) -> Result<(), StoreError> {
        self.link.command::<()>(cmd("ZREM").arg(ROOMS).arg(room)).await?;
        if self.link.command(cmd("EXISTS").arg(Keys::of(room).record)).await? {
            self.list(room).await?;
        }
        Ok(())
    }

    async fn change(&self, lease: &Lease, fields: Fields) -> Result<Standing, StoreError> {
        let mut change = self.scripts.change.prepare_invoke();
        scripts::lease(&mut change, lease).arg(KEPT.as_secs());
        fields.append_to(&mut change);
        self.link.script(&change).await.and_then(standing)
    }
}

fn standing(name: String) -> Result<Standing, StoreError> {
    match name.as_str() {
        "yours" => Ok(Standing::Yours),
        "superseded" => Ok(Standing::Superseded),
        "gone" => Ok(Standing::Gone),
        "forgotten" => Ok(Standing::Forgotten),
        _ => Err(StoreError::Corrupt("a script answered with something else".to_owned())),
    }
}

#[async_trait]
impl CallStore for RedisStore {
    async fn begin(&self, new: &NewCall) -> Result<Begun, StoreError> {
        for _ in 0..TRIES {
            let record = CallRecord::first(new, CallId::from_random(rand::random()));
            let mut begin = self.scripts.begin.prepare_invoke();
            begin.key(Keys::of(&new.room).record).arg(KEPT.as_secs()).arg(i32::from(new.invited));
            Fields::of(&record).append_to(&mut begin);
            let (fresh, fields): (bool, Fields) = self.link.script(&begin).await?;
            let Some(record) = fields.record()? else { continue };
            if !fresh && record.state == CallState::Ending {
                self.end(&record.lease).await?;
                continue;
            }
            self.list(&new.room).await?;
            return Ok(if fresh { Begun::New(record) } else { Begun::Already(record) });
        }
        Err(StoreError::Unavailable("its calls end as soon as they begin".to_owned()))
    }

    async fn replace(&self, lease: &Lease, holder: &str) -> Result<Replacement, StoreError> {
        let mut replace = self.scripts.replace.prepare_invoke();
        scripts::lease(&mut replace, lease).arg(KEPT.as_secs()).arg(lease.generation.next().get()).arg(holder);
        let (name, fields): (String, Fields) = self.link.script(&replace).await?;
        Ok(match (standing(name)?, fields.record()?) {
            (Standing::Yours, Some(record)) => Replacement::Replaced(record),
            (Standing::Superseded, _) => Replacement::Superseded,
            _ => Replacement::Gone,
        })
    }

    async fn beat(&self, lease: &Lease) -> Result<Standing, StoreError> {
        let mut beat = self.scripts.beat.prepare_invoke();
        scripts::lease(&mut beat, lease).arg(KEPT.as_secs());
        let (name, beats): (String, u64) = self.link.script(&beat).await?;
        let standing = standing(name)?;
        if standing == Standing::Yours && beats % MEND == 1 {
            self.list(&lease.room).await?;
        }
        Ok(standing)
    }

    async fn set_place(&self, lease: &Lease, place: &WorkerPlace) -> Result<Standing, StoreError> {
        self.change(lease, Fields::of_place(place)).await
    }

    async fn give_up(&self, lease: &Lease) -> Result<Standing, StoreError> {
        self.change(lease, Fields::of_state(CallState::Ending)).await
    }

    async fn end(&self, lease: &Lease) -> Result<Standing, StoreError> {
        let mut end = self.scripts.end.prepare_invoke();
        scripts::lease(&mut end, lease).arg(KEPT.as_secs());
        let standing = self.link.script(&end).await.and_then(standing)?;
        if standing == Standing::Yours {
            self.unlist(&lease.room).await?;
        }
        Ok(standing)
    }

    async fn append(&self, lease: &Lease, turns: &[Turn]) -> Result<Standing, StoreError> {
        let mut append = self.scripts.append.prepare_invoke();
        scripts::lease(&mut append, lease).arg(KEPT.as_secs());
        for turn in turns {
            append.arg(turn.number()).arg(fields::turn_text(turn));
        }
        self.link.script(&append).await.and_then(standing)
    }

    async fn history(&self, lease: &Lease) -> Result<Vec<Turn>, StoreError> {
        let key = Keys::of(&lease.room).turns(lease.call);
        let texts: Vec<String> = self.link.command(cmd("ZRANGE").arg(key).arg(0).arg(-1)).await?;
        texts.iter().map(|text| fields::turn(text)).collect()
    }

    async fn restore(&self, record: &CallRecord) -> Result<Standing, StoreError> {
        let mut restore = self.scripts.restore.prepare_invoke();
        scripts::lease(&mut restore, &record.lease).arg(KEPT.as_secs());
        Fields::of(record).append_to(&mut restore);
        let standing = self.link.script(&restore).await.and_then(standing)?;
        if standing == Standing::Yours {
            self.list(&record.lease.room).await?;
        }
        Ok(standing)
    }

    async fn find(&self, room: &str) -> Result<Option<CallRecord>, StoreError> {
        let fields: Fields = self.link.command(cmd("HGETALL").arg(Keys::of(room).record)).await?;
        fields.record()
    }

    async fn calls(&self, after: Option<&str>) -> Result<Page, StoreError> {
        let from = after.map_or_else(|| "-".to_owned(), |after| format!("({after}"));
        let mut rooms = cmd("ZRANGEBYLEX");
        rooms.arg(ROOMS).arg(from).arg("+").arg("LIMIT").arg(0).arg(PAGE);
        let rooms: Vec<String> = self.link.command(&rooms).await?;
        if rooms.is_empty() {
            return Ok(Page { records: Vec::new(), next: None });
        }
        let mut commands = redis::pipe();
        for room in &rooms {
            commands.hgetall(Keys::of(room).record);
        }
        let found: Vec<Fields> = self.link.pipeline(&commands).await?;
        let mut records = Vec::with_capacity(rooms.len());
        for (room, fields) in rooms.iter().zip(found) {
            match fields.record()? {
                Some(record) => records.push(record),
                // It ended by itself, or who ended it died before it took it off the list.
                None => self.unlist(room).await?,
            }
        }
        let next = rooms.last().filter(|_| rooms.len() >= PAGE).cloned();
        Ok(Page { records, next })
    }

    async fn probe(&self) -> Result<(), StoreError> {
        let mut commands = redis::pipe();
        commands.incr(PROBE, 1).ignore().expire(PROBE, PROBE_KEPT.as_secs().cast_signed()).ignore();
        self.link.pipeline(&commands).await
    }
}
