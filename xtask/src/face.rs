//! `cargo xtask face`: builds, and lets `agent-worker face` film the face.

use std::process::{Command, ExitCode};
use std::time::Duration;

use anyhow::Result;
use clap::Args;

use crate::command::run_status;
use crate::{cargo, screen, setup, workspace};

/// How long a film may take to make: a minute of speech takes seconds.
const DEADLINE: Duration = Duration::from_secs(600);

/// Flags of `cargo xtask face`: those of `agent-worker face`.
#[derive(Debug, Args)]
pub(crate) struct FaceArgs {
    /// Such as `--say "[joy] Hello!" --out hello.gif`; `--help` after `--` lists them all
    #[arg(trailing_var_arg = true, allow_hyphen_values = true, required = true)]
    arguments: Vec<String>,
}

/// The exit status is that of `agent-worker face`.
pub(crate) fn run(args: &FaceArgs) -> Result<ExitCode> {
    setup::start()?;
    screen::heading("build");
    cargo::run(&workspace::root()?, &["build", "--workspace", "--bins"])?;
    screen::heading("face");
    let mut command = Command::new(workspace::program("agent-worker")?);
    command.arg("face").args(&args.arguments);
    let status = run_status(&mut command, DEADLINE)?;
    Ok(status.code().and_then(|code| u8::try_from(code).ok()).map_or(ExitCode::FAILURE, ExitCode::from))
}
