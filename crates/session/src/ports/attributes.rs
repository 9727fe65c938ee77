//! What clients can see of the agent without a stream: its state, and whose face they see.

use async_trait::async_trait;
use dialogue::AgentState;
use telemetry::events::AvatarLoss;

use super::TransportError;

/// Who shows the agent's face.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FaceSource {
    /// The agent itself.
    Local,
    /// Another participant, which is voice and face.
    Avatar,
    /// A lip-sync service.
    LipSync,
}

/// Shows attributes of the agent to everybody.
#[async_trait]
pub trait Attributes: Send + Sync {
    /// Shows the agent's state. Resolves soon even when the other end does not confirm: the next state must not wait.
    async fn show_state(&self, state: AgentState) -> Result<(), TransportError>;

    /// Shows whose face is seen, and why the one before it was given up.
    async fn show_face(&self, source: FaceSource, lost: Option<AvatarLoss>) -> Result<(), TransportError>;
}
