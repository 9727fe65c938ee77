//! Whole calls whose engines are stand-ins, or that never come about.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod avatar_agent;
mod avatar_participant;
mod avatar_provider;
mod avatars;
mod hosts;
mod lip_sync_provider;
mod lost_worker;
mod refusals;
mod remote_engines;
mod worker_hosts;
