//! One worker process: how it is started, held on a lifeline, watched and, if need be, killed.
//!
//! Each worker leads a process group of its own: Ctrl-C in a terminal then reaches the server alone, which ends its
//! workers once, by their lifelines; and a kill takes a worker's own children along.

use std::path::PathBuf;
use std::process::{ExitStatus, Stdio};
use std::time::{Duration, SystemTime};

use nix::errno::Errno;
use nix::sys::signal::{Signal, killpg};
use nix::unistd::Pid;
use proto::names::{Identity, RoomName};
use proto::worker::{
    ENDING_LINE, ENV_LIFELINE, ENV_LIVEKIT_AVATAR_TOKEN, ENV_LIVEKIT_PUBLIC_URL, ENV_LIVEKIT_TOKEN, ENV_LIVEKIT_URL,
    ExitCode, INHERITED_ENV, LIFELINE_STDIN,
};
use thiserror::Error;
use tokio::process::{Child, ChildStdin, Command};
use tokio_util::sync::CancellationToken;
use tracing::{info, warn};

use super::log_lines::for_each_line;
use crate::persona::Persona;
use crate::settings::OnServerExit;
use crate::tokens::{TokenError, TokenMinter};

/// How long a killed process may take to be gone, before it is given up on.
const KILL_DEADLINE: Duration = Duration::from_secs(2);

/// How long what a worker printed last is waited for after its end; a child of its own may hold the pipe open.
const LAST_LINES_DEADLINE: Duration = Duration::from_millis(500);

/// Everything that is the same for all workers.
pub struct Launcher {
    /// The worker's program.
    pub worker_bin: PathBuf,
    /// The address of the LiveKit server, as workers reach it.
    pub livekit_url: String,
    /// Makes the token of each worker.
    pub minter: TokenMinter,
    /// Whether workers end with the server.
    pub on_server_exit: OnServerExit,
}

/// Why a worker could not be started.
#[derive(Debug, Error)]
pub(super) enum LaunchError {
    /// No token for it.
    #[error(transparent)]
    Token(#[from] TokenError),
    /// The operating system refused.
    #[error("cannot start {}: {source}", program.display())]
    Spawn {
        /// What was to be started.
        program: PathBuf,
        /// Why not.
        source: std::io::Error,
    },
}

/// Why a worker is to end.
pub(super) struct Stop {
    /// Close the lifeline and wait for the end, at most this long.
    pub(super) end: CancellationToken,
    /// How long the end may take.
    pub(super) grace: Duration,
    /// Kill now.
    pub(super) kill: CancellationToken,
    /// Let it run on without us.
    pub(super) abandon: CancellationToken,
}

/// How watching a worker ended.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Outcome {
    /// It was reaped.
    Exited(ExitStatus),
    /// It runs on, on purpose.
    Abandoned,
    /// It could be neither awaited nor killed.
    Lost,
}

/// A worker process that runs.
pub(super) struct WorkerProcess {
    pub(super) room: RoomName,
    pub(super) identity: Identity,
    child: Child,
    /// Held open until the worker is to end.
    lifeline: Option<ChildStdin>,
}

impl Launcher {
    /// Starts a worker for `room` that plays `persona`.
    pub(super) fn launch(
        &self,
        now: SystemTime,
        room: &RoomName,
        identity: Identity,
        persona: &Persona,
    ) -> Result<WorkerProcess, LaunchError> {
        let token = self.minter.agent(now, room, &identity, &persona.name)?;
        let mut command = Command::new(&self.worker_bin);
        command
            .arg("connect")
            .arg(format!("--room={room}"))
            .arg(format!("--identity={identity}"))
            .arg(format!("--name={}", persona.name));
        if let Some(file) = &persona.file {
            let mut argument = std::ffi::OsString::from("--persona=");
            argument.push(file);
            command.arg(argument);
        }
        command.env_clear();
        for name in INHERITED_ENV {
            if let Some(value) = std::env::var_os(name) {
                command.env(name, value);
            }
        }
        command.env(ENV_LIVEKIT_URL, &self.livekit_url).env(ENV_LIVEKIT_TOKEN, token);
        if let Some(avatar) = persona.sent_avatar {
            command.env(ENV_LIVEKIT_AVATAR_TOKEN, self.minter.avatar(now, room, avatar, &identity)?);
            if let Some(url) = std::env::var_os(ENV_LIVEKIT_PUBLIC_URL) {
                command.env(ENV_LIVEKIT_PUBLIC_URL, url);
            }
        }
        command.stdout(Stdio::piped()).process_group(0);
        match self.on_server_exit {
            OnServerExit::End => {
                command.env(ENV_LIFELINE, LIFELINE_STDIN).stdin(Stdio::piped()).stderr(Stdio::piped());
            }
            // A worker that outlives us must not lose its log with us: it keeps our standard error.
            OnServerExit::Leave => {
                command.stdin(Stdio::null()).stderr(Stdio::inherit());
            }
        }
        let mut child =
            command.spawn().map_err(|source| LaunchError::Spawn { program: self.worker_bin.clone(), source })?;
        let lifeline = child.stdin.take();
        Ok(WorkerProcess { room: room.clone(), identity, child, lifeline })
    }
}

impl WorkerProcess {
    /// Watches the process to its end and logs what it prints. `on_ending` is called when it says that it leaves.
    pub(super) async fn watch(mut self, stop: &Stop, on_ending: impl Fn() + Send + Sync) -> Outcome {
        let (stdout, stderr) = (self.child.stdout.take(), self.child.stderr.take());
        let (room, identity) = (self.room.clone(), self.identity.clone());
        let print = |stream: &'static str, line: &str| {
            info!(target: "worker", %room, %identity, stream, "{line}");
        };
        let lines = async {
            tokio::join!(
                async {
                    if let Some(stdout) = stdout {
                        for_each_line(stdout, |line| {
                            if line == ENDING_LINE {
                                on_ending();
                            }
                            print("stdout", line);
                        })
                        .await;
                    }
                },
                async {
                    if let Some(stderr) = stderr {
                        for_each_line(stderr, |line| print("stderr", line)).await;
                    }
                }
            );
        };
        tokio::pin!(lines);

        let life = self.live(stop);
        tokio::pin!(life);
        tokio::select! {
            outcome = &mut life => {
                // Bounded on purpose; what comes later belongs to nobody.
                let _ = tokio::time::timeout(LAST_LINES_DEADLINE, lines).await;
                outcome
            }
            () = &mut lines => life.await,
        }
    }

    /// Waits for the end of the process, and brings it about when asked.
    async fn live(&mut self, stop: &Stop) -> Outcome {
        tokio::select! {
            status = self.child.wait() => return reaped(status),
            () = stop.abandon.cancelled() => return Outcome::Abandoned,
            () = stop.end.cancelled() => {}
            () = stop.kill.cancelled() => {}
        }
        drop(self.lifeline.take());
        let asked = tokio::select! {
            status = tokio::time::timeout(stop.grace, self.child.wait()) => status.ok(),
            () = stop.kill.cancelled() => None,
        };
        if let Some(status) = asked {
            return reaped(status);
        }
        warn!(room = %self.room, identity = %self.identity, "worker did not end in time; killing it");
        self.kill();
        match tokio::time::timeout(KILL_DEADLINE, self.child.wait()).await {
            Ok(status) => reaped(status),
            Err(_) => Outcome::Lost,
        }
    }

    /// Kills the process and its children. It has not been reaped, so that its number is still its own.
    fn kill(&self) {
        let Some(group) = self.child.id().and_then(|id| i32::try_from(id).ok()) else { return };
        match killpg(Pid::from_raw(group), Signal::SIGKILL) {
            Ok(()) | Err(Errno::ESRCH) => {}
            Err(error) => warn!(room = %self.room, %error, "cannot kill the worker"),
        }
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
pub(super) fn meaning(status: ExitStatus) -> String {
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
pub(super) fn is_ordinary(status: ExitStatus) -> bool {
    match status.code().and_then(ExitCode::from_code) {
        Some(ExitCode::Ended | ExitCode::NobodyArrived | ExitCode::OwnerGone) => true,
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
