//! The operations, each inside a transaction that its caller has begun.

use rusqlite::types::Type;
use rusqlite::{Connection, Error, OptionalExtension, Result, Row, params};

use crate::model::{Beat, CallId, CallRecord, CallState, Generation, Lease, MAX_TURNS, NewCall, Turn, WorkerPlace};
use crate::store::{Begun, PAGE, Page, Replacement, Standing};

/// How many ended calls are remembered: their workers, if any is left, have long heard of it.
const REMEMBERED: i64 = 10_000;

const COLUMNS: &str = "room, call, persona, generation, holder, host, pid, started, beat, state, invited";

pub(super) fn begin(database: &Connection, new: &NewCall, call: CallId) -> Result<Begun> {
    match find(database, &new.room)? {
        Some(mut record) if record.state != CallState::Ending => {
            if new.invited && !record.invited {
                record.invited = true;
                write(database, &record)?;
            }
            return Ok(Begun::Already(record));
        }
        Some(record) => forget(database, &record.lease)?,
        None => {}
    }
    let record = CallRecord::first(new, call);
    write(database, &record)?;
    Ok(Begun::New(record))
}

pub(super) fn replace(database: &Connection, lease: &Lease, holder: &str) -> Result<Replacement> {
    let (standing, record) = held(database, lease)?;
    Ok(match (standing, record) {
        (Standing::Yours, Some(mut record)) => {
            record.replace(holder);
            write(database, &record)?;
            Replacement::Replaced(record)
        }
        (Standing::Superseded, _) => Replacement::Superseded,
        _ => Replacement::Gone,
    })
}

pub(super) fn beat(database: &Connection, lease: &Lease) -> Result<Standing> {
    // The one that is done most: a statement that changes nothing unless the lease is the one that holds.
    let mut beat = database.prepare_cached(
        "UPDATE calls SET beat = beat + 1, state = 'served'
         WHERE room = ?1 AND call = ?2 AND generation = ?3 AND state <> 'ending'",
    )?;
    if beat.execute(params![lease.room, lease.call.to_string(), lease.generation.get()])? == 1 {
        return Ok(Standing::Yours);
    }
    Ok(held(database, lease)?.0)
}

pub(super) fn set_place(database: &Connection, lease: &Lease, place: &WorkerPlace) -> Result<Standing> {
    change(database, lease, |record| record.worker = Some(place.clone()))
}

pub(super) fn give_up(database: &Connection, lease: &Lease) -> Result<Standing> {
    change(database, lease, |record| record.state = CallState::Ending)
}

pub(super) fn end(database: &Connection, lease: &Lease) -> Result<Standing> {
    let (standing, record) = held(database, lease)?;
    if standing == Standing::Yours || record.is_some_and(|record| record.was_given_up(lease)) {
        forget(database, lease)?;
        return Ok(Standing::Yours);
    }
    Ok(standing)
}

pub(super) fn append(database: &Connection, lease: &Lease, turns: &[Turn]) -> Result<Standing> {
    let standing = held(database, lease)?.0;
    if standing != Standing::Yours {
        return Ok(standing);
    }
    let call = lease.call.to_string();
    let mut insert =
        database.prepare_cached("INSERT OR IGNORE INTO turns (call, number, role, text) VALUES (?1, ?2, ?3, ?4)")?;
    for turn in turns {
        insert.execute(params![call, turn.number().cast_signed(), turn.role().name(), turn.text()])?;
    }
    let oldest = "DELETE FROM turns WHERE call = ?1 AND number <=
                  (SELECT number FROM turns WHERE call = ?1 ORDER BY number DESC LIMIT 1 OFFSET ?2)";
    database.prepare_cached(oldest)?.execute(params![call, MAX_TURNS as i64])?;
    Ok(Standing::Yours)
}

pub(super) fn history(database: &Connection, call: CallId) -> Result<Vec<Turn>> {
    let mut turns = database.prepare_cached("SELECT number, role, text FROM turns WHERE call = ?1 ORDER BY number")?;
    let turns = turns.query_map([call.to_string()], |row| {
        let role: String = row.get(1)?;
        let role = Turn::stored_role(&role).ok_or_else(|| unreadable(1, "a role"))?;
        Ok(Turn::new(row.get::<_, i64>(0)?.cast_unsigned(), role, row.get::<_, String>(2)?))
    })?;
    turns.collect()
}

pub(super) fn restore(database: &Connection, record: &CallRecord) -> Result<Standing> {
    match held(database, &record.lease)?.0 {
        Standing::Forgotten => write(database, record).map(|()| Standing::Yours),
        standing => Ok(standing),
    }
}

pub(super) fn find(database: &Connection, room: &str) -> Result<Option<CallRecord>> {
    let query = format!("SELECT {COLUMNS} FROM calls WHERE room = ?1");
    database.prepare_cached(&query)?.query_row([room], read).optional()
}

pub(super) fn calls(database: &Connection, after: Option<&str>) -> Result<Page> {
    let query = format!("SELECT {COLUMNS} FROM calls WHERE ?1 IS NULL OR room > ?1 ORDER BY room LIMIT ?2");
    let mut statement = database.prepare_cached(&query)?;
    let records = statement.query_map(params![after, PAGE as i64], read)?.collect::<Result<_>>()?;
    Ok(Page::new(records))
}

pub(super) fn probe(database: &Connection) -> Result<()> {
    let beat = "INSERT INTO probe (place, beat) VALUES (1, 1) ON CONFLICT DO UPDATE SET beat = beat + 1";
    database.prepare_cached(beat)?.execute([]).map(drop)
}

/// The record of the lease's room, and how the lease stands.
fn held(database: &Connection, lease: &Lease) -> Result<(Standing, Option<CallRecord>)> {
    let record = find(database, &lease.room)?;
    let ended = record.is_none() && {
        let mut ended = database.prepare_cached("SELECT 1 FROM ended WHERE call = ?1")?;
        ended.exists([lease.call.to_string()])?
    };
    Ok((Standing::of(lease, record.as_ref(), ended), record))
}

fn change(database: &Connection, lease: &Lease, change: impl FnOnce(&mut CallRecord)) -> Result<Standing> {
    let (standing, record) = held(database, lease)?;
    if let (Standing::Yours, Some(mut record)) = (standing, record) {
        change(&mut record);
        write(database, &record)?;
    }
    Ok(standing)
}

fn forget(database: &Connection, lease: &Lease) -> Result<()> {
    let call = lease.call.to_string();
    database.prepare_cached("DELETE FROM calls WHERE room = ?1")?.execute([&lease.room])?;
    database.prepare_cached("DELETE FROM turns WHERE call = ?1")?.execute([&call])?;
    database.prepare_cached("INSERT OR IGNORE INTO ended (call) VALUES (?1)")?.execute([&call])?;
    let old = "DELETE FROM ended WHERE place <= (SELECT max(place) FROM ended) - ?1";
    database.prepare_cached(old)?.execute([REMEMBERED]).map(drop)
}

fn write(database: &Connection, record: &CallRecord) -> Result<()> {
    let place = record.worker.as_ref();
    let statement = format!("INSERT OR REPLACE INTO calls ({COLUMNS}) VALUES (?1,?2,?3,?4,?5,?6,?7,?8,?9,?10,?11)");
    let mut statement = database.prepare_cached(&statement)?;
    let values = params![
        record.lease.room,
        record.lease.call.to_string(),
        record.persona,
        record.lease.generation.get(),
        record.holder,
        place.map(|place| &place.host),
        place.map(|place| place.pid),
        place.map(|place| place.started.cast_signed()),
        record.beat.0.cast_signed(),
        record.state.name(),
        record.invited,
    ];
    statement.execute(values).map(drop)
}

fn read(row: &Row<'_>) -> Result<CallRecord> {
    let call: String = row.get(1)?;
    let state: String = row.get(9)?;
    let worker = match row.get(5)? {
        Some(host) => Some(WorkerPlace { host, pid: row.get(6)?, started: row.get::<_, i64>(7)?.cast_unsigned() }),
        None => None,
    };
    Ok(CallRecord {
        lease: Lease {
            room: row.get(0)?,
            call: call.parse().map_err(|_| unreadable(1, "a call's id"))?,
            generation: Generation::new(row.get(3)?).ok_or_else(|| unreadable(3, "a generation"))?,
        },
        persona: row.get(2)?,
        holder: row.get(4)?,
        worker,
        beat: Beat(row.get::<_, i64>(8)?.cast_unsigned()),
        state: CallState::from_name(&state).ok_or_else(|| unreadable(9, "a state"))?,
        invited: row.get(10)?,
    })
}

fn unreadable(column: usize, what: &str) -> Error {
    Error::FromSqlConversionFailure(column, Type::Text, format!("{what} is expected").into())
}
