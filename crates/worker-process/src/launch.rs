//! What both ways to get a worker have in common: its bond with its owner, and how its start can fail.

use std::path::PathBuf;
use std::time::Duration;

use proto::orders::OrdersError;
use thiserror::Error;

/// What becomes of workers when their owner ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OnOwnerExit {
    /// They end too.
    End,
    /// They go on.
    Leave,
}

/// Why a worker could not be started.
#[derive(Debug, Error)]
pub enum LaunchError {
    /// The operating system refused.
    #[error("cannot start {}: {source}", program.display())]
    Spawn {
        /// What was to be started.
        program: PathBuf,
        /// Why not.
        source: std::io::Error,
    },
    /// The program does not say which variables its engines read.
    #[error("`{} variables` failed ({why}): it is no agent-worker of this version, or does not run here", program.display())]
    Variables {
        /// The program.
        program: PathBuf,
        /// How it ended.
        why: String,
    },
    /// A worker can't be told what to do.
    #[error("a worker does not take orders: {0}")]
    Pipe(std::io::Error),
    /// It does not take them in time.
    #[error("a worker does not take orders within {0:?}")]
    Slow(Duration),
    /// The orders can't be written.
    #[error(transparent)]
    Orders(#[from] OrdersError),
}
