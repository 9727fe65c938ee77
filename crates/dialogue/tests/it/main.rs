//! The dialogue, played through in virtual time.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod annotations;
mod common;
mod conversation;
mod end_of_turn;
mod interruption;
mod limits;
mod plausible_calls;
mod properties;
mod replay;
mod speculation;
