//! The control groups that this process is in, of version 2 or 1: its own and those above it. Each may have a limit.

use std::path::{Path, PathBuf};

use crate::core::Moment;

/// Limits above this are the kernel's way of saying that there is none.
const NO_LIMIT: u64 = 1 << 60;

/// What is taken of the tightest limit; `None` where there is no limit.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(super) struct GroupUsage {
    pub(super) cpu: Option<f32>,
    pub(super) memory: Option<f32>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Version {
    One,
    Two,
}

#[derive(Debug)]
struct CpuGroup {
    folder: PathBuf,
    /// When it was last looked at, and the seconds of processor time until then.
    last: Option<(Moment, f64)>,
}

/// See the module.
#[derive(Debug)]
pub(super) struct Groups {
    version: Version,
    cpu: Vec<CpuGroup>,
    memory: Vec<PathBuf>,
}

impl Groups {
    pub(super) fn find(root: &Path) -> Self {
        let top = root.join("sys/fs/cgroup");
        let own = std::fs::read_to_string(root.join("proc/self/cgroup")).unwrap_or_default();
        let (version, cpu, memory) = if top.join("cgroup.controllers").is_file() {
            let folders = own_path(&own, "").map(|path| with_those_above(&top, path)).unwrap_or_default();
            (Version::Two, folders.clone(), folders)
        } else {
            let of = |controller: &str| {
                let path = own_path(&own, controller).unwrap_or_default();
                let mounts = [controller.to_owned(), format!("{controller},cpuacct")];
                let mount = mounts.iter().map(|name| top.join(name)).find(|folder| folder.is_dir());
                mount.map(|mount| with_those_above(&mount, path)).unwrap_or_default()
            };
            (Version::One, of("cpu"), of("memory"))
        };
        let cpu = cpu.into_iter().map(|folder| CpuGroup { folder, last: None }).collect();
        Self { version, cpu, memory }
    }

    pub(super) fn measure(&mut self, now: Moment) -> GroupUsage {
        let version = self.version;
        let cpu = self.cpu.iter_mut().filter_map(|group| group.share(version, now)).reduce(f32::max);
        let memory = self.memory.iter().filter_map(|folder| memory_share(version, folder)).reduce(f32::max);
        GroupUsage { cpu, memory }
    }
}

impl CpuGroup {
    fn share(&mut self, version: Version, now: Moment) -> Option<f32> {
        let seconds = cpu_seconds(version, &self.folder)?;
        let (then, before) = self.last.replace((now, seconds))?;
        let passed = now.checked_sub(then).filter(|passed| !passed.is_zero())?.as_secs_f64();
        let cores = cores(version, &self.folder)?;
        Some(((seconds - before).max(0.0) / passed / cores) as f32)
    }
}

/// The path of this process's group: in the line without controllers (version 2), or in that of a controller.
fn own_path<'a>(groups: &'a str, controller: &str) -> Option<&'a str> {
    groups.lines().find_map(|line| {
        let mut fields = line.splitn(3, ':');
        let (_, controllers, path) = (fields.next()?, fields.next()?, fields.next()?);
        controllers.split(',').any(|name| name == controller).then_some(path)
    })
}

/// The folder of a group and of those above it, as far as they are there: inside a container the path may be the
/// host's, and the top is what the container sees of itself.
fn with_those_above(top: &Path, path: &str) -> Vec<PathBuf> {
    let relative = Path::new(path.trim_start_matches('/'));
    // A path that leads out of the tree is not one of a group below the top.
    let inside = relative.components().all(|part| matches!(part, std::path::Component::Normal(_)));
    let levels = if inside { relative.ancestors().collect() } else { vec![Path::new("")] };
    levels.into_iter().map(|level| top.join(level)).filter(|folder| folder.is_dir()).collect()
}

/// How many cores' worth of time the group may take; `None`: as much as there is.
fn cores(version: Version, folder: &Path) -> Option<f64> {
    let (quota, period) = match version {
        Version::Two => {
            let text = read(folder, "cpu.max")?;
            let (quota, period) = text.trim().split_once(' ')?;
            (quota.parse::<u64>().ok()?, period.trim().parse::<u64>().ok()?)
        }
        Version::One => (number(folder, "cpu.cfs_quota_us")?, number(folder, "cpu.cfs_period_us")?),
    };
    (quota > 0 && period > 0).then(|| quota as f64 / period as f64)
}

fn cpu_seconds(version: Version, folder: &Path) -> Option<f64> {
    match version {
        Version::Two => Some(field(folder, "cpu.stat", "usage_usec")? as f64 / 1e6),
        Version::One => Some(number(folder, "cpuacct.usage")? as f64 / 1e9),
    }
}

/// The share of the limit that is taken, without file pages that can be dropped at any time.
fn memory_share(version: Version, folder: &Path) -> Option<f32> {
    let (limit, current, droppable) = match version {
        Version::Two => ("memory.max", "memory.current", "inactive_file"),
        Version::One => ("memory.limit_in_bytes", "memory.usage_in_bytes", "total_inactive_file"),
    };
    let limit = number(folder, limit).filter(|limit| (1..NO_LIMIT).contains(limit))?;
    let droppable = field(folder, "memory.stat", droppable).unwrap_or_default();
    Some(number(folder, current)?.saturating_sub(droppable) as f32 / limit as f32)
}

fn read(folder: &Path, file: &str) -> Option<String> {
    std::fs::read_to_string(folder.join(file)).ok()
}

fn number(folder: &Path, file: &str) -> Option<u64> {
    read(folder, file)?.trim().parse().ok()
}

/// The number after `name` in a file of names and numbers.
fn field(folder: &Path, file: &str, name: &str) -> Option<u64> {
    let text = read(folder, file)?;
    let value = text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(' '))?;
    value.trim().parse().ok()
}
