//! What is left where everybody has gone: processes, calls, files. Linux only: it reads `/proc`.

use std::path::Path;

use anyhow::Context as _;
use calls::all_calls;

use super::site::Site;
use crate::bench::Row;
use crate::bench::family::{Family, running};
use crate::process::is_running;

/// How many of each are left.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Remains {
    /// Workers that run, beside those that stand by.
    workers: usize,
    /// Children of the token server that have ended and that it never collected.
    zombies: usize,
    /// Processes that workers started, and that belong to nobody now.
    strays: usize,
    /// Calls in the store.
    calls: usize,
    /// Files and folders where workers put what they need for a while.
    files: usize,
}

impl Remains {
    pub(super) async fn look(site: &Site) -> anyhow::Result<Self> {
        let server = site.stack.server_pid().context("the token server has ended")?;
        let family = Family { head: server }.members();
        let temporary = site.temporary();
        let is_stray = |pid: &u32| !family.contains(pid) && is_running(*pid) && has_temporary(*pid, &temporary);
        Ok(Self {
            workers: site.stack.workers()?.len().saturating_sub(site.standby),
            zombies: running().into_iter().filter(|pid| is_zombie_of(*pid, server)).count(),
            strays: running().iter().filter(|pid| is_stray(pid)).count(),
            calls: all_calls(&*site.store).await?.len(),
            files: std::fs::read_dir(&temporary)?.count(),
        })
    }

    /// The worse of two looks.
    pub(super) fn or_more(self, other: Self) -> Self {
        Self {
            workers: self.workers.max(other.workers),
            zombies: self.zombies.max(other.zombies),
            strays: self.strays.max(other.strays),
            calls: self.calls.max(other.calls),
            files: self.files.max(other.files),
        }
    }

    /// `prefix` begins the rows of all parts but the first.
    pub(super) fn rows(self, prefix: &str) -> Vec<Row> {
        let row = |what: &str, count: usize, unit: &str| {
            Row::new(&format!("{prefix}{what}"), Some(count as f64), unit, Some(0.0))
        };
        vec![
            row("workers_left", self.workers, "processes"),
            row("zombies", self.zombies, "processes"),
            row("strays", self.strays, "processes"),
            row("calls_left", self.calls, "calls"),
            row("files_left", self.files, "files"),
        ]
    }
}

/// Fields 3 and 4 of `/proc/PID/stat` (proc(5)); the name in field 2 may hold spaces.
fn is_zombie_of(pid: u32, parent: u32) -> bool {
    let Ok(stat) = std::fs::read_to_string(format!("/proc/{pid}/stat")) else { return false };
    let mut fields = stat.rsplit_once(')').map_or("", |(_, rest)| rest).split_whitespace();
    fields.next() == Some("Z") && fields.next() == Some(&parent.to_string())
}

/// Whether it has this folder for what it needs for a while: a worker has, and whatever it starts.
fn has_temporary(pid: u32, folder: &Path) -> bool {
    let wanted = format!("TMPDIR={}", folder.display());
    let environment = std::fs::read(format!("/proc/{pid}/environ")).unwrap_or_default();
    environment.split(|byte| *byte == 0).any(|variable| variable == wanted.as_bytes())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used)]
    use std::process::Command;
    use std::time::{Duration, Instant};

    use super::*;

    #[test]
    fn a_child_that_ended_is_a_zombie_until_it_is_collected() {
        let mut child = Command::new("true").spawn().unwrap();
        let deadline = Instant::now() + Duration::from_secs(10);
        while !is_zombie_of(child.id(), std::process::id()) {
            assert!(Instant::now() < deadline, "it never ended");
            std::thread::yield_now();
        }
        assert!(!is_zombie_of(child.id(), 1), "somebody else's");
        child.wait().unwrap();
        assert!(!is_zombie_of(child.id(), std::process::id()));
    }

    #[test]
    fn a_process_is_known_by_its_folder() {
        let mut child = Command::new("cat")
            .env("TMPDIR", "/somewhere/of/its/own")
            .stdin(std::process::Stdio::piped())
            .spawn()
            .unwrap();
        let deadline = Instant::now() + Duration::from_secs(10);
        while !has_temporary(child.id(), Path::new("/somewhere/of/its/own")) {
            assert!(Instant::now() < deadline, "it never became `cat`");
            std::thread::yield_now();
        }
        assert!(!has_temporary(child.id(), Path::new("/somewhere")));
        drop(child.stdin.take());
        child.wait().unwrap();
    }
}
