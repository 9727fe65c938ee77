//! Worker processes, as those who own them see them: started for a room, or standing by for one; watched, ended, reaped.
//!
//! For: the token server and `agent-worker start`, which both keep a process for each room. Never: who may have a worker
//! (that is its owner's), what a worker does, tokens of its own making, or a process that outlives its owner unasked.
//!
//! ```text
//!                    ┌── launch(Orders) ───────────────────────> WorkerProcess ── watch ──> Outcome
//!  owner ── Program ─┤                                               ^
//!                    └── stand_by ──> Standby ── serve(Orders) ──────┘
//!                            ^
//!        StandbyPool ────────┘  keeps N of them loaded, one loading at a time
//!
//!  process: stdin  = orders, then lifeline                    stdout = standing by, ending; stderr = its log
//! ```

pub mod launch;
mod log_lines;
mod output;
pub mod pool;
pub mod process;
pub mod program;
pub mod restarts;
pub mod standby;
pub mod usage;

pub use launch::{LaunchError, OnOwnerExit};
pub use pool::{PoolSettings, StandbyPool};
pub use process::{Outcome, Stop, WorkerProcess, is_final, is_ordinary, meaning};
pub use program::Program;
pub use restarts::Restarts;
pub use standby::Standby;
pub use usage::Usage;
