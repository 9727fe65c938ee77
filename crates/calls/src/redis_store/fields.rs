//! A record as the fields of a hash, and a turn as a text.

use std::collections::BTreeMap;

use redis::{FromRedisValue, ParsingError, ScriptInvocation, Value};

use crate::error::StoreError;
use crate::model::{Beat, CallRecord, CallState, Generation, Lease, Turn, WorkerPlace};

/// The fields of a record, or some of them. What is not known has no field.
#[derive(Debug, Default)]
pub(super) struct Fields(BTreeMap<String, String>);

impl FromRedisValue for Fields {
    fn from_redis_value(value: Value) -> Result<Self, ParsingError> {
        FromRedisValue::from_redis_value(value).map(Self)
    }
}

impl Fields {
    pub(super) fn of(record: &CallRecord) -> Self {
        let mut fields = record.worker.as_ref().map(Self::of_place).unwrap_or_default();
        fields.set("room", record.lease.room.clone());
        fields.set("call", record.lease.call.to_string());
        fields.set("generation", record.lease.generation.to_string());
        fields.set("holder", record.holder.clone());
        fields.set("beat", record.beat.0.to_string());
        fields.set("state", record.state.name().to_owned());
        fields.set("invited", u8::from(record.invited).to_string());
        if let Some(persona) = &record.persona {
            fields.set("persona", persona.clone());
        }
        fields
    }

    pub(super) fn of_place(place: &WorkerPlace) -> Self {
        let mut fields = Self::default();
        fields.set("host", place.host.clone());
        fields.set("pid", place.pid.to_string());
        fields.set("started", place.started.to_string());
        fields
    }

    pub(super) fn of_state(state: CallState) -> Self {
        let mut fields = Self::default();
        fields.set("state", state.name().to_owned());
        fields
    }

    fn set(&mut self, name: &str, value: String) {
        self.0.insert(name.to_owned(), value);
    }

    pub(super) fn append_to(&self, script: &mut ScriptInvocation<'_>) {
        for (name, value) in &self.0 {
            script.arg(name).arg(value);
        }
    }

    /// The record; `None` when there are no fields at all.
    pub(super) fn record(mut self) -> Result<Option<CallRecord>, StoreError> {
        if self.0.is_empty() {
            return Ok(None);
        }
        let worker = match self.0.remove("host") {
            Some(host) => Some(WorkerPlace { host, pid: self.number("pid")?, started: self.number("started")? }),
            None => None,
        };
        let state = self.text("state")?;
        Ok(Some(CallRecord {
            lease: Lease {
                room: self.text("room")?,
                call: self.number("call")?,
                generation: self.number::<Generation>("generation")?,
            },
            persona: self.0.remove("persona"),
            holder: self.text("holder")?,
            worker,
            beat: Beat(self.number("beat")?),
            state: CallState::from_name(&state).ok_or_else(|| unreadable("state"))?,
            invited: self.text("invited")? == "1",
        }))
    }

    fn text(&mut self, name: &'static str) -> Result<String, StoreError> {
        self.0.remove(name).ok_or_else(|| unreadable(name))
    }

    fn number<T: std::str::FromStr>(&mut self, name: &'static str) -> Result<T, StoreError> {
        self.text(name)?.parse().map_err(|_| unreadable(name))
    }
}

/// A turn as a text of its own: two with the same words are not the same.
pub(super) fn turn_text(turn: &Turn) -> String {
    format!("{} {} {}", turn.number(), turn.role().name(), turn.text())
}

/// The turn of such a text.
pub(super) fn turn(text: &str) -> Result<Turn, StoreError> {
    let read = || {
        let mut parts = text.splitn(3, ' ');
        let number = parts.next()?.parse().ok()?;
        let role = Turn::stored_role(parts.next()?)?;
        Some(Turn::new(number, role, parts.next()?))
    };
    read().ok_or_else(|| unreadable("turn"))
}

fn unreadable(what: &str) -> StoreError {
    StoreError::Corrupt(format!("a call's {what} cannot be read"))
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use chat::Role;

    use super::*;

    #[test]
    fn turns_that_were_stored_before_are_read_and_new_ones_look_the_same() {
        for (text, turn) in [
            ("1 user I am  Ada.", Turn::new(1, Role::User, "I am  Ada.")),
            ("1000002 assistant Hello\nAda.", Turn::new(1_000_002, Role::Assistant, "Hello\nAda.")),
        ] {
            assert_eq!(super::turn(text).unwrap(), turn);
            assert_eq!(turn_text(&turn), text);
        }
        for text in ["", "1", "1 user", "one user Hi", "1 king Hi", "1 system Hi", "1 tool Hi"] {
            assert!(matches!(super::turn(text), Err(StoreError::Corrupt(_))), "{text}");
        }
    }
}
