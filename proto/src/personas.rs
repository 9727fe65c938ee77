//! The list of those whom a client may invite.
//!
//! | endpoint | request | answer |
//! |---|---|---|
//! | `GET /personas` | nothing | [`PersonasResponse`] |
//! | `GET /personas/pictures/NAME.png` | nothing, not even an API key | a picture |

use serde::{Deserialize, Serialize};

/// The path of [`PersonasResponse`].
pub const PERSONAS_PATH: &str = "/personas";
/// How the paths of pictures begin.
pub const PICTURES_PATH: &str = "/personas/pictures/";

/// The answer of `GET /personas`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS, schemars::JsonSchema))]
pub struct PersonasResponse {
    /// Everyone, the default persona first, the others in the order of their files' names. Never empty.
    pub personas: Vec<PersonaSummary>,
}

/// What a client shows of a persona.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS, schemars::JsonSchema), ts(optional_fields))]
pub struct PersonaSummary {
    /// The name, by which it is invited (`avatar_name`).
    pub name: String,
    /// What it says first; empty when it waits for the user.
    pub greeting: String,
    /// The path of a still picture of its face on this server: PNG, square. Absent when there is none, as for faces from a
    /// photo, or from a service.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub picture: Option<String>,
}
