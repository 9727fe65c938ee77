//! What happens in a Visavis process, as types. Building one costs nothing; `emit` logs one line and counts once.

mod call;
mod engine;
mod turn;
mod worker;

pub use call::{CallEnded, CallExit, CallStarted};
pub use engine::{Engine, EngineFailed};
pub use turn::{Interrupted, TurnMeasured};
pub use worker::{WorkerExited, WorkerSpawned};

#[cfg(test)]
mod recording;
