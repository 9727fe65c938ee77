//! The token server, with stand-ins for everything around it.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod admin;
mod coming_back;
#[path = "../common/mod.rs"]
mod common;
mod contract;
mod dispatched_calls;
mod fake_sfu;
mod front_door;
mod frontends;
mod lost_workers;
mod personas;
mod program;
mod security;
mod web;
mod webhook;
mod workers;
