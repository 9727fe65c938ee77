//! No words are a back-channel: whatever the user says is meant for the agent.

use super::{BackChannel, BuildBackChannel, Registered};

pub(super) const POLICY: Registered<BuildBackChannel> =
    Registered { name: "never", summary: "whatever the user says is meant for the agent", build: |_| Box::new(Never) };

/// Knows no back-channel.
#[derive(Debug)]
pub(crate) struct Never;

impl BackChannel for Never {
    fn is_back_channel(&self, _: &str) -> bool {
        false
    }

    fn is_hum(&self, _: &str) -> bool {
        false
    }
}
