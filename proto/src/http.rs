//! The bodies of the token service, as WIRE section 1 fixes them.
//!
//! | endpoint | request | answer |
//! |---|---|---|
//! | `POST /join-room` | [`JoinRoomRequest`] | [`JoinRoomResponse`] |
//! | `GET /token` | [`TokenQuery`] in the query | [`TokenResponse`] |
//! | `POST /invite-avatar` | [`InviteAvatarRequest`] | [`InviteAvatarResponse`] |
//! | `GET /healthz` | nothing | [`HealthResponse`] |
//! | `GET /personas` | nothing | [`crate::personas::PersonasResponse`] |
//! | what stock LiveKit frontends ask for | | [`crate::token_source`] |
//! | anything that fails | | [`ErrorBody`] with the status of its [`ErrorCode`] |
//!
//! Unknown fields are ignored; names are checked while they are read (see [`crate::names`]).

use serde::{Deserialize, Deserializer, Serialize};

use crate::names::{AvatarName, CallerIdentity, ParticipantName, RoomName};

/// The path of [`JoinRoomRequest`].
pub const JOIN_ROOM_PATH: &str = "/join-room";
/// The path of [`TokenQuery`].
pub const TOKEN_PATH: &str = "/token";
/// The path of [`InviteAvatarRequest`].
pub const INVITE_AVATAR_PATH: &str = "/invite-avatar";
/// The path of [`HealthResponse`].
pub const HEALTH_PATH: &str = "/healthz";

/// The longest request body, in bytes.
pub const MAX_BODY_BYTES: usize = 16 * 1024;

/// The avatar that is meant when a caller names none: the default persona.
pub const DEFAULT_AVATAR_NAME: &str = "AI Assistant";

/// Asks for a token, and by default for the avatar's company.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS, schemars::JsonSchema), ts(optional_fields))]
pub struct JoinRoomRequest {
    /// The room to join. It exists from the first join on.
    pub room_name: RoomName,
    /// The name that others see.
    pub participant_name: ParticipantName,
    /// Whether the caller starts with an open microphone. A starting state: it never narrows the grants.
    #[serde(default = "yes")]
    #[cfg_attr(test, ts(as = "Option<_>", optional))]
    pub mic_enabled: bool,
    /// Whether the caller starts with an open camera. A starting state: it never narrows the grants.
    #[serde(default = "yes")]
    #[cfg_attr(test, ts(as = "Option<_>", optional))]
    pub camera_enabled: bool,
    /// Whether the avatar shall come too.
    #[serde(default = "yes")]
    #[cfg_attr(test, ts(as = "Option<_>", optional))]
    pub invite_avatar: bool,
    /// Which avatar; [`DEFAULT_AVATAR_NAME`] when absent.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "empty_is_absent")]
    pub avatar_name: Option<AvatarName>,
}

/// The default of the flags above.
fn yes() -> bool {
    true
}

impl JoinRoomRequest {
    /// A request with every flag at its default, `true`.
    #[must_use]
    pub fn new(room_name: RoomName, participant_name: ParticipantName) -> Self {
        Self {
            room_name,
            participant_name,
            mic_enabled: true,
            camera_enabled: true,
            invite_avatar: true,
            avatar_name: None,
        }
    }
}

/// Everything that a client needs to join.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS, schemars::JsonSchema))]
pub struct JoinRoomResponse {
    /// The access token (JWT) for that one room.
    pub token: String,
    /// The room, as trimmed.
    pub room_name: RoomName,
    /// The identity in the token, unique for this call.
    pub identity: String,
    /// The address of the LiveKit server, for clients.
    pub livekit_url: String,
    /// Whether the avatar is in the room or on its way there. `false` when it was not asked for and is not there, or
    /// when no worker can be had; the token is good all the same.
    pub avatar_invited: bool,
    /// The avatar's name.
    pub avatar_name: String,
}

/// The query of `GET /token`. An empty `identity=` or `name=` counts as absent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS, schemars::JsonSchema), ts(optional_fields))]
pub struct TokenQuery {
    /// The room to join.
    #[serde(rename = "roomName")]
    pub room_name: RoomName,
    /// The identity to have; made from the name when absent.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "empty_is_absent")]
    pub identity: Option<CallerIdentity>,
    /// The name that others see; the identity when absent.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "empty_is_absent")]
    pub name: Option<ParticipantName>,
}

/// Reads a text, taking an empty one for an absent one.
pub(crate) fn empty_is_absent<'de, D, T>(deserializer: D) -> Result<Option<T>, D::Error>
where
    D: Deserializer<'de>,
    T: TryFrom<String>,
    T::Error: std::fmt::Display,
{
    match Option::<String>::deserialize(deserializer)? {
        Some(text) if !text.is_empty() => T::try_from(text).map(Some).map_err(serde::de::Error::custom),
        Some(_) | None => Ok(None),
    }
}

/// The answer to [`TokenQuery`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS, schemars::JsonSchema))]
pub struct TokenResponse {
    /// The access token (JWT) for that one room.
    pub token: String,
    /// The address of the LiveKit server, for clients.
    pub livekit_url: String,
    /// The room, as trimmed.
    pub room_name: RoomName,
    /// The identity in the token.
    pub identity: String,
}

/// Asks the avatar into a room. A second call for the same room changes nothing, also when it names another avatar: the
/// answer says who is there.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS, schemars::JsonSchema), ts(optional_fields))]
pub struct InviteAvatarRequest {
    /// The room to come to.
    pub room_name: RoomName,
    /// Which avatar; [`DEFAULT_AVATAR_NAME`] when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub avatar_name: Option<AvatarName>,
}

/// The answer to [`InviteAvatarRequest`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS, schemars::JsonSchema))]
pub struct InviteAvatarResponse {
    /// The room, as trimmed.
    pub room_name: RoomName,
    /// The name of the avatar that is there or on its way, as its persona spells it.
    pub avatar_name: String,
    /// Whether the avatar is in the room or on its way there.
    pub avatar_invited: bool,
    /// What became of the invitation.
    pub state: AvatarState,
}

/// Where the avatar of a room is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS, schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum AvatarState {
    /// A worker was started by this very call; it joins in a moment.
    Starting,
    /// A worker was there already.
    Running,
    /// There is no worker, and none can be had now: as many run as may, or it could not be started.
    None,
}

impl AvatarState {
    /// Whether the avatar is in the room or on its way there.
    #[must_use]
    pub fn is_invited(self) -> bool {
        match self {
            Self::Starting | Self::Running => true,
            Self::None => false,
        }
    }
}

/// The answer of `GET /healthz`, with status 200 while the server takes requests.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS, schemars::JsonSchema))]
pub struct HealthResponse {
    /// Always `ok`.
    pub status: String,
    /// Worker processes now, those that are ending included.
    pub workers: usize,
    /// The most worker processes there may be.
    pub max_workers: usize,
}

/// The body of every answer that is not a success.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS, schemars::JsonSchema))]
pub struct ErrorBody {
    /// What went wrong.
    pub error: ErrorDetail,
}

impl ErrorBody {
    /// A body with this code and message.
    #[must_use]
    pub fn new(code: ErrorCode, message: impl Into<String>) -> Self {
        Self { error: ErrorDetail { code, message: message.into() } }
    }
}

/// What went wrong, for programs and for people.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS, schemars::JsonSchema))]
pub struct ErrorDetail {
    /// For programs: stable.
    pub code: ErrorCode,
    /// For people. It names the field, where there is one: `room_name: must not be empty`.
    pub message: String,
}

/// Why a request failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS, schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum ErrorCode {
    /// The body is not JSON.
    MalformedJson,
    /// A field is missing, has the wrong type or breaks a rule.
    InvalidField,
    /// The API key or JWT is missing, not one of ours, or expired.
    Unauthorized,
    /// The JWT is for other rooms.
    Forbidden,
    /// No such path.
    NotFound,
    /// No avatar of that name.
    UnknownAvatar,
    /// The path takes another method.
    MethodNotAllowed,
    /// The request did not arrive, or could not be answered, in time.
    Timeout,
    /// Someone in the room has the identity that was asked for.
    IdentityTaken,
    /// The body is longer than [`MAX_BODY_BYTES`].
    BodyTooLarge,
    /// The address is longer than any that means something here.
    UriTooLong,
    /// The body is not declared as `application/json`.
    UnsupportedMediaType,
    /// This client, or all of them together, call too often: the header `Retry-After` says how long to wait.
    RateLimited,
    /// This client has as many rooms with an agent as it may.
    QuotaReached,
    /// A fault of the server; its log has more.
    Internal,
    /// The LiveKit server could not be asked.
    SfuUnreachable,
}

impl ErrorCode {
    /// Every code, for tests and documentation.
    pub const ALL: [Self; 16] = [
        Self::MalformedJson,
        Self::InvalidField,
        Self::Unauthorized,
        Self::Forbidden,
        Self::NotFound,
        Self::UnknownAvatar,
        Self::MethodNotAllowed,
        Self::Timeout,
        Self::IdentityTaken,
        Self::BodyTooLarge,
        Self::UriTooLong,
        Self::UnsupportedMediaType,
        Self::RateLimited,
        Self::QuotaReached,
        Self::Internal,
        Self::SfuUnreachable,
    ];

    /// The HTTP status that goes with it.
    #[must_use]
    pub fn http_status(self) -> u16 {
        match self {
            Self::MalformedJson | Self::InvalidField => 400,
            Self::Unauthorized => 401,
            Self::Forbidden => 403,
            Self::NotFound | Self::UnknownAvatar => 404,
            Self::MethodNotAllowed => 405,
            Self::Timeout => 408,
            Self::IdentityTaken => 409,
            Self::BodyTooLarge => 413,
            Self::UriTooLong => 414,
            Self::UnsupportedMediaType => 415,
            Self::RateLimited | Self::QuotaReached => 429,
            Self::Internal => 500,
            Self::SfuUnreachable => 503,
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used)]

    use super::*;
    use serde_json::json;

    #[test]
    fn only_the_names_are_required_and_flags_default_to_true() {
        let request: JoinRoomRequest =
            serde_json::from_value(json!({"room_name": " r ", "participant_name": "Abel", "theme": "dark"})).unwrap();
        let expected = JoinRoomRequest::new(RoomName::parse("r").unwrap(), ParticipantName::parse("Abel").unwrap());
        assert_eq!(request, expected);
        assert_eq!(
            serde_json::to_value(&request).unwrap(),
            json!({"room_name": "r", "participant_name": "Abel", "mic_enabled": true, "camera_enabled": true, "invite_avatar": true})
        );
    }

    #[test]
    fn flags_must_be_booleans() {
        let body = json!({"room_name": "r", "participant_name": "Abel", "mic_enabled": "yes"});
        assert!(serde_json::from_value::<JoinRoomRequest>(body).is_err());
    }

    #[test]
    fn a_query_may_leave_identity_and_name_empty() {
        let query: TokenQuery = serde_json::from_value(json!({"roomName": "r", "identity": "", "name": ""})).unwrap();
        assert_eq!((query.identity, query.name), (None, None));
        let reserved = json!({"roomName": "r", "identity": "agent-1"});
        assert!(serde_json::from_value::<TokenQuery>(reserved).unwrap_err().to_string().contains("reserved"));
    }

    #[test]
    fn answers_have_exactly_the_documented_keys() {
        let answer = InviteAvatarResponse {
            room_name: RoomName::parse("r").unwrap(),
            avatar_name: DEFAULT_AVATAR_NAME.to_owned(),
            avatar_invited: true,
            state: AvatarState::Starting,
        };
        assert_eq!(
            serde_json::to_value(answer).unwrap(),
            json!({"room_name": "r", "avatar_name": "AI Assistant", "avatar_invited": true, "state": "starting"})
        );
        assert_eq!(
            serde_json::to_value(ErrorBody::new(ErrorCode::BodyTooLarge, "too long")).unwrap(),
            json!({"error": {"code": "body_too_large", "message": "too long"}})
        );
    }

    #[test]
    fn every_error_has_an_error_status() {
        for code in ErrorCode::ALL {
            assert!((400..600).contains(&code.http_status()), "{code:?}");
        }
    }
}
