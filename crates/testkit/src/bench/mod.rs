//! Benchmarks: what was measured, in one form for people and machines.
//!
//! ```text
//!  response ── calls through a Stack ──> CallReports + worker usage ──> rows ──> Report ──> last line of output (JSON)
//! ```

mod report;
mod response;
mod usage;

pub use report::{Report, Row, percentile};
pub use response::response;
pub use usage::{Usage, UsageSampler};
