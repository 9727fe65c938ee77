//! What a process takes of the machine, sampled while it runs. Linux only: it reads `/proc`.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

/// How often the process is looked at.
const PERIOD: Duration = Duration::from_millis(200);
/// Ticks a second in `/proc/PID/stat`: fixed in the kernel's interface (proc(5), `USER_HZ`).
const TICKS: f64 = 100.0;

/// What a process took.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Usage {
    /// Its largest proportional share of memory (PSS), in MiB.
    pub peak_pss_mib: f64,
    /// Cores it kept busy on average, from the second sample on.
    pub cores: f64,
}

/// Samples one process until it ends or the sampler is stopped.
pub struct UsageSampler {
    stop: Arc<AtomicBool>,
    thread: JoinHandle<Usage>,
}

impl UsageSampler {
    /// Begins to sample the process that `find` names, as soon as it names one.
    pub fn start(mut find: impl FnMut() -> Option<u32> + Send + 'static) -> Self {
        let stop = Arc::new(AtomicBool::new(false));
        let stopped = stop.clone();
        let thread = std::thread::spawn(move || {
            let mut usage = Usage::default();
            let mut first: Option<(Instant, f64)> = None;
            let mut pid = None;
            while !stopped.load(Ordering::Relaxed) {
                pid = pid.or_else(&mut find);
                if let Some(pid) = pid
                    && let (Some(seconds), Some(pss)) = (cpu_seconds(pid), pss_mib(pid))
                {
                    usage.peak_pss_mib = usage.peak_pss_mib.max(pss);
                    let (begun, before) = *first.get_or_insert((Instant::now(), seconds));
                    let passed = begun.elapsed().as_secs_f64();
                    if passed > 0.0 {
                        usage.cores = (seconds - before) / passed;
                    }
                }
                std::thread::sleep(PERIOD);
            }
            usage
        });
        Self { stop, thread }
    }

    /// Ends sampling; what was seen.
    #[must_use]
    pub fn finish(self) -> Usage {
        self.stop.store(true, Ordering::Relaxed);
        self.thread.join().unwrap_or_default()
    }
}

/// Processor time of a process so far, all its threads together.
pub(super) fn cpu_seconds(pid: u32) -> Option<f64> {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    // Fields 14 and 15; the name in field 2 may hold spaces.
    let fields: Vec<&str> = stat.rsplit_once(')')?.1.split_whitespace().collect();
    let ticks: f64 = fields.get(11)?.parse::<f64>().ok()? + fields.get(12)?.parse::<f64>().ok()?;
    Some(ticks / TICKS)
}

pub(super) fn pss_mib(pid: u32) -> Option<f64> {
    let rollup = std::fs::read_to_string(format!("/proc/{pid}/smaps_rollup")).ok()?;
    let line = rollup.lines().find_map(|line| line.strip_prefix("Pss:"))?;
    Some(line.trim().trim_end_matches(" kB").parse::<f64>().ok()? / 1024.0)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used)]
    use super::*;

    #[test]
    fn reads_its_own_process() {
        assert!(pss_mib(std::process::id()).unwrap() > 0.1);
        assert!(cpu_seconds(std::process::id()).unwrap() >= 0.0);
        assert_eq!(cpu_seconds(u32::MAX), None);
    }
}
