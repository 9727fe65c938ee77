//! What becomes of lip-sync when the agent's machine, or the way to it, stands still for a moment in mid-speech.

use std::time::{Duration, Instant};

use anyhow::Context as _;
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use super::Row;
use super::face_call::FaceCall;
use super::story::LONG_STORY;
use crate::caller::{CallReport, SkewSecond};
use crate::process::children_named;

/// When, in the greeting, the worker stands still: a stall of the processor.
const WORKER_AT: Duration = Duration::from_secs(14);
/// When the SFU does: a stall of the network, both ways.
const SFU_AT: Duration = Duration::from_secs(34);
/// For how long.
const LENGTH: Duration = Duration::from_millis(700);
/// How long the skew is looked at after that.
const WATCHED: u64 = 16;
/// So many seconds at the end of that show whether it is right again.
const SETTLED: u64 = 4;
/// What counts as lip-sync, in milliseconds (EBU R37).
const IN_SYNC: std::ops::RangeInclusive<f64> = -60.0..=40.0;

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
        progress(format!("skew after the {name} stood still for {LENGTH:?}, second by second: {}", stalls.told(at)));
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
    /// The seconds after a stall, counted from its end.
    fn seconds(&self, at: Duration) -> impl Iterator<Item = (u64, &SkewSecond)> {
        let sync = self.report.face.as_ref().and_then(|face| face.sync.as_ref());
        let all = sync.map(|sync| sync.by_seconds.as_slice()).unwrap_or_default();
        let from = at.as_secs();
        all.iter()
            .filter_map(move |one| Some((one.second.checked_sub(from)?, one)))
            .filter(|(after, _)| *after < WATCHED)
    }

    fn told(&self, at: Duration) -> String {
        let seconds = self.seconds(at).map(|(_, one)| format!("{:.0}..{:.0}", one.lowest_ms, one.highest_ms));
        seconds.collect::<Vec<_>>().join(", ")
    }

    /// How many seconds pass until sound and lips fit again and stay so.
    fn recovery(&self, at: Duration) -> Option<f64> {
        let fits = |one: &SkewSecond| IN_SYNC.contains(&one.lowest_ms) && IN_SYNC.contains(&one.highest_ms);
        let last_off = self.seconds(at).filter(|(_, one)| !fits(one)).map(|(after, _)| after + 1).max();
        self.seconds(at).last().map(|_| last_off.unwrap_or(0) as f64)
    }

    /// The farthest that sound and lips are apart, in the end.
    fn settled(&self, at: Duration) -> Option<f64> {
        let end = self.seconds(at).filter(|(after, _)| *after >= WATCHED - SETTLED);
        end.flat_map(|(_, one)| [one.lowest_ms, one.highest_ms]).max_by(|a, b| a.abs().total_cmp(&b.abs()))
    }

    pub(super) fn rows(&self) -> Vec<Row> {
        let of = |name: &str, at: Duration| {
            [
                Row::new(&format!("{name}_stall_recovery_s"), self.recovery(at), "s", None),
                Row::new(&format!("{name}_stall_skew_in_the_end_ms"), self.settled(at), "ms", None),
            ]
        };
        [of("cpu", self.worker), of("network", self.sfu)].concat()
    }
}
