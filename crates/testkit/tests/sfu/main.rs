//! The testkit's own parts, with a real LiveKit server and no engines.
#![allow(clippy::unwrap_used, clippy::expect_used, missing_docs)]

mod caller;
mod frontends;
mod stack;
mod support;
mod typing;
