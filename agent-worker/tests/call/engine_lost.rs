//! A worker that loses an engine in mid-call says so, to the room and to its owner, and leaves.
#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use proto::worker::ExitCode;
use testkit::caller::{self, CallerPlan, Narration, Outcome};
use testkit::process::children_named;
use testkit::stack::{Stack, StackOptions};

const ESPEAK: &str = "espeak-ng";
/// How often a condition is looked at that nothing announces.
const LOOK: Duration = Duration::from_millis(50);

/// An espeak-ng that works until it is broken. It stands before the real one on the search path.
struct BreakableEspeak {
    folder: tempfile::TempDir,
}

impl BreakableEspeak {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let broken = marker(folder.path());
        let script =
            format!("#!/bin/sh\n[ -e '{}' ] && exit 1\nexec '{}' \"$@\"\n", broken.display(), real().display());
        let program = folder.path().join(ESPEAK);
        std::fs::write(&program, script).unwrap();
        std::fs::set_permissions(&program, std::fs::Permissions::from_mode(0o755)).unwrap();
        Self { folder }
    }

    /// The search path that leads to it.
    fn search_path(&self) -> (String, String) {
        let path = std::env::var("PATH").unwrap();
        ("PATH".to_owned(), format!("{}:{path}", self.folder.path().display()))
    }

    /// From now on it does not start any more; the one that `worker` runs is killed.
    fn break_for(&self, worker: u32) {
        std::fs::write(marker(self.folder.path()), b"").unwrap();
        let running = children_named(worker, ESPEAK).unwrap();
        assert_eq!(running.len(), 1, "the worker runs one {ESPEAK}");
        kill(Pid::from_raw(i32::try_from(running[0]).unwrap()), Signal::SIGKILL).unwrap();
    }
}

fn marker(folder: &Path) -> PathBuf {
    folder.join("broken")
}

/// The espeak-ng that is installed.
fn real() -> PathBuf {
    let path = std::env::var_os("PATH").unwrap();
    let found = std::env::split_paths(&path).map(|folder| folder.join(ESPEAK)).find(|program| program.is_file());
    found.expect("install the Debian package espeak-ng")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_voice_that_is_lost_in_mid_call_ends_it_with_a_word() {
    let espeak = BreakableEspeak::new();
    let options = StackOptions { environment: vec![espeak.search_path()], ..StackOptions::default() };
    let stack = Stack::start(options).await.unwrap();
    let plan = CallerPlan { heard_back: false, ..CallerPlan::new(stack.url(), "voiceless") }.say("How are you today?");
    let mut break_when_greeted = |narration: Narration| {
        if matches!(narration, Narration::Greeted { .. }) {
            espeak.break_for(stack.workers().unwrap()[0]);
        }
    };
    let report = caller::run_narrated(plan, &mut break_when_greeted).await.unwrap();

    assert_eq!(report.outcome, Outcome::AgentLeft, "{report:?}\n{}", stack.log());
    assert!(report.greeting_ms.is_some(), "it had a voice before: {report:?}");
    let said = &report.turns[0].answered;
    assert!(said.contains("text-to-speech"), "the room was told: {said:?}\n{}", stack.log());
    let begun = Instant::now();
    while !stack.workers().unwrap().is_empty() || !stack.log().contains(ExitCode::EngineLost.description()) {
        assert!(begun.elapsed() < Duration::from_secs(5), "the worker goes and its owner says why:\n{}", stack.log());
        tokio::time::sleep(LOOK).await;
    }
}
