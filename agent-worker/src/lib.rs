//! The agent worker: one AI person in one LiveKit room, for the length of one call.
//!
//! For: the command line's settings, and composing engines, transport, face and session into a call, on a laptop or as one of many
//! processes. Never: the conversation itself (`session`), the room (`transport-livekit`), engine internals, or more than one room.
//!
//! ```text
//!  settings, persona ──> Prepared: engines load, the face is made ready
//!                            │
//!  transport-livekit::join ──┼──> Ports ──> session::Session::run ──> Ended ──> exit code
//!  avatars (provider, lip-sync service) ──┘
//!  start: a worker of LiveKit's dispatch, each call a process of its own
//! ```

pub mod avatar_command;
mod call_book;
pub mod chat_command;
mod chosen_engines;
pub mod configuration;
pub mod connect;
pub mod connect_error;
pub mod doctor;
mod ending;
pub mod engines;
pub mod engines_command;
pub mod face_lab;
pub mod lifeline;
pub mod looks;
pub mod metrics_listen;
pub mod persona_command;
mod prepared;
mod priority;
pub mod quick_exit;
pub mod recordings_folder;
mod secrets;
mod services;
pub mod settings;
mod settings_error;
pub mod standby;
pub mod start;
