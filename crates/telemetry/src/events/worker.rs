//! A worker process, as the token server's fleet sees it.

use crate::MetricName;

/// A worker process was started.
#[derive(Debug, Clone, Copy)]
pub struct WorkerSpawned<'a> {
    /// The room it is for.
    pub room: &'a str,
    /// Its process id.
    pub pid: u32,
}

impl WorkerSpawned<'_> {
    /// Logs and counts it.
    pub fn emit(self) {
        tracing::info!(room = self.room, pid = self.pid, "worker spawned");
        metrics::counter!(MetricName::WorkersSpawned.as_str()).increment(1);
    }
}

/// A worker process ended and was reaped.
#[derive(Debug, Clone, Copy)]
pub struct WorkerExited<'a> {
    /// The room it was for.
    pub room: &'a str,
    /// Its process id.
    pub pid: u32,
    /// Its exit code; `None` when a signal ended it.
    pub code: Option<i32>,
    /// How long it lived, in seconds.
    pub seconds: f64,
}

impl WorkerExited<'_> {
    /// Logs and counts it: a warning unless its exit code was 0.
    pub fn emit(self) {
        let Self { room, pid, code, seconds } = self;
        let success = code == Some(0);
        if success {
            tracing::info!(room, pid, code, seconds, "worker exited");
        } else {
            tracing::warn!(room, pid, code, seconds, "worker exited");
        }
        let label = if success { "true" } else { "false" };
        metrics::counter!(MetricName::WorkersExited.as_str(), "success" => label).increment(1);
    }
}

#[cfg(test)]
mod tests {
    use super::{WorkerExited, WorkerSpawned};
    use crate::MetricName;
    use crate::events::recording::record;

    #[test]
    fn a_spawned_worker_is_logged_and_counted_once() {
        let recording = record(|| WorkerSpawned { room: "kitchen", pid: 7 }.emit());
        assert_eq!(recording.lines(), ["INFO worker spawned room=kitchen pid=7"]);
        assert_eq!(recording.counters(), [(MetricName::WorkersSpawned, vec![], 1)]);
    }

    #[test]
    fn an_exit_is_counted_by_success_and_warned_of_otherwise() {
        let fine = record(|| WorkerExited { room: "kitchen", pid: 7, code: Some(0), seconds: 2.0 }.emit());
        assert_eq!(fine.lines(), ["INFO worker exited room=kitchen pid=7 code=0 seconds=2"]);
        assert_eq!(fine.counters(), [(MetricName::WorkersExited, vec![("success".into(), "true".into())], 1)]);

        let killed = record(|| WorkerExited { room: "kitchen", pid: 7, code: None, seconds: 2.0 }.emit());
        assert_eq!(killed.lines(), ["WARN worker exited room=kitchen pid=7 seconds=2"]);
        assert_eq!(killed.counters(), [(MetricName::WorkersExited, vec![("success".into(), "false".into())], 1)]);
    }
}
