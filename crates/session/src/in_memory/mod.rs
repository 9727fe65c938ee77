//! A transport in memory, for tests and examples: what it gives and gets is data, and all of its waiting is the runtime's, so that
//! a whole conversation runs in virtual time (`#[tokio::test(start_paused = true)]`).
//!
//! ```text
//!  Caller::join, say, write, leave … ──> TransportEvent, AudioFrames ──> session
//!  session ──> Ports ──> Log: captions, states, sound and pictures with their times
//!  engines  ScriptedEngines: users' words are sounds that a scripted STT reads exactly
//! ```

mod audio;
mod caller;
mod engines;
mod log;
mod words;

pub use caller::{Caller, transport};
pub use engines::ScriptedEngines;
pub use log::{Log, Told};
pub use words::{WORD, spoken};
