//! What an agent shows of itself, by whatever way it is in a call.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use thiserror::Error;

/// What an agent is doing, as [`crate::room::ATTRIBUTE_AGENT_STATE`] tells frontends.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum AgentState {
    /// It has joined and is getting ready.
    Initializing,
    /// It is ready, and nobody is there to talk to.
    Idle,
    /// It waits for words, or hears them.
    Listening,
    /// Someone has finished speaking; the answer is being made.
    Thinking,
    /// Its voice is being played.
    Speaking,
}

impl AgentState {
    /// Every state.
    pub const ALL: [Self; 5] = [Self::Initializing, Self::Idle, Self::Listening, Self::Thinking, Self::Speaking];

    /// The state as the attribute spells it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Initializing => "initializing",
            Self::Idle => "idle",
            Self::Listening => "listening",
            Self::Thinking => "thinking",
            Self::Speaking => "speaking",
        }
    }
}

impl fmt::Display for AgentState {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.as_str())
    }
}

/// A text that is none of [`AgentState`].
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("`{0}` is not an agent state: initializing, idle, listening, thinking or speaking")]
pub struct UnknownAgentState(String);

impl FromStr for AgentState {
    type Err = UnknownAgentState;

    fn from_str(text: &str) -> Result<Self, UnknownAgentState> {
        Self::ALL.into_iter().find(|state| state.as_str() == text).ok_or_else(|| UnknownAgentState(text.to_owned()))
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used)]

    use super::*;

    #[test]
    fn states_read_what_they_write() {
        for state in AgentState::ALL {
            assert_eq!(state.as_str().parse(), Ok(state));
            assert_eq!(serde_json::to_value(state).unwrap(), state.as_str());
        }
        assert!("Speaking".parse::<AgentState>().is_err());
        assert!("".parse::<AgentState>().is_err());
    }
}
