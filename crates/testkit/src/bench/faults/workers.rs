//! The worker processes of one run, whoever started them. Linux only: it reads `/proc`.

use std::time::Duration;

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use tokio::time::{Instant, sleep};

use crate::process::is_running;

const POLL: Duration = Duration::from_millis(100);
const NAME: &str = "agent-worker";

/// All processes of the worker's program whose environment has this entry: what every worker of a run inherits.
pub(super) fn with_environment(entry: &str) -> Vec<u32> {
    let entries = std::fs::read_dir("/proc").into_iter().flatten().flatten();
    let processes = entries.filter_map(|entry| entry.file_name().to_str()?.parse::<u32>().ok());
    processes.filter(|pid| is_running(*pid) && is_worker(*pid) && has(*pid, entry)).collect()
}

fn is_worker(pid: u32) -> bool {
    std::fs::read_to_string(format!("/proc/{pid}/comm")).is_ok_and(|name| name.trim() == NAME)
}

fn has(pid: u32, entry: &str) -> bool {
    let environment = std::fs::read(format!("/proc/{pid}/environ")).unwrap_or_default();
    environment.split(|byte| *byte == 0).any(|one| one == entry.as_bytes())
}

/// Sends a signal; nothing when the process is gone.
pub(super) fn send(pid: u32, signal: Signal) {
    if let Ok(pid) = i32::try_from(pid) {
        let _ = kill(Pid::from_raw(pid), signal);
    }
}

/// Waits until at most so many are left, and says how many are.
pub(super) async fn down_to(most: usize, entry: &str, patience: Duration) -> Vec<u32> {
    let deadline = Instant::now() + patience;
    loop {
        let left = with_environment(entry);
        if left.len() <= most || Instant::now() > deadline {
            return left;
        }
        sleep(POLL).await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn another_program_is_no_worker() {
        assert!(!is_worker(std::process::id()));
        assert!(with_environment("NOBODY_HAS=this").is_empty());
    }
}
