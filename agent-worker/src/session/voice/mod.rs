//! The agent's voice: from clauses to samples in the room, and the one clock that everything follows.
//!
//! ```text
//!  Speak(clause) ──> synthesis thread ──> PlayoutCommand::Clause (48 kHz) ──> playout task ──> VoiceOutput (own track, or avatar)
//!                                                                          └──> VoiceClock (shared with the face)
//! ```

mod backlog;
mod clause;
mod clock;
mod output;
mod playout;
mod synthesis;

pub use clause::{PlayableClause, PlayedWord};
pub use clock::{PLAYOUT_SAMPLE_RATE, PlayoutClock, SharedClock};
pub use output::{QUEUE_MS, VoiceOutput};
pub use playout::{PlayoutCommand, run_playout};
pub(crate) use synthesis::playable_clause;
pub use synthesis::{SynthesisCommand, run_synthesis};
