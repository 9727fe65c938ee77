//! One conversation between the agent and its users.
//!
//! ```text
//!  TransportEvent ───────┐                        ┌──> captions, state   (TextOutput, Attributes)
//!  hearing (VAD, thread) ┤                        ├──> hearing           (Transcribe, CloseTurn)
//!  transcriber (thread)  ┼─> Conversation:        ├──> generation        (Generate, CancelGeneration)
//!  generation (thread)   ┤   dialogue core        └──> voice ──> playout ──> AudioOutput
//!  playout (task) ───────┘   handle / poll            face thread ───────────> VideoOutput
//!                                                          └─ reads the playout clock: lips follow the voice
//! ```
//!
//! Every arrow is a bounded channel; every engine is owned by one thread; everything ends with the call.

pub mod call_clock;
mod captions;
pub mod chat_input;
pub mod clock;
pub mod conversation;
pub mod engine_host;
pub mod engines;
pub mod face;
pub mod face_video;
pub mod failures;
pub mod generation;
pub mod hearing;
pub mod in_memory;
pub mod ports;
pub mod recording;
mod run;
pub mod transcript_store;
pub mod voice;

pub use run::{Ended, FaceFollows, OwnFace, Ports, Session};
