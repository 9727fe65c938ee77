//! A worker process, as the token server's fleet sees it.

use crate::MetricName;

/// A worker process was started.
#[derive(Debug, Clone, Copy)]
pub struct WorkerSpawned<'a> {
    /// The room it is for.
    pub room: &'a str,
    /// The identity that it has there.
    pub identity: &'a str,
    /// Its process id.
    pub pid: u32,
}

impl WorkerSpawned<'_> {
    /// Logs and counts it.
    pub fn emit(self) {
        let Self { room, identity, pid } = self;
        tracing::info!(room, identity, pid, "worker started");
        metrics::counter!(MetricName::WorkersSpawned.as_str()).increment(1);
    }
}

/// A worker process ended and was reaped.
#[derive(Debug, Clone, Copy)]
pub struct WorkerExited<'a> {
    /// The room it was for.
    pub room: &'a str,
    /// The identity that it had there.
    pub identity: &'a str,
    /// Its process id.
    pub pid: u32,
    /// Its exit code; `None` when a signal ended it.
    pub code: Option<i32>,
    /// What that means, in words.
    pub meaning: &'a str,
    /// Whether such an end is part of a call's ordinary life.
    pub ordinary: bool,
    /// How long it lived, in seconds.
    pub seconds: f64,
}

impl WorkerExited<'_> {
    /// Logs and counts it: a warning unless it is an ordinary end.
    pub fn emit(self) {
        let Self { room, identity, pid, code, meaning, ordinary, seconds } = self;
        if ordinary {
            tracing::info!(room, identity, pid, code, meaning, seconds, "worker ended");
        } else {
            tracing::warn!(room, identity, pid, code, meaning, seconds, "worker ended");
        }
        let label = if ordinary { "true" } else { "false" };
        metrics::counter!(MetricName::WorkersExited.as_str(), "success" => label).increment(1);
    }
}

/// How a worker of LiveKit's dispatch stands.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct DispatchState {
    /// Calls that have a place.
    pub jobs: usize,
    /// How loaded it is, 0 to 1.
    pub load: f32,
    /// Processes that stand by.
    pub standing_by: usize,
}

impl DispatchState {
    /// Notes it down for whoever reads the numbers. It is no event: nothing is logged.
    pub fn emit(self) {
        let count = |number: usize| f64::from(u32::try_from(number).unwrap_or(u32::MAX));
        metrics::gauge!(MetricName::DispatchJobs.as_str()).set(count(self.jobs));
        metrics::gauge!(MetricName::DispatchLoad.as_str()).set(f64::from(self.load));
        metrics::gauge!(MetricName::WorkersStandingBy.as_str()).set(count(self.standing_by));
    }
}

#[cfg(test)]
mod tests {
    use super::{WorkerExited, WorkerSpawned};
    use crate::MetricName;
    use crate::events::recording::record;

    #[test]
    fn a_started_worker_is_logged_and_counted_once() {
        let recording = record(|| WorkerSpawned { room: "kitchen", identity: "agent-1", pid: 7 }.emit());
        assert_eq!(recording.lines(), ["INFO worker started room=kitchen identity=agent-1 pid=7"]);
        assert_eq!(recording.counters(), [(MetricName::WorkersSpawned, vec![], 1)]);
    }

    #[test]
    fn an_end_is_counted_by_whether_it_is_ordinary_and_warned_of_otherwise() {
        let exited = WorkerExited {
            room: "kitchen",
            identity: "agent-1",
            pid: 7,
            code: Some(14),
            meaning: "nobody arrived in time",
            ordinary: true,
            seconds: 2.0,
        };
        let ordinary = record(|| exited.emit());
        let line = "worker ended room=kitchen identity=agent-1 pid=7";
        let fine = format!("INFO {line} code=14 meaning=nobody arrived in time seconds=2");
        assert_eq!(ordinary.lines(), [fine]);
        assert_eq!(ordinary.counters(), [(MetricName::WorkersExited, vec![("success".into(), "true".into())], 1)]);

        let killed = record(|| WorkerExited { code: None, meaning: "SIGKILL", ordinary: false, ..exited }.emit());
        assert_eq!(killed.lines(), [format!("WARN {line} meaning=SIGKILL seconds=2")]);
        assert_eq!(killed.counters(), [(MetricName::WorkersExited, vec![("success".into(), "false".into())], 1)]);
    }
}
