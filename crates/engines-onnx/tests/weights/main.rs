//! With the weights of the embedded engines.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod common;
mod ears;
mod turns;
mod voices;
mod wordless;
