//! Processor time of the threads of a process by their names, over time. Linux only: it reads `/proc`.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

/// How often the threads are looked at.
const PERIOD: Duration = Duration::from_millis(100);
/// Ticks a second in `/proc/PID/task/TID/stat`: fixed in the kernel's interface (proc(5), `USER_HZ`).
const TICKS: f64 = 100.0;

/// Processor seconds so far of all threads that were asked for, at a time.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Sample {
    pub(super) at: Instant,
    pub(super) seconds: f64,
}

/// Watches threads until it is stopped.
pub(super) struct ThreadSampler {
    stop: Arc<AtomicBool>,
    thread: JoinHandle<Vec<Sample>>,
}

impl ThreadSampler {
    /// Begins to watch the threads whose names `wanted` takes, of the process that `find` names, as soon as it names one.
    pub(super) fn start(
        mut find: impl FnMut() -> Option<u32> + Send + 'static,
        wanted: impl Fn(&str) -> bool + Send + 'static,
    ) -> Self {
        let stop = Arc::new(AtomicBool::new(false));
        let stopped = stop.clone();
        let thread = std::thread::spawn(move || {
            let (mut samples, mut pid) = (Vec::new(), None);
            while !stopped.load(Ordering::Relaxed) {
                pid = pid.or_else(&mut find);
                if let Some(seconds) = pid.and_then(|pid| seconds_of(pid, &wanted)) {
                    samples.push(Sample { at: Instant::now(), seconds });
                }
                std::thread::sleep(PERIOD);
            }
            samples
        });
        Self { stop, thread }
    }

    /// Ends watching; what was seen.
    pub(super) fn finish(self) -> Vec<Sample> {
        self.stop.store(true, Ordering::Relaxed);
        self.thread.join().unwrap_or_default()
    }
}

/// The share of one core that was used within `stretches`; `None` when nothing was sampled there.
pub(super) fn core_share(samples: &[Sample], stretches: &[(Instant, Instant)]) -> Option<f64> {
    let (mut busy, mut wall) = (0.0, 0.0);
    for (from, until) in stretches {
        let mut inside = samples.iter().filter(|sample| (*from..=*until).contains(&sample.at));
        let Some(first) = inside.next() else { continue };
        let last = inside.next_back().unwrap_or(first);
        busy += last.seconds - first.seconds;
        wall += last.at.duration_since(first.at).as_secs_f64();
    }
    (wall > 0.0).then(|| busy / wall)
}

fn seconds_of(pid: u32, wanted: &impl Fn(&str) -> bool) -> Option<f64> {
    let tasks = std::fs::read_dir(format!("/proc/{pid}/task")).ok()?.flatten();
    Some(tasks.filter_map(|task| thread_seconds(&task.path(), wanted)).sum())
}

/// Fields 14 and 15 of proc(5); the name in field 2 may hold spaces and brackets.
fn thread_seconds(task: &std::path::Path, wanted: &impl Fn(&str) -> bool) -> Option<f64> {
    let stat = std::fs::read_to_string(task.join("stat")).ok()?;
    let (head, rest) = stat.rsplit_once(')')?;
    let name = head.split_once('(')?.1;
    let fields: Vec<&str> = rest.split_whitespace().collect();
    let ticks: f64 = fields.get(11)?.parse::<f64>().ok()? + fields.get(12)?.parse::<f64>().ok()?;
    wanted(name).then_some(ticks / TICKS)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used)]
    use super::*;

    #[test]
    fn only_the_threads_asked_for_count() {
        let busy = Arc::new(AtomicBool::new(true));
        let on = busy.clone();
        let worker = std::thread::Builder::new().name("a (busy) one".into()).spawn(move || {
            while on.load(Ordering::Relaxed) {
                std::hint::spin_loop();
            }
        });
        let seconds = |name: &'static str| seconds_of(std::process::id(), &move |found: &str| found == name).unwrap();
        while seconds("a (busy) one") < 0.05 {
            std::thread::yield_now();
        }
        assert_eq!(seconds("nobody"), 0.0);
        busy.store(false, Ordering::Relaxed);
        worker.unwrap().join().unwrap();
    }

    #[test]
    fn the_share_is_that_of_the_stretches() {
        let start = Instant::now();
        let sample = |n: u32| Sample {
            at: start + PERIOD * n,
            // Busy with half a core from the tenth on.
            seconds: f64::from(n.saturating_sub(10)) * 0.05,
        };
        let samples: Vec<Sample> = (0..40).map(sample).collect();
        let share = |from: u32, until: u32| core_share(&samples, &[(start + PERIOD * from, start + PERIOD * until)]);
        assert_eq!(share(0, 10), Some(0.0));
        assert!((share(20, 30).unwrap() - 0.5).abs() < 1e-9);
        assert_eq!(share(100, 110), None);
    }
}
