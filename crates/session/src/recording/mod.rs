//! `--record DIR`: everything of a call that is needed to understand it later, or to play it again.
//!
//! ```text
//!  DIR/call.jsonl   settings, inputs with their times, outputs   (agent-worker replay DIR/call.jsonl)
//!  DIR/heard.wav    what the linked user sent, 16 kHz
//!  DIR/spoken.wav   what the agent sent, 48 kHz, pauses left out
//!  DIR/report.json  the turns and how long each took
//! ```
//!
//! Recordings hold what people said. They are made only when asked for, and only their owner can read them.

mod recorder;
mod replay;
mod report;

pub use recorder::{Recorder, RecordingError, Sound};
pub use replay::{ReplayFileError, replay_file};
pub use report::CallReport;
