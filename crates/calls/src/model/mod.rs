//! What is kept of a call. No I/O, no clock.

mod id;
mod record;
mod turn;

pub use id::{Beat, CallId, Generation, NotACallId, NotAGeneration};
pub use record::{CallRecord, CallState, Lease, NewCall, WorkerPlace};
pub use turn::{MAX_TURN_BYTES, MAX_TURNS, Turn};
