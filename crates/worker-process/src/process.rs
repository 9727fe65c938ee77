//! One worker process that serves a room: held on a lifeline, watched and, if need be, killed.

use std::process::ExitStatus;
use std::time::Duration;

use nix::errno::Errno;
use nix::sys::signal::{Signal, killpg};
use nix::unistd::Pid;
use proto::names::RoomName;
use proto::orders::Orders;
use proto::worker::ExitCode;
use tokio::process::{Child, ChildStdin};
use tokio_util::sync::CancellationToken;
use tracing::warn;

use crate::output::{Output, Phase};

/// How long a killed process may take to be gone, before it is given up on.
const KILL_DEADLINE: Duration = Duration::from_secs(2);

/// How a worker is told to end.
#[derive(Clone)]
pub struct Stop {
    /// Close the lifeline and wait for the end, at most this long.
    pub end: CancellationToken,
    /// How long the end may take.
    pub grace: Duration,
    /// Kill now.
    pub kill: CancellationToken,
    /// Let it run on without us.
    pub abandon: CancellationToken,
}

/// How watching a worker ended.
#[derive(Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It was reaped.
    Exited(ExitStatus),
    /// It runs on, on purpose.
    Abandoned,
    /// It could be neither awaited nor killed.
    Lost,
}

/// A worker process that runs.
pub struct WorkerProcess {
    room: RoomName,
    identity: String,
    child: Child,
    /// Held open until the worker is to end.
    lifeline: Option<ChildStdin>,
    output: Output,
}

impl WorkerProcess {
    pub(crate) fn new(orders: &Orders, child: Child, lifeline: Option<ChildStdin>, output: Output) -> Self {
        Self { room: orders.room.clone(), identity: orders.identity.clone(), child, lifeline, output }
    }

    /// Its process id, as long as it has not been reaped.
    #[must_use]
    pub fn pid(&self) -> Option<u32> {
        self.child.id()
    }

    /// Watches the process to its end. `on_ending` is called once, when it says that it leaves.
    pub async fn watch(mut self, stop: &Stop, on_ending: impl Fn() + Send + Sync) -> Outcome {
        let mut phase = self.output.phase();
        let ending = async {
            if phase.wait_for(|phase| *phase == Phase::Ending).await.is_ok() {
                on_ending();
            }
            std::future::pending::<()>().await;
        };
        let outcome = tokio::select! {
            outcome = self.live(stop) => outcome,
            () = ending => Outcome::Lost,
        };
        match outcome {
            // Its last lines are worth waiting for; one that goes on prints for itself.
            Outcome::Exited(_) | Outcome::Lost => self.output.finish().await,
            Outcome::Abandoned => {}
        }
        outcome
    }

    /// Waits for the end of the process, and brings it about when asked.
    async fn live(&mut self, stop: &Stop) -> Outcome {
        tokio::select! {
            status = self.child.wait() => return reaped(status),
            () = stop.abandon.cancelled() => return Outcome::Abandoned,
            () = stop.end.cancelled() => {}
            () = stop.kill.cancelled() => {}
        }
        if self.lifeline.take().is_none() {
            // One that may outlive its owner hangs on no lifeline: it is asked in the usual way.
            self.signal(Signal::SIGTERM);
        }
        let asked = tokio::select! {
            status = tokio::time::timeout(stop.grace, self.child.wait()) => status.ok(),
            () = stop.kill.cancelled() => None,
        };
        if let Some(status) = asked {
            return reaped(status);
        }
        warn!(room = %self.room, identity = self.identity, "worker did not end in time; killing it");
        self.signal(Signal::SIGKILL);
        match tokio::time::timeout(KILL_DEADLINE, self.child.wait()).await {
            Ok(status) => reaped(status),
            Err(_) => Outcome::Lost,
        }
    }

    fn signal(&self, signal: Signal) {
        if let Err(error) = signal_group(&self.child, signal) {
            warn!(room = %self.room, %error, %signal, "cannot signal the worker");
        }
    }
}

/// Kills a process and its children.
pub(crate) fn end_group(child: &Child) {
    if let Err(error) = signal_group(child, Signal::SIGKILL) {
        warn!(%error, "cannot kill a worker that stood by");
    }
}

/// Signals a process and its children. It has not been reaped, so that its number is still its own.
fn signal_group(child: &Child, signal: Signal) -> nix::Result<()> {
    let Some(group) = child.id().and_then(|id| i32::try_from(id).ok()) else { return Ok(()) };
    match killpg(Pid::from_raw(group), signal) {
        Ok(()) | Err(Errno::ESRCH) => Ok(()),
        Err(error) => Err(error),
    }
}

fn reaped(status: std::io::Result<ExitStatus>) -> Outcome {
    match status {
        Ok(status) => Outcome::Exited(status),
        Err(error) => {
            warn!(%error, "cannot wait for a worker");
            Outcome::Lost
        }
    }
}

/// What an exit status means, in words.
#[must_use]
pub fn meaning(status: ExitStatus) -> String {
    use std::os::unix::process::ExitStatusExt;
    match (status.code(), status.signal()) {
        (Some(code), _) => match ExitCode::from_code(code) {
            Some(known) => known.description().to_owned(),
            None => "not one of its documented exit codes".to_owned(),
        },
        (None, Some(signal)) => match Signal::try_from(signal) {
            Ok(signal) => format!("ended by {signal}"),
            Err(_) => format!("ended by signal {signal}"),
        },
        (None, None) => "ended in an unknown way".to_owned(),
    }
}

/// Whether an exit status is part of a call's ordinary life.
#[must_use]
pub fn is_ordinary(status: ExitStatus) -> bool {
    match status.code().and_then(ExitCode::from_code) {
        Some(ExitCode::Ended | ExitCode::NobodyArrived | ExitCode::OwnerGone | ExitCode::Superseded) => true,
        Some(
            ExitCode::Internal
            | ExitCode::Usage
            | ExitCode::ServerUnreachable
            | ExitCode::Refused
            | ExitCode::AssetMissing
            | ExitCode::EngineLost
            | ExitCode::ConnectionLost,
        )
        | None => false,
    }
}

/// Whether another process would end in the same way.
#[must_use]
pub fn is_final(status: ExitStatus) -> bool {
    match status.code().and_then(ExitCode::from_code) {
        Some(ExitCode::Usage | ExitCode::Refused | ExitCode::AssetMissing) => true,
        Some(
            ExitCode::Ended
            | ExitCode::Internal
            | ExitCode::ServerUnreachable
            | ExitCode::EngineLost
            | ExitCode::NobodyArrived
            | ExitCode::ConnectionLost
            | ExitCode::OwnerGone
            | ExitCode::Superseded,
        )
        | None => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::process::ExitStatusExt;

    #[test]
    fn exit_statuses_have_a_meaning() {
        let code = |code: i32| ExitStatus::from_raw(code << 8);
        assert_eq!(meaning(code(14)), ExitCode::NobodyArrived.description());
        assert_eq!(meaning(code(77)), "not one of its documented exit codes");
        assert_eq!(meaning(ExitStatus::from_raw(9)), "ended by SIGKILL");
        assert!(is_ordinary(code(0)) && is_ordinary(code(14)));
        assert!(!is_ordinary(code(12)) && !is_ordinary(code(77)) && !is_ordinary(ExitStatus::from_raw(9)));
    }
}
