//! `cargo xtask doctor`: sets up, builds, and lets `agent-worker doctor` check everything a call needs.

use std::process::{Command, ExitCode};
use std::time::Duration;

use anyhow::Result;
use clap::Args;

use crate::command::run_status;
use crate::{cargo, screen, setup, workspace};

/// How long the checks may take: every engine is loaded and tried.
const DEADLINE: Duration = Duration::from_secs(300);

/// Flags of `cargo xtask doctor`.
#[derive(Debug, Args)]
pub(crate) struct DoctorArgs {
    /// Print one JSON object instead of a table
    #[arg(long)]
    json: bool,
}

/// The exit status is that of `agent-worker doctor`.
pub(crate) fn run(args: &DoctorArgs) -> Result<ExitCode> {
    let ready = setup::start()?;
    screen::heading("build");
    cargo::run(&workspace::root()?, &["build", "--workspace", "--bins"])?;
    ready.livekit_server()?;
    screen::heading("doctor");
    let mut command = Command::new(workspace::program("agent-worker")?);
    command.arg("doctor");
    if args.json {
        command.arg("--json");
    }
    let status = run_status(&mut command, DEADLINE)?;
    Ok(status.code().and_then(|code| u8::try_from(code).ok()).map_or(ExitCode::FAILURE, ExitCode::from))
}
