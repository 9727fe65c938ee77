//! The worker's program, and how it is started: with which arguments, and how little of our environment.
//!
//! Each worker leads a process group of its own: Ctrl-C in a terminal then reaches its owner alone, which ends its
//! workers once, by their lifelines; and a kill takes a worker's own children along.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::Stdio;

use proto::orders::{CallOrders, Orders};
use proto::worker::{
    ENV_CALL, ENV_GENERATION, ENV_LIFELINE, ENV_LIVEKIT_AVATAR_TOKEN, ENV_LIVEKIT_PUBLIC_URL, ENV_LIVEKIT_TOKEN,
    ENV_LIVEKIT_URL, INHERITED_ENV, LIFELINE_STDIN,
};
use tokio::process::{Child, Command};

use crate::launch::{LaunchError, OnOwnerExit};
use crate::output::{Label, Output};
use crate::process::WorkerProcess;
use crate::standby::Standby;

/// The worker's program.
#[derive(Clone)]
pub struct Program {
    /// Where it lies.
    pub file: PathBuf,
    /// Whether workers end with their owner.
    pub on_owner_exit: OnOwnerExit,
    /// What a worker gets of the environment beside what it inherits ([`INHERITED_ENV`]).
    pub environment: Vec<(&'static str, String)>,
}

impl Program {
    /// Starts a worker that serves these orders, as the person that the file describes.
    ///
    /// # Errors
    /// [`LaunchError::Spawn`].
    pub fn launch(&self, orders: &Orders, persona: Option<&Path>) -> Result<WorkerProcess, LaunchError> {
        let mut command = self.command();
        command.arg("connect").arg(format!("--room={}", orders.room)).arg(format!("--identity={}", orders.identity));
        if let Some(name) = &orders.name {
            command.arg(format!("--name={name}"));
        }
        if let Some(file) = persona {
            command.arg(glued("--persona=", file));
        }
        command.env(ENV_LIVEKIT_URL, &orders.url).env(ENV_LIVEKIT_TOKEN, &orders.token);
        let optional = [(ENV_LIVEKIT_AVATAR_TOKEN, &orders.avatar_token), (ENV_LIVEKIT_PUBLIC_URL, &orders.public_url)];
        for (name, value) in optional {
            if let Some(value) = value {
                command.env(name, value);
            }
        }
        if let Some(CallOrders { id, generation }) = &orders.call {
            command.env(ENV_CALL, id).env(ENV_GENERATION, generation.to_string());
        }
        match self.on_owner_exit {
            OnOwnerExit::End => command.env(ENV_LIFELINE, LIFELINE_STDIN).stdin(Stdio::piped()),
            OnOwnerExit::Leave => command.stdin(Stdio::null()),
        };
        let mut child = self.spawn(command)?;
        let (lifeline, output) = (child.stdin.take(), Output::of(&mut child));
        output.belongs_to(Label { room: orders.room.to_string(), identity: orders.identity.clone() });
        Ok(WorkerProcess::new(orders, child, lifeline, output))
    }

    /// Starts a worker that loads its engines and waits for orders.
    ///
    /// # Errors
    /// [`LaunchError::Spawn`].
    pub fn stand_by(&self, persona: Option<&Path>) -> Result<Standby, LaunchError> {
        let mut command = self.command();
        command.arg("standby").stdin(Stdio::piped());
        if let Some(file) = persona {
            command.arg(glued("--persona=", file));
        }
        let mut child = self.spawn(command)?;
        let (orders, output) = (child.stdin.take(), Output::of(&mut child));
        Ok(Standby::new(child, orders, output, self.on_owner_exit))
    }

    /// What every worker has in common.
    fn command(&self) -> Command {
        let mut command = Command::new(&self.file);
        command.env_clear();
        for name in INHERITED_ENV {
            if let Some(value) = std::env::var_os(name) {
                command.env(name, value);
            }
        }
        command.envs(self.environment.iter().map(|(name, value)| (*name, value)));
        command.stdout(Stdio::piped()).process_group(0);
        match self.on_owner_exit {
            OnOwnerExit::End => command.stderr(Stdio::piped()),
            // A worker that outlives us must not lose its log with us: it keeps our standard error.
            OnOwnerExit::Leave => command.stderr(Stdio::inherit()),
        };
        command
    }

    fn spawn(&self, mut command: Command) -> Result<Child, LaunchError> {
        command.spawn().map_err(|source| LaunchError::Spawn { program: self.file.clone(), source })
    }
}

/// A flag and its value as one argument, as a path may begin with `-`.
fn glued(flag: &str, value: &Path) -> OsString {
    let mut argument = OsString::from(flag);
    argument.push(value);
    argument
}
