//! The bodies by which stock LiveKit frontends ask for a token, as WIRE section 1 fixes them.
//!
//! | endpoint | request | answer |
//! |---|---|---|
//! | `POST /token` (`TokenSource.endpoint` of LiveKit's client SDKs) | [`TokenSourceRequest`] | 201, [`TokenSourceResponse`] |
//! | `POST /api/v2/sandbox/connection-details` (their sandbox form) | the same | the same |
//! | `GET /api/connection-details` (LiveKit Meet) | [`ConnectionDetailsQuery`] in the query | [`ConnectionDetails`]; failures in plain text |
//!
//! The first two are protobuf's JSON form of `livekit.TokenSourceRequest` and `livekit.TokenSourceResponse`, with the
//! fields' original names: a field that is absent, `null` or empty is not set.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::http::empty_is_absent;
use crate::names::{CallerIdentity, ParticipantName, RoomName};

/// The path of the sandbox form of [`TokenSourceRequest`]. The plain form is `POST` on [`crate::http::TOKEN_PATH`].
pub const SANDBOX_PATH: &str = "/api/v2/sandbox/connection-details";
/// A header that sandbox clients send; it is let in, and not looked at.
pub const SANDBOX_HEADER: &str = "x-sandbox-id";
/// The path of [`ConnectionDetailsQuery`].
pub const CONNECTION_DETAILS_PATH: &str = "/api/connection-details";

/// The longest metadata of a participant or an agent, in bytes. It travels inside the token, which clients send in an
/// address.
pub const MAX_METADATA_BYTES: usize = 2048;
/// The most attributes of a participant.
pub const MAX_ATTRIBUTES: usize = 32;
/// The most bytes that the keys and values of all attributes may have together.
pub const MAX_ATTRIBUTES_BYTES: usize = 2048;
/// The most agents that one request may name.
pub const MAX_AGENTS: usize = 8;
/// How attributes begin that LiveKit and its agents give a meaning to. No caller may set one, in any case of letters.
pub const RESERVED_ATTRIBUTE_PREFIX: &str = "lk.";

/// Asks for a token. Every field may be left out.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS, schemars::JsonSchema), ts(optional_fields))]
#[serde(default)]
pub struct TokenSourceRequest {
    /// The room to join; a fresh one when absent.
    #[serde(skip_serializing_if = "Option::is_none", deserialize_with = "empty_is_absent")]
    pub room_name: Option<RoomName>,
    /// The name that others see; the identity when absent.
    #[serde(skip_serializing_if = "Option::is_none", deserialize_with = "empty_is_absent")]
    pub participant_name: Option<ParticipantName>,
    /// The identity to have; made from the name when absent.
    #[serde(skip_serializing_if = "Option::is_none", deserialize_with = "empty_is_absent")]
    pub participant_identity: Option<CallerIdentity>,
    /// What others can read about the participant.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub participant_metadata: Option<Metadata>,
    /// The same, as keys and values.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub participant_attributes: Option<Attributes>,
    /// How the room is to be, if this participant creates it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub room_config: Option<RoomConfig>,
}

impl TokenSourceRequest {
    /// The agents that are asked for, in order.
    #[must_use]
    pub fn agents(&self) -> &[AgentDispatch] {
        self.room_config.as_ref().and_then(|config| config.agents.as_ref()).map_or(&[], |agents| &agents.0)
    }
}

/// What is read of a request's `room_config`. The rest is ignored: it would let callers shape rooms that others use.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS, schemars::JsonSchema), ts(optional_fields))]
#[serde(default)]
pub struct RoomConfig {
    /// The agents that shall come.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub agents: Option<Agents>,
}

/// An agent that shall come to the room.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS, schemars::JsonSchema), ts(optional_fields))]
#[serde(default)]
pub struct AgentDispatch {
    /// Its name. A server honours only names that it knows.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub agent_name: Option<String>,
    /// What it is told about its job.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub metadata: Option<Metadata>,
}

/// Why a part of a request is refused.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum LimitError {
    /// Metadata above [`MAX_METADATA_BYTES`].
    #[error("must have at most {MAX_METADATA_BYTES} bytes, has {bytes}")]
    MetadataTooLong {
        /// How many it has.
        bytes: usize,
    },
    /// More than [`MAX_ATTRIBUTES`].
    #[error("must be at most {MAX_ATTRIBUTES}, are {count}")]
    TooManyAttributes {
        /// How many there are.
        count: usize,
    },
    /// Keys and values above [`MAX_ATTRIBUTES_BYTES`].
    #[error("must have at most {MAX_ATTRIBUTES_BYTES} bytes in all, have {bytes}")]
    AttributesTooLong {
        /// How many they have.
        bytes: usize,
    },
    /// An attribute without a name.
    #[error("must not have an empty key")]
    EmptyAttribute,
    /// An attribute that begins with [`RESERVED_ATTRIBUTE_PREFIX`].
    #[error("must not begin with `{RESERVED_ATTRIBUTE_PREFIX}`, which is reserved")]
    ReservedAttribute,
    /// More than [`MAX_AGENTS`].
    #[error("must be at most {MAX_AGENTS}, are {count}")]
    TooManyAgents {
        /// How many there are.
        count: usize,
    },
}

/// A text of at most [`MAX_METADATA_BYTES`].
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS, schemars::JsonSchema), ts(as = "String"))]
#[serde(try_from = "String", into = "String")]
pub struct Metadata(String);

impl TryFrom<String> for Metadata {
    type Error = LimitError;

    fn try_from(text: String) -> Result<Self, LimitError> {
        match text.len() {
            0..=MAX_METADATA_BYTES => Ok(Self(text)),
            bytes => Err(LimitError::MetadataTooLong { bytes }),
        }
    }
}

impl From<Metadata> for String {
    fn from(metadata: Metadata) -> Self {
        metadata.0
    }
}

/// Attributes of a participant within the limits, none of them reserved.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS, schemars::JsonSchema), ts(as = "BTreeMap<String, String>"))]
#[serde(try_from = "BTreeMap<String, String>", into = "BTreeMap<String, String>")]
pub struct Attributes(BTreeMap<String, String>);

impl TryFrom<BTreeMap<String, String>> for Attributes {
    type Error = LimitError;

    fn try_from(map: BTreeMap<String, String>) -> Result<Self, LimitError> {
        let is_reserved = |key: &String| {
            key.get(..RESERVED_ATTRIBUTE_PREFIX.len())
                .is_some_and(|start| start.eq_ignore_ascii_case(RESERVED_ATTRIBUTE_PREFIX))
        };
        if map.len() > MAX_ATTRIBUTES {
            return Err(LimitError::TooManyAttributes { count: map.len() });
        }
        let bytes = map.iter().map(|(key, value)| key.len() + value.len()).sum();
        if bytes > MAX_ATTRIBUTES_BYTES {
            return Err(LimitError::AttributesTooLong { bytes });
        }
        if map.keys().any(String::is_empty) {
            return Err(LimitError::EmptyAttribute);
        }
        if map.keys().any(is_reserved) {
            return Err(LimitError::ReservedAttribute);
        }
        Ok(Self(map))
    }
}

impl From<Attributes> for BTreeMap<String, String> {
    fn from(attributes: Attributes) -> Self {
        attributes.0
    }
}

/// At most [`MAX_AGENTS`] agents.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS, schemars::JsonSchema), ts(type = "AgentDispatch[]"))]
#[serde(try_from = "Vec<AgentDispatch>", into = "Vec<AgentDispatch>")]
pub struct Agents(Vec<AgentDispatch>);

impl TryFrom<Vec<AgentDispatch>> for Agents {
    type Error = LimitError;

    fn try_from(agents: Vec<AgentDispatch>) -> Result<Self, LimitError> {
        match agents.len() {
            0..=MAX_AGENTS => Ok(Self(agents)),
            count => Err(LimitError::TooManyAgents { count }),
        }
    }
}

impl From<Agents> for Vec<AgentDispatch> {
    fn from(agents: Agents) -> Self {
        agents.0
    }
}

/// The answer to [`TokenSourceRequest`], with status 201.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS, schemars::JsonSchema))]
pub struct TokenSourceResponse {
    /// The address of the LiveKit server, for clients.
    pub server_url: String,
    /// The access token (JWT) for that one room.
    pub participant_token: String,
    /// The name that others see.
    pub participant_name: String,
    /// The room: the fresh one, where none was asked for.
    pub room_name: RoomName,
}

/// The query of LiveKit Meet. Names are texts here, as Meet is answered in plain text, field by field.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS, schemars::JsonSchema), ts(optional_fields))]
#[serde(rename_all = "camelCase", default)]
pub struct ConnectionDetailsQuery {
    /// The room to join; required.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub room_name: Option<String>,
    /// The name that others see; required.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub participant_name: Option<String>,
    /// What others can read about the participant.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub metadata: Option<String>,
    // `region` chooses a server of LiveKit Cloud: ignored, as any unknown field is.
}

/// The answer to [`ConnectionDetailsQuery`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS, schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct ConnectionDetails {
    /// The address of the LiveKit server, for clients.
    pub server_url: String,
    /// The room, as trimmed.
    pub room_name: RoomName,
    /// The access token (JWT) for that one room.
    pub participant_token: String,
    /// The name that others see, as trimmed.
    pub participant_name: ParticipantName,
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used)]

    use super::*;
    use serde_json::{Value, json};

    fn read(body: Value) -> Result<TokenSourceRequest, String> {
        serde_json::from_value(body).map_err(|error| error.to_string())
    }

    #[test]
    fn absent_null_and_empty_fields_are_not_set() {
        let nothing = TokenSourceRequest::default();
        assert_eq!(read(json!({})).unwrap(), nothing);
        let nulls = json!({"room_name": null, "participant_name": null, "participant_identity": null,
                           "participant_metadata": null, "participant_attributes": null, "room_config": null});
        assert_eq!(read(nulls).unwrap(), nothing);
        let empty = json!({"room_name": "", "participant_name": "", "participant_identity": "", "theme": 7});
        assert_eq!(read(empty).unwrap(), nothing);
        assert_eq!(serde_json::to_value(nothing).unwrap(), json!({}));
        assert!(read(json!({"room_config": {"agents": null, "name": "x"}})).unwrap().agents().is_empty());
    }

    #[test]
    fn agents_are_read_with_their_metadata() {
        let body = json!({"room_config": {"empty_timeout": 5, "agents": [{"agent_name": "ada", "metadata": "m"}, {}]}});
        let request = read(body).unwrap();
        let [ada, unnamed] = request.agents() else { panic!("{request:?}") };
        assert_eq!(
            (ada.agent_name.as_deref(), ada.metadata.clone().map(String::from)),
            (Some("ada"), Some("m".into()))
        );
        assert_eq!(unnamed.agent_name, None);
    }

    #[test]
    fn what_breaks_a_limit_is_refused() {
        let attributes =
            |count: usize| (0..count).map(|n| (n.to_string(), json!("v"))).collect::<serde_json::Map<_, _>>();
        let many = vec![json!({"agent_name": "a"}); MAX_AGENTS + 1];
        for (body, part) in [
            (json!({"participant_metadata": "x".repeat(MAX_METADATA_BYTES + 1)}), "2048 bytes, has 2049"),
            (json!({"participant_attributes": attributes(MAX_ATTRIBUTES + 1)}), "at most 32, are 33"),
            (
                json!({"participant_attributes": {"a": "x".repeat(MAX_ATTRIBUTES_BYTES)}}),
                "2048 bytes in all, have 2049",
            ),
            (json!({"participant_attributes": {"": "x"}}), "empty key"),
            (json!({"participant_attributes": {"lk.agent.state": "listening"}}), "reserved"),
            (json!({"participant_attributes": {"LK.x": ""}}), "reserved"),
            (json!({"participant_attributes": {"a": 1}}), "string"),
            (json!({"participant_identity": "agent-1"}), "reserved"),
            (json!({"room_config": {"agents": many}}), "at most 8, are 9"),
            (json!({"room_name": 7}), "string"),
        ] {
            let error = read(body.clone()).unwrap_err();
            assert!(error.contains(part), "{body}: {error}");
        }
        let full = json!({"participant_metadata": "x".repeat(MAX_METADATA_BYTES), "participant_attributes": attributes(MAX_ATTRIBUTES)});
        assert!(read(full).is_ok());
    }

    #[test]
    fn meet_is_answered_in_its_own_spelling() {
        let answer = ConnectionDetails {
            server_url: "wss://sfu".to_owned(),
            room_name: RoomName::parse("r").unwrap(),
            participant_token: "t".to_owned(),
            participant_name: ParticipantName::parse("Abel").unwrap(),
        };
        let expected =
            json!({"serverUrl": "wss://sfu", "roomName": "r", "participantToken": "t", "participantName": "Abel"});
        assert_eq!(serde_json::to_value(answer).unwrap(), expected);
    }
}
