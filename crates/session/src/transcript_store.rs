//! Where a conversation is kept, so that another process can continue it.

use async_trait::async_trait;
use dialogue::{EndReason, TurnId};

/// Keeps what was said and heard. Nothing waits for it but the end of the call.
#[async_trait]
pub trait TranscriptStore: Send {
    /// The user said this, as far as is known now. A turn that goes on is reported again, longer.
    fn user_said(&mut self, turn: TurnId, text: &str);

    /// The user wrote this, which interrupts the agent.
    fn user_typed(&mut self, text: &str);

    /// These words of the agent's speech were heard.
    fn agent_heard(&mut self, words: &str);

    /// The agent's speech is over, or was interrupted.
    fn agent_ended(&mut self);

    /// The call is over for this process. Must end soon.
    async fn close(self: Box<Self>, reason: EndReason);
}
