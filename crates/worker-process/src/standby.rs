//! A worker that has no room yet: it waits for orders.

use std::time::Duration;

use proto::orders::Orders;
use tokio::io::AsyncWriteExt as _;
use tokio::process::{Child, ChildStdin};

use crate::launch::{LaunchError, OnOwnerExit};
use crate::output::{Label, Output, Phase};
use crate::process::{WorkerProcess, end_group};

/// How long a worker may take to read its orders: it does nothing else.
const ORDERS_DEADLINE: Duration = Duration::from_secs(1);
/// How long one that is not wanted any more may take to end, before it is killed.
const END_DEADLINE: Duration = Duration::from_secs(2);

/// A worker without orders. Dropping it closes its standard input, at which it ends.
pub struct Standby {
    child: Child,
    orders: Option<ChildStdin>,
    output: Output,
    on_owner_exit: OnOwnerExit,
}

impl Standby {
    pub(crate) fn new(child: Child, orders: Option<ChildStdin>, output: Output, on_owner_exit: OnOwnerExit) -> Self {
        Self { child, orders, output, on_owner_exit }
    }

    /// Its process id, as long as it runs.
    #[must_use]
    pub fn pid(&self) -> Option<u32> {
        self.child.id()
    }

    /// Waits until its engines are loaded. False when it ended before.
    pub async fn loaded(&self) -> bool {
        self.output
            .phase()
            .wait_for(|phase| *phase != Phase::Begun)
            .await
            .is_ok_and(|phase| *phase == Phase::StandingBy)
    }

    /// Whether it still runs.
    pub fn is_alive(&mut self) -> bool {
        matches!(self.child.try_wait(), Ok(None))
    }

    /// Sends it into a room.
    ///
    /// # Errors
    /// When it does not take the orders: it is ended, and another worker is needed.
    pub async fn serve(mut self, orders: &Orders) -> Result<WorkerProcess, LaunchError> {
        match self.give(orders).await {
            Ok(()) => Ok(self.into_process(orders)),
            Err(error) => {
                self.end().await;
                Err(error)
            }
        }
    }

    /// Sends one that was started a moment ago into a room.
    ///
    /// # Errors
    /// When it runs and does not take the orders.
    pub(crate) async fn serve_at_once(mut self, orders: &Orders) -> Result<WorkerProcess, LaunchError> {
        match self.give(orders).await {
            // It has ended already: its exit status says why.
            Err(LaunchError::Pipe(error)) if error.kind() == std::io::ErrorKind::BrokenPipe => {}
            Ok(()) => {}
            Err(error) => {
                self.end().await;
                return Err(error);
            }
        }
        Ok(self.into_process(orders))
    }

    async fn give(&mut self, orders: &Orders) -> Result<(), LaunchError> {
        let lifeline = self.on_owner_exit == OnOwnerExit::End;
        let line = Orders { lifeline, ..orders.clone() }.line()?;
        self.output.belongs_to(Label { room: orders.room.to_string(), identity: orders.identity.clone() });
        let Some(pipe) = &mut self.orders else { return Err(LaunchError::Pipe(std::io::ErrorKind::BrokenPipe.into())) };
        let write = async {
            pipe.write_all(line.as_bytes()).await?;
            pipe.flush().await
        };
        match tokio::time::timeout(ORDERS_DEADLINE, write).await {
            Ok(written) => written.map_err(LaunchError::Pipe),
            Err(_) => Err(LaunchError::Slow(ORDERS_DEADLINE)),
        }
    }

    fn into_process(mut self, orders: &Orders) -> WorkerProcess {
        let lifeline = self.orders.take().filter(|_| self.on_owner_exit == OnOwnerExit::End);
        WorkerProcess::new(orders, self.child, lifeline, self.output)
    }

    /// Ends it and waits for that.
    pub async fn end(mut self) {
        drop(self.orders.take());
        if tokio::time::timeout(END_DEADLINE, self.child.wait()).await.is_err() {
            end_group(&self.child);
            // A killed process is gone within moments, unless the kernel holds it: then nobody can do more.
            let _ = tokio::time::timeout(END_DEADLINE, self.child.wait()).await;
        }
        self.output.finish().await;
    }
}
