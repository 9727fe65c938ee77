//! Telemetry: what a Visavis process says about itself, in logs, in numbers and in spans.
//!
//! For: one set-up of logging per process ([`init`]), typed events ([`events`]) that log and count in one step under names
//! that stand in one place ([`MetricName`]), the numbers for Prometheus ([`prometheus`]) and spans for OpenTelemetry
//! ([`spans`]). The last two are off until the program switches them on. `docs/telemetry.md` lists everything.
//!
//! Never: deciding anything, holding up a call, opening a port unasked, or carrying a secret, a caption or audio. The events
//! of this crate hold names, sizes and times only.
//!
//! ```text
//!  TurnMeasured { .. }.emit(&call) ──┬──> tracing event ──> EnvFilter (RUST_LOG) ──> stderr: a line for people, or JSON
//!  Interrupted.emit()                ├──> counters, histograms (MetricName) ──> recorder ──> GET /metrics
//!                                    └──> spans: call > turn > stages ──> bounded queue ──> thread ──> OTLP over HTTP
//! ```

pub mod events;
mod init;
mod metric_name;
pub mod prometheus;
mod service_line;
pub mod spans;

pub use init::{LogFormat, TelemetryError, init};
pub use metric_name::{MetricKind, MetricName};
pub use spans::shutdown;
