//! The scripted caller: a person made of a plan, who joins a call, speaks, listens, looks, and reports.
//!
//! Everything is stamped on one monotonic clock that starts with `POST /join-room`. What the caller says is known to the
//! sample, because its microphone's frames leave at once (see [`pacer`]); what it hears is laid on the clock
//! after the call, free of the reader's own delays (see [`crate::measure::place_frames`]).
//!
//! ```text
//!  plan ──> voice (all utterances, before joining) ──> POST /join-room ──> room
//!                                                                           │ events
//!  conductor <── notes <── pump ──┬── ears  (sound, energy gate)            │
//!   (pure)                        ├── eyes  (frames, mouth, thumbnails) <───┘
//!     │                           └── captions (text streams)
//!     └── say turn N ──> (button) ──> pacer ──> microphone
//!  afterwards: recordings + notes ──> report (call.json), call.wav, call.png
//! ```

mod button;
mod captions;
mod conductor;
mod ears;
mod error;
mod evidence;
mod eyes;
mod files;
mod join;
mod listen;
mod narration;
mod notes;
mod overlap;
mod pacer;
mod plan;
mod pump;
mod record;
mod report;
mod run;
mod schedule;
pub(crate) mod sounds;
mod summary;
mod sync;
mod typing;
mod utterance;
mod voice;

pub use error::CallerError;
pub(crate) use join::join_room;
pub use narration::Narration;
pub use plan::{CallerPlan, Interruption};
pub use report::{
    BackChannelReport, CallReport, FaceReport, Fate, GreetingReport, InterruptionReport, Outcome, SkewSecond, Stages,
    StateReport, SyncReport, TurnReport,
};
pub use run::{run, run_in, run_narrated};
pub use utterance::{BackChannel, Utterance};
pub use voice::speak;
