//! The token server with a real LiveKit server.
#![allow(clippy::unwrap_used, clippy::expect_used)]

#[path = "../common/mod.rs"]
mod common;
mod real_sfu;
mod webhook_from_livekit;
mod wrong_clock;
