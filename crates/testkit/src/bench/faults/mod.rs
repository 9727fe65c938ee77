//! `faults`: calls that go on for half an hour while one part of the service after the other fails.
//!
//! Two halves, as one machine and as many: `process` (the token server starts workers; calls are kept in SQLite, on a
//! small disk) and `dispatch` (three worker hosts behind LiveKit's scheduler; calls are kept in Redis). In each round one
//! [`Fault`] strikes, in an order that the seed gives; somebody new comes to call in that very moment; then everybody asks a
//! question.
//!
//! ```text
//!  seed ──> Schedule ──> Fault ──> Site (processes, disk, store, clock)
//!                          │
//!  Residents (ten calls) ──┴── who is in the room, since when ──> Outcomes ──> rows, by fault
//!       └─ "I am Ada 3, this is question 12" ──> stub language model: was question 11 in what it was shown?
//! ```

mod delaying;
mod disk;
mod fault;
mod newcomer;
mod outcome;
mod redis;
mod resident;
mod round;
mod site;
mod view;
mod workers;

use std::time::Duration;

use tokio::time::Instant;

pub use fault::Fault;
use fault::{Half, Schedule};
use outcome::Outcomes;
use round::Run;

use super::{Report, library};

/// Hears how far the run is.
type Progress<'a> = &'a mut (dyn FnMut(String) + Send);

/// How long, and in which order.
#[derive(Debug, Clone, Copy)]
pub struct FaultRun {
    /// The same seed gives the same faults to the same calls, in the same order.
    pub seed: u32,
    /// Of both halves together.
    pub lasts: Duration,
    /// Calls at once.
    pub calls: usize,
    /// The only fault, in the halves that have it; all of them otherwise.
    pub only: Option<Fault>,
}

/// Makes the calls, and strikes.
///
/// # Errors
/// When something can't be started. What becomes of calls is counted.
pub async fn faults(run: FaultRun, progress: &mut (dyn FnMut(String) + Send)) -> anyhow::Result<Report> {
    let connector = library::own_copy()?;
    let mut outcomes = Outcomes::default();
    for half in Half::BOTH {
        let Some(mut schedule) = Schedule::new(half, run.seed, run.calls, run.only) else { continue };
        let until = Instant::now() + run.lasts / 2;
        let mut calls = Run::begin(half, &connector, run.calls, progress).await?;
        while Instant::now() < until {
            let strike = schedule.next();
            match calls.round(&strike, progress).await? {
                Some(round) => outcomes.add(half, strike.fault, round),
                None => outcomes.not_possible += 1,
            }
            tokio::time::sleep(strike.pause).await;
        }
        outcomes.finish(half, calls.end(progress).await?);
    }
    Ok(Report::here("faults", outcomes.rows(run)))
}
