//! How a reply ended, and what it took.

use serde::{Deserialize, Serialize};

/// Why a reply ended. Two serialised names differ from what services call them, as recordings have always had them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FinishReason {
    /// Everything was said.
    #[serde(rename = "complete", alias = "stop")]
    Stop,
    /// The limit of length was reached.
    #[serde(rename = "truncated", alias = "length")]
    Length,
    /// The model waits for the results of tools.
    ToolCalls,
    /// A filter of the service kept the rest back.
    ContentFilter,
    /// Whoever asked no longer wants it.
    Cancelled,
}

/// The tokens of a reply, as the engine counts them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Usage {
    /// Tokens read: instructions and conversation.
    pub prompt_tokens: u64,
    /// Those of them that were in the engine's cache.
    pub cached_tokens: u64,
    /// Tokens written, reasoning included.
    pub completion_tokens: u64,
}

/// The end of a reply.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Completion {
    /// Why it ended.
    pub finish: FinishReason,
    /// What it took, if the engine told.
    pub usage: Option<Usage>,
}

impl Completion {
    /// An end of which nothing more is known.
    #[must_use]
    pub const fn new(finish: FinishReason) -> Self {
        Self { finish, usage: None }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::FinishReason;

    #[test]
    fn recordings_keep_their_names_and_the_names_of_services_are_read() {
        for (finish, written, others) in [
            (FinishReason::Stop, "complete", ["stop"].as_slice()),
            (FinishReason::Length, "truncated", &["length"]),
            (FinishReason::ToolCalls, "tool_calls", &[]),
            (FinishReason::ContentFilter, "content_filter", &[]),
            (FinishReason::Cancelled, "cancelled", &[]),
        ] {
            assert_eq!(serde_json::to_value(finish).unwrap(), written);
            for name in others.iter().copied().chain([written]) {
                assert_eq!(serde_json::from_value::<FinishReason>(name.into()).unwrap(), finish, "{name}");
            }
        }
    }
}
