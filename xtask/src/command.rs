//! Running another program to its end, always under a deadline.

use std::fmt::Write as _;
use std::io;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};

/// How often a running program is looked at.
const POLL: Duration = Duration::from_millis(20);
/// How many of a program's last lines an error shows.
const TAIL_LINES: usize = 20;

/// Runs a program whose output goes straight to the screen. An error names the program and its exit status.
pub(crate) fn run_shown(mut command: Command, deadline: Duration) -> Result<()> {
    command.stdin(Stdio::null());
    let child = spawn(&mut command)?;
    let status = wait(child, deadline).with_context(|| name(&command))?;
    if !status.success() {
        bail!("`{}` ended with {status}", name(&command));
    }
    Ok(())
}

/// Runs a program and keeps its output to itself; an error shows the last lines.
pub(crate) fn run_quiet(mut command: Command, deadline: Duration) -> Result<String> {
    let mut log = tempfile::tempfile().context("cannot make a temporary file")?;
    command.stdin(Stdio::null()).stdout(log.try_clone()?).stderr(log.try_clone()?);
    let child = spawn(&mut command)?;
    let status = wait(child, deadline).with_context(|| name(&command))?;
    io::Seek::rewind(&mut log)?;
    let mut bytes = Vec::new();
    io::Read::read_to_end(&mut log, &mut bytes)?;
    let output = String::from_utf8_lossy(&bytes).into_owned();
    if !status.success() {
        bail!("`{}` ended with {status}:\n{}", name(&command), tail(&output));
    }
    Ok(output)
}

fn spawn(command: &mut Command) -> Result<Child> {
    let shown = name(command);
    command.spawn().map_err(|error| match error.kind() {
        io::ErrorKind::NotFound => anyhow::anyhow!("`{shown}`: the program is not installed"),
        _ => anyhow::anyhow!("`{shown}` cannot be started: {error}"),
    })
}

fn wait(mut child: Child, deadline: Duration) -> Result<ExitStatus> {
    let started = Instant::now();
    loop {
        if let Some(status) = child.try_wait()? {
            return Ok(status);
        }
        if started.elapsed() > deadline {
            child.kill()?;
            child.wait()?;
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
    let lines: Vec<&str> = output.lines().collect();
    lines[lines.len().saturating_sub(TAIL_LINES)..].join("\n")
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used)]
    use super::*;

    fn shell(script: &str) -> Command {
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
    fn only_the_last_lines_are_shown() {
        let long: String = (1..=100).map(|number| format!("{number}\n")).collect();
        assert!(tail(&long).starts_with("81\n") && tail(&long).ends_with("100"));
        assert_eq!(tail("one"), "one");
    }
}
