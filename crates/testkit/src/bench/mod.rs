//! Benchmarks: what was measured, in one form for people and machines.
//!
//! ```text
//!  response ── calls through a Stack ──> CallReports + worker usage ──> rows ──> Report ──> last line of output (JSON)
//!  interruption ── the same, with a persona that talks at length ─────────────┤
//!  face, face_soak ── a long call, its recording, the worker's threads  ───────────────┤
//!  codecs ── a face drawn and seen by one process, through an SFU ────────────┤
//!  overhead ── echo::round_trips + Side::Ours, instant engines ──> Figures ───┤
//!  llm      ── written conversations with each embedded model, judged by rules ┤
//!  turns    ── pauses of synthesised turns, by what is known of each ──────────┤
//!  peer     ── the same, and Side::Theirs (livekit-agents) in turns ──────────┤
//!  faults   ── calls that stay, while one thing after the other fails ────────┤
//!  fleet    ── the front door, greetings, and load::run: many calls at once ──┤
//!  churn    ── people who come and go: what is held, and what is left ────────┘
//! ```

mod churn;
mod codecs;
mod desk;
mod echo;
mod engines;
mod face;
mod face_call;
mod face_stalls;
mod family;
mod faults;
mod figures;
mod fleet;
mod interruption;
mod library;
mod llm;
mod overhead;
mod peer;
mod phrases;
mod python;
mod render;
mod report;
mod response;
mod setting;
mod side;
mod story;
mod threads;
mod turns;
mod usage;
mod worker_turns;

pub use churn::{ChurnPart, churn};
pub use codecs::codecs;
pub use face::{face, face_soak};
pub use faults::{Fault, FaultRun, faults};
pub use fleet::{FleetPart, fleet};
pub use interruption::interruption;
pub use llm::llm;
pub use overhead::overhead;
pub use peer::peer;
pub use report::{Report, Row, percentile};
pub use response::response;
pub use turns::turns;
pub use usage::{Usage, UsageSampler};
