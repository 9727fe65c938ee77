//! The whole machine: `/proc/stat` and `/proc/meminfo`.

use std::path::Path;

/// Processor time since the machine began, in ticks.
#[derive(Debug, Clone, Copy)]
pub(super) struct CpuTimes {
    total: u64,
    idle: u64,
}

impl CpuTimes {
    pub(super) fn read(root: &Path) -> Option<Self> {
        Self::parse(&std::fs::read_to_string(root.join("proc/stat")).ok()?)
    }

    /// The first line: user, nice, system, idle, iowait, irq, softirq, steal; guests are in user already. What the host
    /// took (steal) counts as busy: it is not ours to give.
    fn parse(stat: &str) -> Option<Self> {
        let fields = stat.lines().next()?.strip_prefix("cpu ")?.split_whitespace().take(8);
        let fields = fields.map(|field| field.parse().ok()).collect::<Option<Vec<u64>>>()?;
        let total = fields.iter().fold(0_u64, |total, field| total.saturating_add(*field));
        let idle = fields.get(3)?.saturating_add(fields.get(4).copied().unwrap_or_default());
        Some(Self { total, idle })
    }

    /// The busy share since `before`; `None` when no time has passed.
    pub(super) fn busy_since(self, before: Self) -> Option<f32> {
        let total = self.total.checked_sub(before.total).filter(|total| *total > 0)?;
        // The kernel's count of idle time may go back a little.
        let idle = self.idle.saturating_sub(before.idle).min(total);
        Some((total - idle) as f32 / total as f32)
    }
}

/// The share of the memory that is taken.
pub(super) fn memory(root: &Path) -> Option<f32> {
    let meminfo = std::fs::read_to_string(root.join("proc/meminfo")).ok()?;
    let kilobytes = |name: &str| {
        let rest = meminfo.lines().find_map(|line| line.strip_prefix(name))?;
        rest.strip_prefix(':')?.split_whitespace().next()?.parse::<u64>().ok()
    };
    let (total, available) = (kilobytes("MemTotal")?, kilobytes("MemAvailable")?);
    (total > 0).then(|| total.saturating_sub(available) as f32 / total as f32)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn no_text_makes_it_panic(one in ".{0,80}", other in "cpu [ 0-9]{0,200}") {
            for (text, before) in [(&one, &other), (&other, &one), (&other, &other)] {
                let times = CpuTimes::parse(text).zip(CpuTimes::parse(before));
                if let Some(share) = times.and_then(|(times, before)| times.busy_since(before)) {
                    prop_assert!((0.0..=1.0).contains(&share));
                }
            }
        }
    }
}
