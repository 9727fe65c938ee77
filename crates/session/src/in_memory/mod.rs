//! A transport in memory, for tests and examples: what it gives and gets is data, and all of its waiting is the runtime's, so that
//! a whole conversation runs in virtual time (`#[tokio::test(start_paused = true)]`).
//!
//! ```text
//!  Call::begin: a conversation with all of this
//!  Caller::join, say, write, leave … ──> TransportEvent, AudioFrames ──> session
//!  session ──> Ports ──> Log: captions, states, sound and pictures with their times
//!  engines  ScriptedEngines: users' words are sounds that a scripted STT reads exactly
//! ```

mod audio;
mod call;
mod caller;
mod engines;
mod log;
mod words;

pub use call::{Call, CallError, CallOptions};
pub use caller::{Caller, transport};
pub use engines::ScriptedEngines;
pub use log::{Log, Told};
pub use words::{WORD, spoken};
