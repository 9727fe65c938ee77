//! The body of a report. Only what is used is read: a later server may say more.

use std::time::Duration;

use serde::{Deserialize, Deserializer};

/// The longest id of a report.
const MAX_ID_BYTES: usize = 128;

/// What happened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Event {
    /// A room began.
    RoomStarted {
        /// Its name.
        room: String,
    },
    /// A room is closed.
    RoomFinished {
        /// Its name.
        room: String,
    },
    /// Someone has joined, with media and all.
    ParticipantJoined {
        /// The room's name.
        room: String,
        /// Who.
        participant: Participant,
    },
    /// Someone has left.
    ParticipantLeft {
        /// The room's name.
        room: String,
        /// Who.
        participant: Participant,
    },
    /// Someone began to join and gave up.
    ParticipantAborted {
        /// The room's name.
        room: String,
        /// Who.
        participant: Participant,
    },
    /// Anything else, by its name.
    Other(String),
}

/// Someone in a room.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Participant {
    /// Their identity.
    pub identity: String,
    /// The SID of this one presence of theirs.
    pub sid: String,
}

/// A report, read.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Report {
    pub(super) id: String,
    /// When, since 1970.
    pub(super) created: Duration,
    pub(super) event: Event,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Body {
    id: String,
    #[serde(deserialize_with = "seconds", alias = "created_at")]
    created_at: u64,
    event: String,
    room: Option<Room>,
    participant: Option<Participant>,
}

#[derive(Deserialize)]
struct Room {
    name: String,
}

/// The JSON form of protobuf writes 64-bit numbers as texts, and other writers as numbers.
fn seconds<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u64, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Number {
        Number(u64),
        Text(String),
    }
    match Number::deserialize(deserializer)? {
        Number::Number(number) => Ok(number),
        Number::Text(text) => text.parse().map_err(serde::de::Error::custom),
    }
}

pub(super) fn parse(body: &[u8]) -> Result<Report, String> {
    let body: Body = serde_json::from_slice(body).map_err(|error| error.to_string())?;
    if body.id.is_empty() || body.id.len() > MAX_ID_BYTES {
        return Err(format!("id: must have 1 to {MAX_ID_BYTES} bytes"));
    }
    let name = || body.room.as_ref().map(|room| room.name.clone()).ok_or("room: is missing");
    let who = || body.participant.clone().ok_or("participant: is missing");
    let event = match body.event.as_str() {
        "room_started" => Event::RoomStarted { room: name()? },
        "room_finished" => Event::RoomFinished { room: name()? },
        "participant_joined" => Event::ParticipantJoined { room: name()?, participant: who()? },
        "participant_left" => Event::ParticipantLeft { room: name()?, participant: who()? },
        "participant_connection_aborted" => Event::ParticipantAborted { room: name()?, participant: who()? },
        _ => Event::Other(body.event),
    };
    Ok(Report { id: body.id, created: Duration::from_secs(body.created_at), event })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used)]

    use super::*;
    use proptest::prelude::*;

    #[test]
    fn reports_are_read_whatever_else_they_say() {
        let body = br#"{"event": "participant_joined", "id": "EV_1", "createdAt": "1700000000", "numDropped": 3,
            "room": {"sid": "RM_1", "name": "kitchen", "enabledCodecs": [{"mime": "audio/opus"}]},
            "participant": {"sid": "PA_1", "identity": "ada", "kind": "SOMETHING_NEW", "joinedAt": "1"}}"#;
        let participant = Participant { identity: "ada".to_owned(), sid: "PA_1".to_owned() };
        let event = Event::ParticipantJoined { room: "kitchen".to_owned(), participant };
        let report = Report { id: "EV_1".to_owned(), created: Duration::from_secs(1_700_000_000), event };
        assert_eq!(parse(body).unwrap(), report);
        let other = parse(br#"{"event": "egress_started", "id": "EV_2", "createdAt": 5}"#).unwrap();
        assert_eq!(other.event, Event::Other("egress_started".to_owned()));
    }

    #[test]
    fn what_is_missing_or_wrong_is_named() {
        for (body, part) in [
            ("", "EOF"),
            ("[]", "id"),
            ("{}", "id"),
            (r#"{"id": "", "createdAt": 1, "event": "x"}"#, "id: must"),
            (r#"{"id": "a", "createdAt": "soon", "event": "x"}"#, "invalid digit"),
            (r#"{"id": "a", "createdAt": -1, "event": "x"}"#, "Number"),
            (r#"{"id": "a", "createdAt": 1, "event": "room_started"}"#, "room: is missing"),
            (r#"{"id": "a", "createdAt": 1, "event": "participant_left", "room": {"name": "r"}}"#, "participant: is"),
        ] {
            let error = parse(body.as_bytes()).unwrap_err();
            assert!(error.contains(part), "{body}: {error}");
        }
        assert!(parse(format!(r#"{{"id": "{}", "createdAt": 1, "event": "x"}}"#, "i".repeat(129)).as_bytes()).is_err());
    }

    proptest! {
        #[test]
        fn no_body_makes_it_panic(bytes in proptest::collection::vec(any::<u8>(), 0..200), text in ".{0,100}") {
            let _ = parse(&bytes);
            let _ = parse(format!(r#"{{"id": "a", "createdAt": {text}, "event": "room_started"}}"#).as_bytes());
        }
    }
}
