//! A server that runs as our child: its log, its early death, its end.

use std::fs::File;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use nix::sys::signal::{Signal, killpg};
use nix::unistd::Pid;

use crate::command::tail;

/// How often a server that is to end is looked at.
const POLL: Duration = Duration::from_millis(20);

/// How a server is asked to end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Ending {
    /// SIGKILL at once, for a server that would wait for its clients otherwise.
    Kill,
    /// SIGTERM, and SIGKILL to whatever of its process group is left after this time.
    Terminate(Duration),
}

/// A running server. Ended when dropped.
#[derive(Debug)]
pub(super) struct ChildServer {
    name: &'static str,
    child: Child,
    log: PathBuf,
    ending: Ending,
    ended: bool,
}

impl ChildServer {
    /// Starts a server with its output in `<logs>/<name>.log`.
    pub(super) fn start(name: &'static str, mut command: Command, logs: &Path, ending: Ending) -> Result<ChildServer> {
        let log = logs.join(format!("{name}.log"));
        let output = File::create(&log).with_context(|| format!("cannot write {}", log.display()))?;
        command.stdin(Stdio::null()).stdout(output.try_clone()?).stderr(output);
        // A group of its own: Ctrl-C then reaches this process alone, which ends its children in the right order.
        command.process_group(0);
        let child = command.spawn().with_context(|| format!("cannot start {name}"))?;
        Ok(ChildServer { name, child, log, ending, ended: false })
    }

    /// Fails, with its last words, when the server is no longer running.
    pub(super) fn check_alive(&mut self) -> Result<()> {
        match self.child.try_wait().with_context(|| format!("cannot watch {}", self.name))? {
            None => Ok(()),
            Some(status) => {
                bail!("{} ended by itself with {status}; its last lines:\n{}", self.name, self.last_words())
            }
        }
    }

    /// The last lines of its log.
    pub(super) fn last_words(&self) -> String {
        let bytes = std::fs::read(&self.log).unwrap_or_default();
        tail(&String::from_utf8_lossy(&bytes))
    }

    /// Ends the server and what is left of its process group. Does nothing the second time.
    pub(super) fn end(&mut self) {
        if self.ended {
            return;
        }
        self.ended = true;
        if let Ending::Terminate(patience) = self.ending {
            self.signal(Signal::SIGTERM);
            let asked = Instant::now();
            while asked.elapsed() < patience && self.group_lives() {
                thread::sleep(POLL);
            }
        }
        self.signal(Signal::SIGKILL);
        // A killed child ends; waiting removes it from the process table.
        let _ = self.child.wait();
    }

    fn signal(&self, signal: Signal) {
        // Only fails when nobody is left in the group, which is what is wanted.
        let _ = killpg(self.group(), signal);
    }

    fn group_lives(&mut self) -> bool {
        // Without this the ended child itself would still count, as a zombie.
        let _ = self.child.try_wait();
        killpg(self.group(), None).is_ok()
    }

    fn group(&self) -> Pid {
        Pid::from_raw(self.child.id().cast_signed())
    }
}

impl Drop for ChildServer {
    fn drop(&mut self) {
        self.end();
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used)]
    use std::io::{BufRead, BufReader};

    use super::*;

    fn shell(script: &str) -> Command {
        let mut command = Command::new("sh");
        command.args(["-c", script]);
        command
    }

    #[test]
    fn a_server_that_dies_early_is_reported_with_its_last_words() {
        let logs = tempfile::tempdir().unwrap();
        let mut server =
            ChildServer::start("sfu", shell("echo no such port; exit 7"), logs.path(), Ending::Kill).unwrap();
        server.child.wait().unwrap();
        let message = server.check_alive().unwrap_err().to_string();
        assert!(message.contains("no such port") && message.contains("sfu") && message.contains('7'), "{message}");
    }

    #[test]
    fn ending_takes_the_grandchildren_along_even_when_they_ignore_the_request() {
        let logs = tempfile::tempdir().unwrap();
        let fifo = logs.path().join("alive");
        nix::unistd::mkfifo(&fifo, nix::sys::stat::Mode::S_IRWXU).unwrap();
        // Parent and grandchild ignore SIGTERM and hold the pipe's writing end open for as long as they live.
        let script = format!("trap '' TERM; exec 9>'{}'; echo up >&9; sleep 600 & sleep 600", fifo.display());
        let ending = Ending::Terminate(Duration::ZERO);
        let mut server = ChildServer::start("token-server", shell(&script), logs.path(), ending).unwrap();
        let mut reader = BufReader::new(File::open(&fifo).unwrap());
        let mut line = String::new();
        reader.read_line(&mut line).unwrap();
        assert_eq!(line, "up\n");
        server.end();
        // End of file: nobody holds the writing end any more.
        assert_eq!(reader.read_line(&mut line).unwrap(), 0);
        assert!(!server.group_lives());
    }

    #[test]
    fn a_server_that_ends_on_request_is_not_kept_waiting_for() {
        let logs = tempfile::tempdir().unwrap();
        let ending = Ending::Terminate(Duration::from_secs(600));
        let mut server = ChildServer::start("token-server", shell("exec sleep 600"), logs.path(), ending).unwrap();
        server.end();
        assert!(!server.group_lives());
    }
}
