//! HTTP for remote engines: one request at a time, with deadlines, cancellation, at most one retry, and bounded sizes.
//!
//! For: what the remote engines of `llm` and `speech` have in common. Never: what a body means (the engines know), redirects
//! to other hosts, proxies of the environment, or a secret in a message.
//!
//! ```text
//!  engine ── Call (path, body) ──> Client::exchange ── https ──> service
//!    ▲                               │ connect, first, between, total; looks at `cancelled` every 10 ms
//!    └── Reader::chunk(&[u8]) <──────┤
//!    └── Ending or RemoteFailure <───┘ one retry, while the reader has delivered nothing
//! ```
//!
//! A [`Client`] blocks, drives a private single-threaded runtime, and belongs to one engine's thread. It must not be used or made
//! on a thread that runs async tasks.

mod client;
mod endpoint;
mod failure;
mod message;
mod secret;

pub use client::{Body, Call, Client, Deadlines, Ending, File, Progress, Reader};
pub use endpoint::{Endpoint, EndpointError, OPENAI_BASE_URL};
pub use failure::{FailureKind, RemoteFailure};
pub use secret::Secret;

/// What a service says, as one line of at most 200 characters without control characters or what looks like a key.
#[must_use]
pub fn one_line(text: &str) -> String {
    message::one_line(text, None)
}
