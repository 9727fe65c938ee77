//! One conversation between the agent and its users.

pub mod call_clock;
pub mod chat_input;
pub mod conversation;
pub mod face;
mod failures;
pub mod generation;
pub mod hearing;
pub mod recording;
pub mod voice;
