//! How loaded this machine is: CPU and memory, of the whole machine and of the control groups that this process is in.
//!
//! ```text
//!  /proc/stat, /proc/meminfo ──────────────┐
//!  /proc/self/cgroup ─> own group, v2 or v1 ├─> Usage { cpu, memory }: the tightest of all ──> load(), 0 to 1
//!      and each group above it, up to the top ┘
//! ```
//!
//! A container with two of sixty-four cores is busy when its two are; a machine is busy when others make it so. On
//! systems without these files nothing is known, and only the cap on jobs holds.

mod cgroup;
mod machine_wide;

use std::path::{Path, PathBuf};

use crate::core::Moment;
use cgroup::Groups;
use machine_wide::CpuTimes;

/// What is taken of a machine, as shares from 0 to 1.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Usage {
    /// Of the processor time.
    pub cpu: f32,
    /// Of the memory, without what the system can drop at any time.
    pub memory: f32,
}

impl Usage {
    /// One number: the processor's share, or the memory's where that is the tighter one. Memory counts from its half
    /// on: a machine with half of its memory taken is as good as an empty one, and one with 90 % taken is not.
    #[must_use]
    pub fn load(self) -> f32 {
        self.cpu.max(2.0 * self.memory - 1.0).clamp(0.0, 1.0)
    }
}

/// Measures again and again. It only reads files, each of a few hundred bytes that the kernel has at hand.
#[derive(Debug)]
pub struct Machine {
    root: PathBuf,
    cpu: Option<CpuTimes>,
    groups: Groups,
}

impl Default for Machine {
    fn default() -> Self {
        Self::under(Path::new("/"))
    }
}

impl Machine {
    /// The machine whose `/proc` and `/sys` lie under `root`.
    #[must_use]
    pub fn under(root: &Path) -> Self {
        Self { root: root.to_owned(), cpu: None, groups: Groups::find(root) }
    }

    /// What has been taken since the last measurement. `None` the first time, and where it cannot be known.
    pub fn measure(&mut self, now: Moment) -> Option<Usage> {
        let groups = self.groups.measure(now);
        let times = CpuTimes::read(&self.root);
        let before = std::mem::replace(&mut self.cpu, times);
        let machine_cpu = times.zip(before).and_then(|(times, before)| times.busy_since(before));
        let machine_memory = machine_wide::memory(&self.root);
        let tightest = |shares: [Option<f32>; 2]| shares.into_iter().flatten().reduce(f32::max);
        Some(Usage {
            cpu: tightest([machine_cpu, groups.cpu])?.clamp(0.0, 1.0),
            memory: tightest([machine_memory, groups.memory]).unwrap_or(0.0).clamp(0.0, 1.0),
        })
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used)]

    use super::*;
    use std::time::Duration;

    /// A machine made of text files.
    struct Files(tempfile::TempDir);

    impl Files {
        fn new() -> Self {
            Self(tempfile::tempdir().unwrap())
        }

        fn write(&self, path: &str, text: &str) -> &Self {
            let path = self.0.path().join(path);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, text).unwrap();
            self
        }

        fn machine(&self, busy: u64, idle: u64) -> &Self {
            self.write("proc/stat", &format!("cpu  {busy} 0 0 {idle} 0 0 0 0 0 0\ncpu0 1 2 3 4\nintr 7\n"));
            self.write("proc/meminfo", "MemTotal:  1000 kB\nMemFree: 1 kB\nMemAvailable:   800 kB\n")
        }
    }

    fn close(share: f32, expected: f32) -> bool {
        (share - expected).abs() < 0.001
    }

    fn second(number: u64) -> Moment {
        Duration::from_secs(number)
    }

    #[test]
    fn a_machine_without_groups_is_measured_as_a_whole() {
        let files = Files::new();
        files.machine(100, 900);
        let mut machine = Machine::under(files.0.path());
        assert_eq!(machine.measure(second(0)), None, "one reading says nothing about time");
        files.machine(130, 970);
        let usage = machine.measure(second(1)).unwrap();
        assert!(close(usage.cpu, 0.3) && close(usage.memory, 0.2), "{usage:?}");
    }

    #[test]
    fn a_container_of_version_2_is_as_busy_as_its_quota() {
        let files = Files::new();
        files.machine(0, 0).write("proc/self/cgroup", "0::/\n");
        files.write("sys/fs/cgroup/cgroup.controllers", "cpu memory\n");
        files.write("sys/fs/cgroup/cpu.max", "150000 100000\n");
        files.write("sys/fs/cgroup/cpu.stat", "usage_usec 1000000\nuser_usec 1\n");
        files.write("sys/fs/cgroup/memory.max", "1000\n").write("sys/fs/cgroup/memory.current", "950\n");
        files.write("sys/fs/cgroup/memory.stat", "anon 1\ninactive_file 150\n");
        let mut machine = Machine::under(files.0.path());
        machine.measure(second(0));
        files.machine(1, 63).write("sys/fs/cgroup/cpu.stat", "usage_usec 2200000\n");
        let usage = machine.measure(second(1)).unwrap();
        assert!(close(usage.cpu, 0.8), "1.2 of 1.5 cores: {usage:?}");
        assert!(close(usage.memory, 0.8) && close(usage.load(), 0.8), "what can be dropped does not count: {usage:?}");
    }

    #[test]
    fn the_tightest_of_the_groups_above_counts() {
        let files = Files::new();
        files.machine(0, 0).write("proc/self/cgroup", "0::/pod/container\n");
        files.write("sys/fs/cgroup/cgroup.controllers", "cpu memory\n");
        for (group, quota, usage) in [("pod", "100000 100000", "900000"), ("pod/container", "max 100000", "1")] {
            files.write(&format!("sys/fs/cgroup/{group}/cpu.max"), quota);
            files.write(&format!("sys/fs/cgroup/{group}/cpu.stat"), "usage_usec 0\n");
            files.write(&format!("sys/fs/cgroup/{group}/memory.max"), "max\n");
            files.write(&format!("sys/fs/cgroup/{group}/next"), usage);
        }
        let mut machine = Machine::under(files.0.path());
        machine.measure(second(0));
        files.machine(1, 99).write("sys/fs/cgroup/pod/cpu.stat", "usage_usec 900000\n");
        let usage = machine.measure(second(1)).unwrap();
        assert!(close(usage.cpu, 0.9) && close(usage.memory, 0.2), "{usage:?}");
    }

    #[test]
    fn a_container_of_version_1_is_found_also_where_its_path_is_the_hosts() {
        let files = Files::new();
        files
            .machine(0, 0)
            .write("proc/self/cgroup", "5:memory:/docker/abc\n4:cpu,cpuacct:/docker/abc\n1:name=systemd:/x\n");
        files.write("sys/fs/cgroup/cpu,cpuacct/cpu.cfs_quota_us", "200000\n");
        files.write("sys/fs/cgroup/cpu,cpuacct/cpu.cfs_period_us", "100000\n");
        files.write("sys/fs/cgroup/cpu,cpuacct/cpuacct.usage", "5000000000\n");
        files.write("sys/fs/cgroup/memory/memory.limit_in_bytes", "2000\n");
        files.write("sys/fs/cgroup/memory/memory.usage_in_bytes", "1000\n");
        files.write("sys/fs/cgroup/memory/memory.stat", "inactive_file 9\ntotal_inactive_file 500\n");
        let mut machine = Machine::under(files.0.path());
        machine.measure(second(0));
        files.machine(1, 99).write("sys/fs/cgroup/cpu,cpuacct/cpuacct.usage", "6000000000\n");
        let usage = machine.measure(second(1)).unwrap();
        assert!(close(usage.cpu, 0.5) && close(usage.memory, 0.25), "{usage:?}");
    }

    #[test]
    fn groups_without_limits_and_broken_files_leave_the_machines_own_numbers() {
        for (quota, usage, limit) in
            [("max 100000", "usage_usec 5", "max"), ("-1", "", "x"), ("0 0", "usage_usec x", "0"), ("", "\u{0}", "-5")]
        {
            let files = Files::new();
            files.machine(0, 0).write("proc/self/cgroup", "0::/\n");
            files.write("sys/fs/cgroup/cgroup.controllers", "");
            files.write("sys/fs/cgroup/cpu.max", quota).write("sys/fs/cgroup/cpu.stat", usage);
            files.write("sys/fs/cgroup/memory.max", limit).write("sys/fs/cgroup/memory.current", "7");
            let mut machine = Machine::under(files.0.path());
            machine.measure(second(0));
            files.machine(60, 40);
            let measured = machine.measure(second(1)).unwrap();
            assert!(close(measured.cpu, 0.6) && close(measured.memory, 0.2), "{quota:?}: {measured:?}");
        }
    }

    #[test]
    fn a_system_without_such_files_is_not_known() {
        let files = Files::new();
        let mut machine = Machine::under(files.0.path());
        assert_eq!((machine.measure(second(0)), machine.measure(second(1))), (None, None));
        files.write("proc/stat", "cpu  1 2\n");
        assert_eq!((machine.measure(second(2)), machine.measure(second(3))), (None, None));
    }

    #[test]
    fn memory_counts_from_its_half_on() {
        for (cpu, memory, load) in [(0.1, 0.5, 0.1), (0.1, 0.9, 0.8), (0.9, 0.9, 0.9), (0.0, 0.0, 0.0), (0.0, 1.0, 1.0)]
        {
            assert!(close(Usage { cpu, memory }.load(), load), "{cpu} {memory}");
        }
    }

    #[test]
    #[cfg(target_os = "linux")]
    fn this_machine_can_be_measured() {
        let mut machine = Machine::default();
        machine.measure(second(0));
        let began = std::time::Instant::now();
        // The kernel counts in hundredths of a second: some must pass.
        while began.elapsed() < Duration::from_millis(50) {
            std::hint::black_box(began);
        }
        let usage = machine.measure(Duration::from_millis(50)).unwrap();
        assert!(usage.memory > 0.0 && usage.memory < 1.0 && usage.cpu > 0.0, "{usage:?}");
    }
}
