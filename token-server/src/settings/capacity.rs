//! How many workers a machine can carry.

use std::num::NonZeroUsize;

use sysinfo::{MemoryRefreshKind, RefreshKind, System};

const GIB: u64 = 1 << 30;
/// What is kept for the system, the LiveKit server and this one.
const RESERVED_BYTES: u64 = 2 * GIB;
/// What a worker with embedded engines takes at most.
const BYTES_PER_WORKER: u64 = GIB;
/// Most workers listen, and few think or speak at the same time.
const WORKERS_PER_CORE: usize = 4;

/// The cap for a machine with `cores` and `memory_bytes`: whichever of the two is short, and at least one.
#[must_use]
pub fn default_max_workers(cores: usize, memory_bytes: u64) -> NonZeroUsize {
    let by_memory = memory_bytes.saturating_sub(RESERVED_BYTES) / BYTES_PER_WORKER;
    let by_cores = cores.saturating_mul(WORKERS_PER_CORE);
    let workers = usize::try_from(by_memory).unwrap_or(usize::MAX).min(by_cores);
    NonZeroUsize::new(workers).unwrap_or(NonZeroUsize::MIN)
}

/// The cap for this machine, or for the control group that this process is confined to.
pub(super) fn of_this_machine() -> NonZeroUsize {
    let cores = std::thread::available_parallelism().map_or(1, NonZeroUsize::get);
    let memory = RefreshKind::nothing().with_memory(MemoryRefreshKind::nothing().with_ram());
    // A machine that does not tell its memory gets the smallest cap; --max-workers says better.
    let memory_bytes = System::new_with_specifics(memory).map_or(0, |system| match system.cgroup_limits() {
        Some(limits) if limits.total_memory > 0 => limits.total_memory.min(system.total_memory()),
        Some(_) | None => system.total_memory(),
    });
    default_max_workers(cores, memory_bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_scarcer_of_cores_and_memory_decides() {
        let cap = |cores, gib| default_max_workers(cores, gib * GIB).get();
        assert_eq!(cap(2, 8), 6);
        assert_eq!(cap(2, 64), 8);
        assert_eq!(cap(16, 32), 30);
        assert_eq!(cap(1, 1), 1);
        assert_eq!(cap(0, 64), 1);
        assert_eq!(default_max_workers(usize::MAX, u64::MAX).get() as u64, u64::MAX / GIB - 2);
    }

    #[test]
    fn this_machine_carries_at_least_one() {
        assert!(of_this_machine().get() >= 1);
    }
}
