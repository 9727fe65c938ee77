//! Spans for OpenTelemetry: one `call`, and in it one `turn` per answer with its stages.
//!
//! Nothing happens unless [`install`] found an endpoint in the environment: a [`CallSpan`] is then empty and costs nothing.
//! Times come after the fact, as instants; the call's anchor turns them into wall-clock times, so that a clock that is set
//! during a call cannot tear its spans apart.

mod call_span;
mod export;
mod transport;

pub use call_span::CallSpan;
pub(crate) use call_span::{SpanTimes, StageSpan};
pub use export::{SpanError, install, shutdown};
