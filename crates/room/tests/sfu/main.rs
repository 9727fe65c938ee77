//! Rooms of a real LiveKit server.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod audio;
mod bytes;
#[path = "../common/mod.rs"]
mod common;
mod failures;
mod presence;
mod rpc;
mod text;
mod video;
