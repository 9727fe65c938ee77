//! What users see must not change by accident: every `--help`, the served documentation, metrics, environment names, exit codes.
//!
//! The texts lie in `tests/snapshots`; a test that fails shows the difference and the command that writes them anew. The persona
//! file is in the worker's own `contract` test, the OpenAPI document in `proto`, recorded calls in `dialogue`.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod documentation;
mod environment;
mod exit_codes;
mod help;
mod metrics;
mod recordings;
