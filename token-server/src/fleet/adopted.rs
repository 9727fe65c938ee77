//! A worker that an earlier token server started and that has outlived it: it is no child of ours, so that it is looked at
//! again and again.

use std::time::Duration;

use calls::WorkerPlace;
use nix::errno::Errno;
use nix::sys::signal::{Signal, killpg};
use nix::unistd::Pid;
use tracing::warn;
use worker_process::Stop;

/// How often it is looked at.
const LOOK_EVERY: Duration = Duration::from_millis(250);

/// Waits until the process is gone; brings that about when asked. False when it goes on without us.
pub(super) async fn watch(place: &WorkerPlace, stop: &Stop) -> bool {
    tokio::select! {
        () = gone(place) => return true,
        () = stop.abandon.cancelled() => return false,
        () = stop.end.cancelled() => {}
        () = stop.kill.cancelled() => {}
    }
    signal(place, Signal::SIGTERM);
    tokio::select! {
        () = gone(place) => return true,
        () = tokio::time::sleep(stop.grace) => {}
        () = stop.kill.cancelled() => {}
    }
    kill(place);
    gone(place).await;
    true
}

/// Kills a worker of this host and its children, whoever started it. Nothing happens to a process that only has its number.
pub(super) fn kill(place: &WorkerPlace) {
    signal(place, Signal::SIGKILL);
}

/// Resolves once it runs no more. The kernel ends what was killed within moments.
async fn gone(place: &WorkerPlace) {
    while place.runs() == Some(true) {
        tokio::time::sleep(LOOK_EVERY).await;
    }
}

/// Each worker leads a group of its own.
fn signal(place: &WorkerPlace, signal: Signal) {
    if place.runs() != Some(true) {
        return;
    }
    let Some(group) = i32::try_from(place.pid).ok().filter(|group| *group > 1) else { return };
    match killpg(Pid::from_raw(group), signal) {
        Ok(()) | Err(Errno::ESRCH) => {}
        Err(error) => warn!(pid = place.pid, %error, %signal, "cannot signal a worker that was adopted"),
    }
}
