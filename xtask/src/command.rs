//! Running another program to its end, always under a deadline, and no longer than this program is wanted.

use std::fmt::Write as _;
use std::fs::File;
use std::io::{self, Read as _, Seek as _};
use std::process::{Command, ExitStatus, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};

use crate::children::{self, Ending, OwnedChild};

/// How often a running program is looked at.
const POLL: Duration = Duration::from_millis(20);
/// How long a program may take to end when it is asked to.
const ENDING: Ending = Ending::Terminate(Duration::from_secs(5));
/// How many of a program's last lines an error shows.
const TAIL_LINES: usize = 20;
/// The same for a program whose failure is a report, such as that of tests.
const REPORT_LINES: usize = 200;

/// Makes a program that only talks to this machine forget the proxies that the environment names.
///
/// Exceptions in `NO_PROXY` would not do: the LiveKit client library looks at `HTTP_PROXY` alone.
pub(crate) fn past_proxies(command: &mut Command) {
    for name in ["HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"] {
        command.env_remove(name).env_remove(name.to_lowercase());
    }
}

/// Runs a program whose output goes straight to the screen. An error names the program and its exit status.
pub(crate) fn run_shown(mut command: Command, deadline: Duration) -> Result<()> {
    let status = run_status(&mut command, deadline)?;
    if !status.success() {
        bail!("`{}` ended with {status}", name(&command));
    }
    Ok(())
}

/// The same, with the exit status for the caller to judge.
pub(crate) fn run_status(command: &mut Command, deadline: Duration) -> Result<ExitStatus> {
    command.stdin(Stdio::null());
    let child = spawn(command)?;
    wait(child, deadline).with_context(|| name(command))
}

/// Runs a program whose standard error goes straight to the screen, and returns its standard output.
pub(crate) fn run_for_output(mut command: Command, deadline: Duration) -> Result<String> {
    let mut output = tempfile::tempfile().context("cannot make a temporary file")?;
    command.stdout(output.try_clone()?);
    run_shown(command, deadline)?;
    read_back(&mut output)
}

/// Runs a program and keeps its output to itself; an error shows the last lines.
pub(crate) fn run_quiet(command: Command, deadline: Duration) -> Result<String> {
    run_kept(command, deadline, TAIL_LINES)
}

/// The same for a program whose failure is a report.
pub(crate) fn run_reporting(command: Command, deadline: Duration) -> Result<String> {
    run_kept(command, deadline, REPORT_LINES)
}

fn run_kept(command: Command, deadline: Duration, lines: usize) -> Result<String> {
    let shown = name(&command);
    let (output, ended) = run_captured(command, deadline)?;
    let status = ended.context(shown.clone())?;
    if !status.success() {
        bail!("`{shown}` ended with {status}:\n{}", last(&output, lines));
    }
    Ok(output)
}

/// Runs a program and returns all that it printed, however it ended: with a status, or cut off at its deadline.
pub(crate) fn run_captured(mut command: Command, deadline: Duration) -> Result<(String, Result<ExitStatus>)> {
    let mut log = tempfile::tempfile().context("cannot make a temporary file")?;
    command.stdin(Stdio::null()).stdout(log.try_clone()?).stderr(log.try_clone()?);
    let ended = wait(spawn(&mut command)?, deadline);
    Ok((read_back(&mut log)?, ended))
}

fn read_back(file: &mut File) -> Result<String> {
    file.rewind()?;
    let mut bytes = Vec::new();
    file.read_to_end(&mut bytes)?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

fn spawn(command: &mut Command) -> Result<OwnedChild> {
    let shown = name(command);
    OwnedChild::start(command, ENDING).map_err(|error| match error.kind() {
        io::ErrorKind::NotFound => anyhow::anyhow!("`{shown}`: the program is not installed"),
        _ => anyhow::anyhow!("`{shown}` cannot be started: {error}"),
    })
}

/// Leaving early ends the child, as it is dropped.
fn wait(mut child: OwnedChild, deadline: Duration) -> Result<ExitStatus> {
    let started = Instant::now();
    loop {
        if let Some(status) = child.try_wait()? {
            return Ok(status);
        }
        if children::interrupted() {
            bail!("interrupted");
        }
        if started.elapsed() > deadline {
            bail!("not finished after {} s, ended", deadline.as_secs());
        }
        thread::sleep(POLL);
    }
}

/// The program with its arguments, as a person would type it.
fn name(command: &Command) -> String {
    let mut text = command.get_program().to_string_lossy().into_owned();
    for argument in command.get_args() {
        // Writing into a string cannot fail.
        let _ = write!(text, " {}", argument.to_string_lossy());
    }
    text
}

/// The last lines of an output.
pub(crate) fn tail(output: &str) -> String {
    last(output, TAIL_LINES)
}

fn last(output: &str, count: usize) -> String {
    let lines: Vec<&str> = output.lines().collect();
    lines[lines.len().saturating_sub(count)..].join("\n")
}

#[cfg(test)]
pub(crate) mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used)]
    use super::*;

    /// A shell script as a command, for tests of whatever runs commands.
    pub(crate) fn shell(script: &str) -> Command {
        let mut command = Command::new("sh");
        command.args(["-c", script]);
        command
    }

    #[test]
    fn a_failing_program_is_named_with_what_it_said() {
        let error =
            run_quiet(shell("echo first; echo no such thing >&2; exit 3"), Duration::from_secs(60)).unwrap_err();
        let message = error.to_string();
        assert!(message.contains("exit status: 3") && message.contains("no such thing"), "{message}");
    }

    #[test]
    fn a_program_that_is_not_there_is_named() {
        let message = run_quiet(Command::new("no-such-program"), Duration::ZERO).unwrap_err().to_string();
        assert!(message.contains("no-such-program") && message.contains("not installed"), "{message}");
    }

    #[test]
    fn a_program_is_ended_at_its_deadline() {
        let error = run_quiet(shell("sleep 600"), Duration::ZERO).unwrap_err();
        assert!(format!("{error:#}").contains("not finished"), "{error:#}");
    }

    #[test]
    fn what_a_program_printed_before_its_deadline_is_kept() {
        let (output, ended) = run_captured(shell("echo begun; sleep 600"), Duration::from_millis(300)).unwrap();
        assert_eq!(output, "begun\n");
        assert!(ended.unwrap_err().to_string().contains("not finished"));
    }

    #[test]
    fn standard_output_alone_is_returned() {
        let output = run_for_output(shell("echo result; echo remark >&2"), Duration::from_secs(60)).unwrap();
        assert_eq!(output, "result\n");
    }

    #[test]
    fn only_the_last_lines_are_shown() {
        let long: String = (1..=100).map(|number| format!("{number}\n")).collect();
        assert!(tail(&long).starts_with("81\n") && tail(&long).ends_with("100"));
        assert_eq!(tail("one"), "one");
    }
}
