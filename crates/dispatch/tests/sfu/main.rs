//! With real LiveKit servers.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod livekit_server;
#[path = "../support/mod.rs"]
mod support;
mod two_nodes;
