//! The call that a worker is to serve: one line of JSON on its standard input.
//!
//! A worker that a program starts as `agent-worker connect --orders [--persona=FILE]` reads the line at once. One that is
//! started as `agent-worker standby [--persona=FILE]` loads its engines first, prints [`STANDING_BY_LINE`] on standard output
//! and waits for the line. Tokens travel through the pipe: they are in no argument and in no environment. When the owner's
//! end of the pipe is closed before there were orders, the worker ends.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::names::RoomName;

/// The line on standard output that says: the engines are loaded, orders are awaited.
pub const STANDING_BY_LINE: &str = "visavis: standing by";

/// The longest line of orders, in bytes, its end included: tokens are some hundred bytes each.
pub const MAX_ORDERS_BYTES: usize = 64 * 1024;

/// The call that a worker is to serve.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Orders {
    /// The room to join.
    pub room: RoomName,
    /// The agent's identity there; the token says the same.
    pub identity: String,
    /// The name that people see.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// The LiveKit server's address.
    pub url: String,
    /// Grants this one room.
    pub token: String,
    /// A token for the avatar that a service sends into the room, when the persona wants one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub avatar_token: Option<String>,
    /// The LiveKit server's address for those outside, see [`crate::worker::ENV_LIVEKIT_PUBLIC_URL`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub public_url: Option<String>,
    /// Which call it is, for a worker whose owner keeps calls (see [`CallOrders`]).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub call: Option<CallOrders>,
    /// Whether the worker ends when its standard input does; otherwise it outlives its owner.
    pub lifeline: bool,
}

/// Which call a worker serves, and as which of its workers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CallOrders {
    /// The call's id: 16 hexadecimal digits, the same for every worker that serves it.
    pub id: String,
    /// 1 for its first worker, one more for each that replaces another.
    pub generation: u32,
}

/// What the token server writes into the metadata of a dispatch for a worker of ours.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct JobMetadata {
    /// Which call it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub call: Option<CallOrders>,
}

impl JobMetadata {
    /// What the metadata says to us. A dispatch that somebody else made may say anything: then nothing.
    #[must_use]
    pub fn read(metadata: &str) -> Self {
        serde_json::from_str(metadata).unwrap_or_default()
    }
}

impl Orders {
    /// The line, with its end.
    ///
    /// # Errors
    /// When it would be longer than [`MAX_ORDERS_BYTES`].
    pub fn line(&self) -> Result<String, OrdersError> {
        let mut line = serde_json::to_string(self).map_err(|error| OrdersError::NotOrders(error.to_string()))?;
        line.push('\n');
        if line.len() > MAX_ORDERS_BYTES { Err(OrdersError::TooLong) } else { Ok(line) }
    }

    /// Reads a line.
    ///
    /// # Errors
    /// When it is no orders.
    pub fn parse(line: &str) -> Result<Self, OrdersError> {
        // The line holds tokens: what was read is not quoted.
        serde_json::from_str(line).map_err(|error| {
            OrdersError::NotOrders(format!("wrong at line {}, column {}", error.line(), error.column()))
        })
    }
}

/// Tokens stay out of logs.
impl fmt::Debug for Orders {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Orders")
            .field("room", &self.room)
            .field("identity", &self.identity)
            .field("url", &self.url)
            .field("call", &self.call)
            .field("lifeline", &self.lifeline)
            .finish_non_exhaustive()
    }
}

/// Why a line is no orders.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum OrdersError {
    /// It is too long.
    #[error("orders have at most {MAX_ORDERS_BYTES} bytes")]
    TooLong,
    /// It is something else.
    #[error("these are no orders: {0}")]
    NotOrders(String),
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used)]

    use super::*;

    fn orders() -> Orders {
        Orders {
            room: RoomName::parse("kitchen").unwrap(),
            identity: "agent-00000001".into(),
            name: Some("Ada \"A\"\nL".into()),
            url: "ws://127.0.0.1:7880".into(),
            token: "secret-token".into(),
            avatar_token: None,
            public_url: None,
            call: Some(CallOrders { id: "00112233aabbccdd".into(), generation: 2 }),
            lifeline: true,
        }
    }

    #[test]
    fn orders_are_one_line_and_read_back() {
        let line = orders().line().unwrap();
        assert_eq!(line.matches('\n').count(), 1);
        assert_eq!(Orders::parse(&line).unwrap(), orders());
    }

    #[test]
    fn neither_a_log_line_nor_an_error_tells_a_token() {
        assert!(!format!("{:?}", orders()).contains("secret-token"));
        let broken = orders().line().unwrap().replace("\"lifeline\":true", "\"lifeline\":7");
        assert!(!Orders::parse(&broken).unwrap_err().to_string().contains("secret-token"));
    }

    #[test]
    fn metadata_of_others_says_nothing() {
        let call = CallOrders { id: "00112233aabbccdd".into(), generation: 2 };
        let ours = JobMetadata { call: Some(call) };
        assert_eq!(JobMetadata::read(&serde_json::to_string(&ours).unwrap()), ours);
        for other in ["", "plain words", "{\"user\":7}", "[1]", "{\"call\":3}"] {
            assert_eq!(JobMetadata::read(other), JobMetadata::default(), "{other}");
        }
    }

    #[test]
    fn what_is_too_long_is_refused() {
        assert_eq!(Orders { token: "x".repeat(MAX_ORDERS_BYTES), ..orders() }.line(), Err(OrdersError::TooLong));
    }
}
