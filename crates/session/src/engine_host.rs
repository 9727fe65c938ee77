//! Where engines run. An engine's calls block, so each has a thread of its own; engines that answer at once, as those of a test
//! do, may share the session's runtime, whose time can then be paused.

use std::future::Future;
use std::io;

use tokio::sync::mpsc;
use tokio::sync::mpsc::error::TrySendError;

/// Where engines run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum EngineHost {
    /// Each on a thread of its own, outside the runtime.
    #[default]
    Threads,
    /// As tasks of the runtime: for engines that never block. A voice may give four pieces of sound per clause at most; with
    /// more it may find playout's queue full, and panics.
    Tasks,
}

impl EngineHost {
    /// Runs `serve` to its end. It must not use timers or sockets of the runtime.
    ///
    /// # Errors
    /// When the operating system gives no thread.
    pub(crate) fn spawn(self, name: &str, serve: impl Future<Output = ()> + Send + 'static) -> io::Result<()> {
        match self {
            Self::Threads => {
                std::thread::Builder::new().name(name.into()).spawn(move || futures_executor::block_on(serve)).map(drop)
            }
            Self::Tasks => {
                drop(tokio::spawn(serve));
                Ok(())
            }
        }
    }
}

/// The receiver is gone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct ReceiverGone;

/// Sends from inside an engine's call, which can't wait asynchronously: blocks the engine's thread while the channel is full.
pub(crate) fn send_from_engine<T>(sender: &mpsc::Sender<T>, value: T) -> Result<(), ReceiverGone> {
    match sender.try_send(value) {
        Ok(()) => Ok(()),
        Err(TrySendError::Full(value)) => sender.blocking_send(value).map_err(|_| ReceiverGone),
        Err(TrySendError::Closed(_)) => Err(ReceiverGone),
    }
}
