//! One conversation between one agent and its users, over any transport.
//!
//! For: the loop that feeds the dialogue core and carries out its outputs; hearing, generation, playout, captions, the face's
//! thread and recording; and the ports that a transport implements. Never: a transport's protocol, the name of a vendor or of a
//! model, turn-taking rules (those are `dialogue`'s), or more than one conversation.
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
//! Every arrow is a bounded channel; every engine is owned by one thread; everything ends with the call. [`in_memory`] is a
//! transport for tests and examples, on which a whole conversation runs in virtual time; [`written`] is a conversation without any.

pub mod call_clock;
mod captions;
pub mod chat_input;
pub mod clause;
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
pub mod written;

pub use run::{Ended, FaceFollows, OwnFace, Ports, Session};
