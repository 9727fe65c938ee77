//! Whole calls with the embedded engines.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod conversation;
mod engine_lost;
mod life_and_death;
mod odd_sounds;
mod preconnect;
mod push_to_talk;
mod typed;
