//! What happens in a Visavis process, as types. Building one costs nothing; `emit` logs one line and counts once.

mod avatar;
mod call;
mod engine;
mod limit;
mod turn;
mod turn_taking;
mod worker;

pub use avatar::{AvatarLoss, AvatarLost, AvatarReady};
pub use call::{CallEnded, CallExit, CallStarted};
pub use engine::{Engine, EngineFailed, EngineFaltered};
pub use limit::{AudioDropped, BudgetDegraded, BudgetLevel, ChatRefusal, ChatRefused};
pub(crate) use turn::MACHINE_FIELDS;
pub use turn::TurnMeasured;
pub use turn_taking::{
    FalselyInterrupted, Interrupted, PartiallyTranscribed, ReplyFailed, ResumeReason, Speculated, SpeculationOutcome,
    TurnDropped, UserAway,
};
pub use worker::{DispatchState, WorkerExited, WorkerSpawned};

#[cfg(test)]
mod recording;
