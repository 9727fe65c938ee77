//! The agent worker: one AI person in one LiveKit room, for the length of one call.
//!
//! For: wiring the crates of Visavis into a call, on a laptop or as one of many processes. Never: turn-taking rules (those are
//! `dialogue`'s), engine internals, or more than one room.
//!
//! ```text
//!   room events ──────────┐                         ┌──> captions, state          (text streams, attributes)
//!   ears   (VAD, thread) ─┤                         ├──> ears, transcriber         (CloseTurn, Transcribe)
//!   transcriber (thread) ─┼─> Call: dialogue core ──┼──> mind                      (Generate, CancelGeneration)
//!   mind   (LLM, thread) ─┤     handle / poll       ├──> voice ──> playout ──> room audio
//!   playout (task)       ─┘                         └──> face thread ──────> room video
//!                                                            └─ reads the playout clock: lips follow the voice
//! ```
//!
//! Every arrow is a bounded channel; every engine is owned by one thread; everything ends with the call.

pub mod avatar_command;
mod call_book;
pub mod connect;
pub mod doctor;
mod ending;
pub mod engines;
pub mod face_lab;
pub mod lifeline;
pub mod looks;
pub mod metrics_listen;
pub mod persona;
pub mod picture_size;
mod prepared;
mod priority;
pub mod quick_exit;
pub mod recordings_folder;
mod services;
pub mod settings;
pub mod standby;
pub mod start;
