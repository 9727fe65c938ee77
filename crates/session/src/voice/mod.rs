//! The agent's voice: from clauses to samples, and the one clock that everything follows.
//!
//! ```text
//!  Speak(clause) ──> synthesis thread ──> PlayoutCommand::Clause (48 kHz) ──> playout task ──> AudioOutput
//!                                                                          └──> SharedClock (read by the face)
//! ```

mod backlog;
mod clause;
mod clock;
mod playout;
mod synthesis;

pub use clause::{PlayableClause, PlayedWord};
pub use clock::{PlayoutClock, SharedClock};
pub use playout::{PlayoutCommand, run_playout};
pub use synthesis::{SynthesisCommand, playable_clause, run_synthesis};
