//! Every process that this program starts: in a process group of its own, listed, and ended with its whole group.
//!
//! ```text
//!   Ctrl-C, SIGTERM, SIGHUP ──► interrupted() ──► every wait sees it and ends its child by dropping it
//!   the same a second time  ──► all groups killed at once, exit
//!   main returns            ──► EndAll: groups that a background thread still runs are killed, none can start any more
//! ```

use std::io;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use nix::sys::signal::{Signal, killpg};
use nix::unistd::Pid;

/// How often a child that is to end is looked at.
const POLL: Duration = Duration::from_millis(20);
/// How long a killed child may take to leave the process table. One that another user owns (sudo) may never.
const KILL_DEADLINE: Duration = Duration::from_secs(5);
/// The exit status of a program that was interrupted, as shells count it (128 + SIGINT).
pub(crate) const EXIT_INTERRUPTED: u8 = 130;
/// The environment variable that names the LiveKit server's binary.
pub(crate) const LIVEKIT_SERVER_VARIABLE: &str = "LIVEKIT_SERVER_BIN";
/// Variables that hold a path: children may run in another folder, so they get it absolute.
const PATH_VARIABLES: [&str; 2] = [assets::CACHE_VARIABLE, LIVEKIT_SERVER_VARIABLE];

static INTERRUPTED: AtomicBool = AtomicBool::new(false);
static RUNNING: Mutex<Running> = Mutex::new(Running { groups: Vec::new(), closed: false });

struct Running {
    groups: Vec<Pid>,
    /// Set when this program ends: nothing starts any more.
    closed: bool,
}

impl Running {
    fn kill_all(&self) {
        for group in &self.groups {
            // Only fails when nobody is left in the group, which is what is wanted.
            let _ = killpg(*group, Signal::SIGKILL);
        }
    }
}

fn running() -> MutexGuard<'static, Running> {
    RUNNING.lock().unwrap_or_else(PoisonError::into_inner)
}

/// From now on Ctrl-C, SIGTERM and SIGHUP are noted instead of ending this process; the second one ends everything.
pub(crate) fn watch_for_interrupts() -> Result<()> {
    let note = || {
        if INTERRUPTED.swap(true, Ordering::Relaxed) {
            running().kill_all();
            std::process::exit(EXIT_INTERRUPTED.into());
        }
    };
    ctrlc::set_handler(note).context("cannot watch for Ctrl-C")
}

/// Whether someone wants this program to end. Every wait asks.
pub(crate) fn interrupted() -> bool {
    INTERRUPTED.load(Ordering::Relaxed)
}

/// Ends, when dropped, whatever still runs. For `main` alone.
pub(crate) struct EndAll;

impl Drop for EndAll {
    fn drop(&mut self) {
        let mut running = running();
        running.closed = true;
        running.kill_all();
    }
}

/// How a child is asked to end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Ending {
    /// SIGKILL at once, for a program that would wait for its clients otherwise.
    Kill,
    /// SIGTERM, and SIGKILL to whatever of its process group is left after this time.
    Terminate(Duration),
}

/// A running child and its process group. Both are ended when this is dropped.
#[derive(Debug)]
pub(crate) struct OwnedChild {
    child: Child,
    ending: Ending,
    ended: bool,
}

impl OwnedChild {
    /// Starts a program in a group of its own: Ctrl-C then reaches this process alone, which ends its children in order.
    pub(crate) fn start(command: &mut Command, ending: Ending) -> io::Result<OwnedChild> {
        for (name, path) in absolute_paths(&|name| std::env::var_os(name).map(PathBuf::from)) {
            if command.get_envs().all(|(set, _)| set != name) {
                command.env(name, path);
            }
        }
        command.process_group(0);
        // Listed under the lock that also closes the list: no child can slip through at the end.
        let mut running = running();
        if running.closed {
            return Err(io::Error::other("this program is ending"));
        }
        let child = command.spawn()?;
        running.groups.push(group_of(&child));
        Ok(OwnedChild { child, ending, ended: false })
    }

    /// Its exit status, once it has ended.
    pub(crate) fn try_wait(&mut self) -> io::Result<Option<ExitStatus>> {
        self.child.try_wait()
    }

    /// Ends the child and what is left of its process group. Does nothing the second time.
    pub(crate) fn end(&mut self) {
        if self.ended {
            return;
        }
        self.ended = true;
        let group = group_of(&self.child);
        if let Ending::Terminate(patience) = self.ending {
            let _ = killpg(group, Signal::SIGTERM);
            self.wait_for(patience, OwnedChild::group_lives);
        }
        let _ = killpg(group, Signal::SIGKILL);
        // Waiting removes it from the process table.
        self.wait_for(KILL_DEADLINE, |own| matches!(own.child.try_wait(), Ok(None)));
        running().groups.retain(|listed| *listed != group);
    }

    fn wait_for(&mut self, patience: Duration, lives: impl Fn(&mut OwnedChild) -> bool) {
        let asked = Instant::now();
        while asked.elapsed() < patience && lives(self) {
            thread::sleep(POLL);
        }
    }

    pub(crate) fn group_lives(&mut self) -> bool {
        // Without this the ended child itself would still count, as a zombie.
        let _ = self.child.try_wait();
        killpg(group_of(&self.child), None).is_ok()
    }
}

impl Drop for OwnedChild {
    fn drop(&mut self) {
        self.end();
    }
}

fn group_of(child: &Child) -> Pid {
    Pid::from_raw(child.id().cast_signed())
}

/// Those of [`PATH_VARIABLES`] that are set to something, made absolute.
fn absolute_paths(lookup: &dyn Fn(&str) -> Option<PathBuf>) -> Vec<(&'static str, PathBuf)> {
    let set = PATH_VARIABLES.into_iter().filter_map(|name| Some((name, lookup(name)?)));
    set.filter_map(|(name, path)| Some((name, absolute(&path)?))).collect()
}

fn absolute(path: &Path) -> Option<PathBuf> {
    // Only fails for an empty path, which counts as not set, and where there is no current folder.
    std::path::absolute(path).ok()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used)]
    use std::fs::File;
    use std::io::{BufRead, BufReader};

    use super::*;
    use crate::command::tests::shell;

    #[test]
    fn ending_takes_the_grandchildren_along_even_when_they_ignore_the_request() {
        let folder = tempfile::tempdir().unwrap();
        let fifo = folder.path().join("alive");
        nix::unistd::mkfifo(&fifo, nix::sys::stat::Mode::S_IRWXU).unwrap();
        // Parent and grandchild ignore SIGTERM and hold the pipe's writing end open for as long as they live.
        let script = format!("trap '' TERM; exec 9>'{}'; echo up >&9; sleep 600 & sleep 600", fifo.display());
        let mut child = OwnedChild::start(&mut shell(&script), Ending::Terminate(Duration::ZERO)).unwrap();
        let mut reader = BufReader::new(File::open(&fifo).unwrap());
        let mut line = String::new();
        reader.read_line(&mut line).unwrap();
        assert_eq!(line, "up\n");
        child.end();
        // End of file: nobody holds the writing end any more. The group itself is not asked for: an orphan that is dead counts
        // in it until its new parent has looked.
        assert_eq!(reader.read_line(&mut line).unwrap(), 0);
    }

    #[test]
    fn a_child_that_ends_on_request_is_not_kept_waiting_for() {
        let ending = Ending::Terminate(Duration::from_secs(600));
        let mut child = OwnedChild::start(&mut shell("exec sleep 600"), ending).unwrap();
        child.end();
        assert!(!child.group_lives());
    }

    #[test]
    fn a_child_is_listed_for_as_long_as_it_is_owned() {
        let child = OwnedChild::start(&mut shell("exec sleep 600"), Ending::Kill).unwrap();
        let group = group_of(&child.child);
        assert!(running().groups.contains(&group));
        drop(child);
        assert!(!running().groups.contains(&group));
        assert!(killpg(group, None).is_err());
    }

    #[test]
    fn everything_listed_is_killed_at_once() {
        let mut child = shell("exec sleep 600").process_group(0).spawn().unwrap();
        Running { groups: vec![group_of(&child)], closed: false }.kill_all();
        assert_eq!(std::os::unix::process::ExitStatusExt::signal(&child.wait().unwrap()), Some(9));
    }

    #[test]
    fn children_get_relative_paths_as_absolute_ones() {
        let here = std::env::current_dir().unwrap();
        let lookup = |name: &str| (name == assets::CACHE_VARIABLE).then(|| PathBuf::from("cache"));
        assert_eq!(absolute_paths(&lookup), [(assets::CACHE_VARIABLE, here.join("cache"))]);
        assert!(absolute_paths(&|_| Some(PathBuf::new())).is_empty());
    }
}
