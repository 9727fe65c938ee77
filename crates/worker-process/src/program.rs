//! The worker's program, and how it is started: with which arguments, and how little of our environment.
//!
//! Each worker leads a process group of its own: Ctrl-C in a terminal then reaches its owner alone, which ends its
//! workers once, by their lifelines; and a kill takes a worker's own children along.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use proto::orders::Orders;
use proto::worker::{INHERITED_ENV, may_be_handed_on};
use tokio::process::{Child, Command};

use crate::launch::{LaunchError, OnOwnerExit};
use crate::output::Output;
use crate::process::WorkerProcess;
use crate::standby::Standby;

/// How long the program may take to say which variables it reads.
const VARIABLES_TIMEOUT: Duration = Duration::from_secs(20);
/// Maximum of variables that it may name.
const MAX_VARIABLES: usize = 200;

/// The worker's program.
#[derive(Clone)]
pub struct Program {
    /// Where it lies.
    pub file: PathBuf,
    /// Whether workers end with their owner.
    pub on_owner_exit: OnOwnerExit,
    /// The variables of our environment that workers inherit, beside [`INHERITED_ENV`]: see [`Program::variables`].
    pub inherited: Vec<String>,
    /// Variables that workers get with these values.
    pub environment: Vec<(&'static str, String)>,
}

impl Program {
    /// Starts a worker that serves these orders, as the person that the file describes.
    ///
    /// # Errors
    /// When it can't be started, or does not take its orders.
    pub async fn launch(&self, orders: &Orders, persona: Option<&Path>) -> Result<WorkerProcess, LaunchError> {
        self.start(&["connect", "--orders"], persona)?.serve_at_once(orders).await
    }

    /// Starts a worker that loads its engines and waits for orders.
    ///
    /// # Errors
    /// [`LaunchError::Spawn`].
    pub fn stand_by(&self, persona: Option<&Path>) -> Result<Standby, LaunchError> {
        self.start(&["standby"], persona)
    }

    /// Asks the program `file` which variables its engines read, and returns those that it may have.
    ///
    /// # Errors
    /// [`LaunchError::Spawn`]; [`LaunchError::Variables`] when it does not answer.
    pub async fn variables(file: &Path) -> Result<Vec<String>, LaunchError> {
        let mut command = Command::new(file);
        command.arg("variables").stdin(Stdio::null()).stderr(Stdio::null()).process_group(0).kill_on_drop(true);
        inherit(&mut command, &[]);
        let silent = |why: String| LaunchError::Variables { program: file.to_owned(), why };
        let answer = match tokio::time::timeout(VARIABLES_TIMEOUT, command.output()).await {
            Ok(Ok(answer)) if answer.status.success() => answer,
            Ok(Ok(answer)) => return Err(silent(answer.status.to_string())),
            Ok(Err(source)) => return Err(LaunchError::Spawn { program: file.to_owned(), source }),
            Err(_) => return Err(silent(format!("no answer within {VARIABLES_TIMEOUT:?}"))),
        };
        let lines = String::from_utf8_lossy(&answer.stdout);
        Ok(lines.lines().take(MAX_VARIABLES).filter(|name| may_be_handed_on(name)).map(str::to_owned).collect())
    }

    fn start(&self, command_line: &[&str], persona: Option<&Path>) -> Result<Standby, LaunchError> {
        let mut command = self.command();
        command.args(command_line).stdin(Stdio::piped());
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
        inherit(&mut command, &self.inherited);
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

/// Leaves of our environment what every worker inherits, and these.
fn inherit(command: &mut Command, more: &[String]) {
    command.env_clear();
    for name in INHERITED_ENV.into_iter().chain(more.iter().map(String::as_str)) {
        if let Some(value) = std::env::var_os(name) {
            command.env(name, value);
        }
    }
}

/// A flag and its value as one argument, as a path may begin with `-`.
fn glued(flag: &str, value: &Path) -> OsString {
    let mut argument = OsString::from(flag);
    argument.push(value);
    argument
}
