//! `--headless`: a scripted caller joins through `POST /join-room`, and its exit status is ours.

use std::path::Path;
use std::process::{Command, ExitCode, ExitStatus, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};

use super::POLL;
use super::servers::{Plan, Servers};
use super::turns::Turns;
use crate::children::{self, Ending, OwnedChild};
use crate::command::past_proxies;
use crate::{screen, workspace};

/// The room of the scripted call.
const ROOM: &str = "headless";
/// How long joining and the greeting may take.
const CALL_DEADLINE: Duration = Duration::from_secs(180);
/// How much longer each turn may take: said, thought about, answered.
const TURN_DEADLINE: Duration = Duration::from_secs(120);

/// The scripted call.
pub(super) struct Call<'a> {
    /// What is said.
    pub(super) turns: &'a Turns,
    /// Turns (from 1) whose answer is spoken over.
    pub(super) interrupt: &'a [usize],
    /// Where results go.
    pub(super) out: &'a Path,
    /// Whether the result is printed for machines.
    pub(super) as_json: bool,
}

/// Runs the scripted caller against the running servers, then ends everything.
pub(super) fn run(plan: &Plan, servers: &mut Servers, call: &Call<'_>) -> Result<ExitCode> {
    let mut command = Command::new(workspace::program("scripted-caller")?);
    past_proxies(&mut command);
    command.arg("--server").arg(plan.token_server()).args(["--room", ROOM]);
    command.args(call.turns.to_flags()).arg("--out").arg(call.out).stdin(Stdio::null());
    for turn in call.interrupt {
        command.arg(format!("--interrupt={turn}"));
    }
    if call.as_json {
        command.arg("--json");
    }
    screen::heading("call");
    let deadline = CALL_DEADLINE + TURN_DEADLINE * u32::try_from(call.turns.len()).unwrap_or(u32::MAX);
    let status = run_caller(command, servers, deadline);
    servers.end();
    let status = status?;
    screen::line(&format!("recordings and logs: {}", call.out.display()));
    Ok(exit_code(status))
}

/// Waits for the caller; whatever else ends the call ends the caller too.
fn run_caller(mut command: Command, servers: &mut Servers, deadline: Duration) -> Result<ExitStatus> {
    let mut caller = OwnedChild::start(&mut command, Ending::Kill).context("cannot start scripted-caller")?;
    let started = Instant::now();
    loop {
        if let Some(status) = caller.try_wait().context("cannot watch scripted-caller")? {
            return Ok(status);
        }
        let problem = if children::interrupted() {
            Some(anyhow::anyhow!("interrupted"))
        } else if started.elapsed() > deadline {
            Some(anyhow::anyhow!("the call did not end within {} s", deadline.as_secs()))
        } else {
            servers.check_alive().err()
        };
        if let Some(problem) = problem {
            caller.end();
            bail!(problem);
        }
        thread::sleep(POLL);
    }
}

/// The caller's exit status as ours; a caller that was killed counts as a failure.
fn exit_code(status: ExitStatus) -> ExitCode {
    match status.code().map(u8::try_from) {
        Some(Ok(code)) => ExitCode::from(code),
        Some(Err(_)) | None => ExitCode::FAILURE,
    }
}
