//! Telemetry: what a Visavis process says about itself, in logs and in numbers.
//!
//! For: one set-up of logging per process ([`init`]) and typed events ([`events`]) that log and count in one step, under
//! names that stand in one place ([`MetricName`]).
//!
//! Never: deciding anything, waiting, opening a port, or carrying a secret, a caption or audio. The events of this crate
//! hold names, sizes and times only. An exporter for the numbers is installed by the program (crate `metrics`).
//!
//! ```text
//!  Interrupted { .. }.emit() ──┬──> tracing event ──> EnvFilter (RUST_LOG) ──> stderr: a line for people, or JSON
//!                              └──> metrics counter / histogram, named by MetricName ──> the program's recorder
//! ```

pub mod events;
mod init;
mod metric_name;
mod service_line;

pub use init::{LogFormat, TelemetryError, init};
pub use metric_name::MetricName;
