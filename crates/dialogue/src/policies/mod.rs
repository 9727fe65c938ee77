//! Decisions of turn-taking, one a file. Three of them can be replaced, by traits: the end of a turn, an interruption, a
//! back-channel. A new one is a file beside the others, a line in its folder's `builtin`, and a line in `docs/turn-taking.md`.
//!
//! ```text
//!   PolicyRegistry (by name) ── select(settings) ──> Policies ──> Dialogue
//! ```

pub mod back_channel;
pub(crate) mod budget;
pub mod end_of_turn;
pub(crate) mod hint;
pub mod interruption;
pub(crate) mod pauses;
mod registered;
mod registry;
pub(crate) mod waste;

pub use registered::Registered;
pub use registry::{Policies, PolicyError, PolicyKind, PolicyRegistry};
