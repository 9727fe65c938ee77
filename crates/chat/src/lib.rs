//! The conversation as data: messages, streamed replies, and the clauses that a voice speaks. The one chat model of the workspace.
//!
//! For: one form of these in engines, history, call store and recordings. Never: I/O, clocks, another crate of ours, or the
//! protocol of a service (an engine translates).
//!
//! ```text
//!  Message { role, parts } ──> chat model ──> Delta, Delta, …, Completion { finish, usage }
//!        ▲                                      │
//!        └──────────── Accumulator <────────────┤
//!                                               └──> Clause { text, annotations } ──> voice, captions, face
//! ```
//!
//! The serialised form of a message of text is `{"role":"user","content":"…"}`. It stands in recordings and never changes.

mod accumulator;
mod base64;
mod clause;
mod completion;
mod delta;
mod message;
mod part;
mod role;

pub use accumulator::Accumulator;
pub use clause::{Annotation, AnnotationKind, Clause, Emotion};
pub use completion::{Completion, FinishReason, Usage};
pub use delta::{Delta, ToolCallPiece};
pub use message::Message;
pub use part::{Image, ImageSource, Part, ToolCall, ToolResult};
pub use role::Role;
