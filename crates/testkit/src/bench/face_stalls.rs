//! What becomes of lip-sync when the agent's machine, or the way to it, stands still for a moment in mid-speech.

use std::time::{Duration, Instant};

use anyhow::Context as _;
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use super::Row;
use super::face_call::FaceCall;
use super::story::LONG_STORY;
use crate::caller::CallReport;
use crate::process::children_named;

/// When, in the greeting, the worker stands still: a stall of the processor.
const WORKER_AT: Duration = Duration::from_secs(14);
/// When the SFU does: a stall of the network, both ways.
const SFU_AT: Duration = Duration::from_secs(34);
/// For how long.
const LENGTH: Duration = Duration::from_millis(700);
/// Receivers may take so long to find their pace again.
const RECOVERY: Duration = Duration::from_secs(2);
/// How long the skew is looked at after that.
const WATCHED: Duration = Duration::from_secs(10);

/// The call's report, and when each of the two stood still, on the call's clock.
pub(super) struct Stalls {
    report: CallReport,
    worker: Duration,
    sfu: Duration,
}

/// Makes a call that is one long greeting, and holds up worker and SFU in it.
pub(super) async fn watch(progress: &mut (dyn FnMut(String) + Send)) -> anyhow::Result<Stalls> {
    let call = FaceCall::start(LONG_STORY).await?;
    let (server, sfu) = (call.stack.server_pid(), call.stack.sfu.pid());
    let mut holding = None;
    let watched = call
        .make(call.plan(), &mut |began| {
            holding = Some(tokio::task::spawn_blocking(move || {
                let worker = server.and_then(|server| children_named(server, "agent-worker").ok()?.first().copied());
                let at = |ahead: Duration| (began + ahead).saturating_duration_since(Instant::now());
                std::thread::sleep(at(WORKER_AT));
                let worker = hold(worker.context("there is no worker")?, began)?;
                std::thread::sleep(at(SFU_AT));
                let sfu = hold(sfu.context("the SFU does not run")?, began)?;
                anyhow::Ok((worker, sfu))
            }));
        })
        .await?;
    let (worker, sfu) = holding.context("nobody joined")?.await??;
    let stalls = Stalls { report: watched.report, worker, sfu };
    for (name, at) in [("worker", stalls.worker), ("SFU", stalls.sfu)] {
        progress(format!("skew after the {name} stood still for {LENGTH:?}, second by second: {}", stalls.seconds(at)));
    }
    Ok(stalls)
}

/// Stops a process for [`LENGTH`]; when it went on, on the call's clock.
fn hold(process: u32, began: Instant) -> anyhow::Result<Duration> {
    let process = Pid::from_raw(i32::try_from(process)?);
    kill(process, Signal::SIGSTOP)?;
    std::thread::sleep(LENGTH);
    kill(process, Signal::SIGCONT)?;
    Ok(began.elapsed())
}

impl Stalls {
    /// The lowest and the highest skew after a stall, once receivers have recovered.
    fn rest(&self, at: Duration) -> Option<(f64, f64)> {
        let sync = self.report.face.as_ref()?.sync.as_ref()?;
        let (from, until) = ((at + RECOVERY).as_secs(), (at + RECOVERY + WATCHED).as_secs());
        let inside = sync.by_seconds.iter().filter(|one| (from..until).contains(&one.second));
        inside.map(|one| (one.lowest_ms, one.highest_ms)).reduce(|a, b| (a.0.min(b.0), a.1.max(b.1)))
    }

    fn seconds(&self, at: Duration) -> String {
        let sync = self.report.face.as_ref().and_then(|face| face.sync.as_ref());
        let all = sync.map(|sync| sync.by_seconds.as_slice()).unwrap_or_default();
        let from = at.as_secs().saturating_sub(1);
        let inside = all.iter().filter(|one| (from..from + 8).contains(&one.second));
        inside.map(|one| format!("{:.0}..{:.0}", one.lowest_ms, one.highest_ms)).collect::<Vec<_>>().join(", ")
    }

    pub(super) fn rows(&self) -> Vec<Row> {
        let of = |name: &str, at: Duration| {
            let rest = self.rest(at);
            [
                Row::new(&format!("skew_after_{name}_stall_lowest_ms"), rest.map(|rest| rest.0), "ms", Some(-60.0)),
                Row::new(&format!("skew_after_{name}_stall_highest_ms"), rest.map(|rest| rest.1), "ms", Some(40.0)),
            ]
        };
        [of("cpu", self.worker), of("network", self.sfu)].concat()
    }
}
