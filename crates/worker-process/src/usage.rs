//! What a worker's process takes of the machine, from `/proc`. Read only when an operator asks.

use serde::Serialize;

/// The kernel's clock ticks a second, as Linux shows them to programs on every platform that it has.
const TICKS_PER_SECOND: f64 = 100.0;

/// What a process takes.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Usage {
    /// Processor time so far, in seconds.
    pub cpu_seconds: f64,
    /// Memory in MiB, shared pages counted in parts (PSS).
    pub pss_mib: f64,
}

impl Usage {
    /// Of the process `pid`; `None` when it is gone, or where there is no `/proc`.
    #[must_use]
    pub fn of(pid: u32) -> Option<Self> {
        let read = |file: &str| std::fs::read_to_string(format!("/proc/{pid}/{file}")).ok();
        Some(Self { cpu_seconds: cpu_seconds(&read("stat")?)?, pss_mib: pss_mib(&read("smaps_rollup")?)? })
    }
}

/// User and system time. The program's name, in brackets, may hold anything.
fn cpu_seconds(stat: &str) -> Option<f64> {
    let mut fields = stat.rsplit_once(')')?.1.split_whitespace().skip(11);
    let (user, system) = (fields.next()?.parse::<u32>().ok()?, fields.next()?.parse::<u32>().ok()?);
    Some((f64::from(user) + f64::from(system)) / TICKS_PER_SECOND)
}

fn pss_mib(smaps_rollup: &str) -> Option<f64> {
    let line = smaps_rollup.lines().find_map(|line| line.strip_prefix("Pss:"))?;
    let kib: u32 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    Some(f64::from(kib) / 1024.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_kernels_files_are_read() {
        let stat = "7 (a (b) c) S 1 7 7 0 -1 4194560 900 0 0 0 150 50 0 0 20 0 1 0 5 9 9 9";
        assert_eq!(cpu_seconds(stat), Some(2.0));
        assert_eq!(pss_mib("55 ---p 0 [rollup]\nRss:   9 kB\nPss:    2048 kB\nPss_Dirty: 1 kB\n"), Some(2.0));
        for broken in ["", "7 (a", "7 (a) S 1", "7 (a) S 1 7 7 0 -1 4194560 900 0 0 0 x 50"] {
            assert_eq!(cpu_seconds(broken), None, "{broken}");
            assert_eq!(pss_mib(broken), None, "{broken}");
        }
    }

    #[test]
    #[cfg(target_os = "linux")]
    fn this_process_takes_memory_and_one_that_is_gone_is_not_known() {
        assert!(Usage::of(std::process::id()).is_some_and(|usage| usage.pss_mib > 0.1));
        assert_eq!(Usage::of(u32::MAX), None);
    }
}
