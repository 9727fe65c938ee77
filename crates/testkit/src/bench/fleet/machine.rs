//! Who keeps the machine's cores busy. Linux only: it reads `/proc`.

use tokio::time::Instant;

use super::site::Site;
use crate::bench::family::Spent;
use crate::bench::usage::cpu_seconds;

/// Ticks a second in `/proc/stat` (proc(5), `USER_HZ`).
const TICKS: f64 = 100.0;

/// Processor time so far.
pub(super) struct Snapshot {
    at: Instant,
    agents: Spent,
    callers: f64,
    sfu: f64,
    machine: f64,
}

/// Cores kept busy on average over a stretch of time.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(super) struct Cores {
    /// Token server and workers.
    pub(super) agents: f64,
    /// This process: all callers, and the engines where they are stubs.
    pub(super) callers: f64,
    /// The LiveKit server.
    pub(super) sfu: f64,
    /// Everything that ran on the machine.
    pub(super) machine: f64,
}

impl Snapshot {
    pub(super) fn take(site: &Site) -> Self {
        Self {
            at: Instant::now(),
            agents: site.family.spent(),
            callers: cpu_seconds(std::process::id()).unwrap_or_default(),
            sfu: site.sfu.and_then(cpu_seconds).unwrap_or_default(),
            machine: busy_seconds(&std::fs::read_to_string("/proc/stat").unwrap_or_default()),
        }
    }

    pub(super) fn since(&self, before: &Self) -> Cores {
        let wall = self.at.duration_since(before.at).as_secs_f64().max(f64::EPSILON);
        Cores {
            agents: self.agents.since(&before.agents) / wall,
            callers: (self.callers - before.callers) / wall,
            sfu: (self.sfu - before.sfu) / wall,
            machine: (self.machine - before.machine) / wall,
        }
    }
}

/// The first line: user, nice, system, idle, iowait, irq, softirq, ... Idle and waiting for a disk is not busy.
fn busy_seconds(stat: &str) -> f64 {
    let fields = stat.lines().next().unwrap_or_default().split_whitespace().skip(1).take(7);
    let ticks = fields.enumerate().filter(|(index, _)| !matches!(index, 3 | 4));
    ticks.filter_map(|(_, ticks)| ticks.parse::<f64>().ok()).sum::<f64>() / TICKS
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn idle_time_is_not_busy() {
        assert_eq!(busy_seconds("cpu  100 200 300 9000 500 30 70 11 0 0\ncpu0 1 2 3 4\n"), 7.0);
        assert_eq!(busy_seconds(""), 0.0);
    }
}
