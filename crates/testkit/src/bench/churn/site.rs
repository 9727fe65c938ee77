//! The service that people come to, with a store, a worker's program and a temporary folder that can be looked into.

use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use calls::{CallStore, all_calls};
use tempfile::TempDir;
use tokio::time::Instant;

use crate::bench::fleet::{Door, Kind, Setup};
use crate::process::find_workspace_binary;
use crate::stack::{Stack, StackOptions};

/// The real worker's program.
const WORKER: &str = "agent-worker";
/// What it is called when another program stands in for it.
const STAND_IN: &str = "stand-in";
/// Who was started, a line each.
const STARTS: &str = "starts";
/// How many warnings are shown.
const WARNINGS: usize = 8;
/// How many lines are shown of a room in which something went wrong.
const LINES: usize = 40;
/// How long everybody may take to be gone.
const REST_DEADLINE: Duration = Duration::from_secs(60);
const POLL: Duration = Duration::from_millis(50);
/// How long closed connections may take to be gone on both sides.
const SETTLE: Duration = Duration::from_secs(1);

/// Which program serves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Worker {
    /// The real one, so many of them standing by.
    Real { standby: usize },
    /// A shell that waits until it is told that its people have left.
    StandIn,
}

/// A running service.
pub(super) struct Site {
    pub(super) stack: Stack,
    pub(super) store: Arc<dyn CallStore>,
    pub(super) standby: usize,
    /// Goes last.
    folder: TempDir,
}

impl Site {
    pub(super) async fn start(setup: &Setup, worker: Worker) -> anyhow::Result<Self> {
        let folder = tempfile::Builder::new().prefix("visavis-churn-").tempdir()?;
        std::fs::create_dir(temporary(folder.path()))?;
        let address = format!("sqlite:{}", folder.path().join("calls.db").display());
        let standby = match worker {
            Worker::Real { standby } => standby,
            Worker::StandIn => 0,
        };
        let mut options = StackOptions {
            worker_bin: Some(program(folder.path(), worker)?),
            webhook: true,
            standby,
            ..setup.options(Kind::Voice)?
        };
        options.environment.push((proto::worker::ENV_STORE.to_owned(), address.clone()));
        let stack = Stack::start(options).await?;
        Ok(Self { stack, store: calls::open(&address)?, standby, folder })
    }

    /// Its front door, with connections of their own. They close when it is dropped.
    pub(super) fn door(&self) -> anyhow::Result<Door> {
        Door::at(&self.stack.url())
    }

    /// Where workers put what they need for a while.
    pub(super) fn temporary(&self) -> PathBuf {
        temporary(self.folder.path())
    }

    /// The rooms for which stand-ins were started, in order.
    pub(super) fn starts(&self) -> Vec<String> {
        let lines = std::fs::read_to_string(self.folder.path().join(STARTS)).unwrap_or_default();
        lines.lines().filter_map(|line| line.strip_prefix("--room=")).map(str::to_owned).collect()
    }

    /// What the token server and its workers said of a room, the last lines of it.
    pub(super) fn said_of(&self, room: &str) -> Vec<String> {
        self.last_lines(LINES, |line| line.contains(room))
    }

    /// What the token server and its workers warned of, the last lines of it.
    pub(super) fn warnings(&self) -> Vec<String> {
        self.last_lines(WARNINGS, |line| line.contains("WARN") || line.contains("ERROR"))
    }

    /// The last lines of the log that are wanted, in order.
    fn last_lines(&self, count: usize, is_wanted: impl Fn(&str) -> bool) -> Vec<String> {
        let log = self.stack.whole_log();
        let mut last: Vec<String> =
            log.lines().rev().filter(|line| is_wanted(line)).take(count).map(str::to_owned).collect();
        last.reverse();
        last
    }

    /// Waits until everybody is gone, or for a minute: whoever looks then sees what is left.
    pub(super) async fn at_rest(&self) -> anyhow::Result<()> {
        let deadline = Instant::now() + REST_DEADLINE;
        while Instant::now() < deadline {
            if self.stack.workers()?.len() == self.standby && all_calls(&*self.store).await?.is_empty() {
                break;
            }
            tokio::time::sleep(POLL).await;
        }
        tokio::time::sleep(SETTLE).await;
        Ok(())
    }
}

fn temporary(folder: &Path) -> PathBuf {
    folder.join("temporary")
}

/// A script that is the worker's program. The token server hands workers no `TMPDIR`, so the script sets it.
fn program(folder: &Path, worker: Worker) -> anyhow::Result<PathBuf> {
    let of_its_own = format!("export TMPDIR='{}'", temporary(folder).display());
    let (name, rest) = match worker {
        Worker::Real { .. } => (WORKER, format!("exec '{}' \"$@\"", find_workspace_binary(WORKER)?.display())),
        Worker::StandIn => (STAND_IN, stand_in(&folder.join(STARTS))),
    };
    let file = folder.join(name);
    std::fs::write(&file, format!("#!/bin/sh\n{of_its_own}\n{rest}\n"))?;
    std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o755))?;
    std::path::absolute(&file).context("an odd temporary folder")
}

/// Says in `starts` that it was started, and for which room (the first value of its orders); ends as a worker does whose people have
/// left when it gets SIGTERM, and with its owner.
fn stand_in(starts: &Path) -> String {
    format!(
        "[ \"$1\" = variables ] && exit 0\ntrap 'echo \"{}\"; exit 0' TERM\nread -r orders\n\
         orders=${{orders#*\\\"room\\\":\\\"}}\nprintf '%s\\n' \"--room=${{orders%%\\\"*}}\" >> '{}'\nread -r end",
        proto::worker::ENDING_LINE,
        starts.display()
    )
}
