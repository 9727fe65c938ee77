//! What a program and everything it started take of the machine. Linux only: it reads `/proc`.

use std::collections::BTreeMap;

use super::usage::{cpu_seconds, pss_mib};

/// A process and all its descendants, whoever of them is there when asked.
#[derive(Debug, Clone, Copy)]
pub(super) struct Family {
    pub(super) head: u32,
}

/// Processor time of each member so far, in seconds.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Spent(BTreeMap<u32, f64>);

impl Family {
    /// The head and its descendants, that exist now.
    pub(super) fn members(self) -> Vec<u32> {
        let mut children: BTreeMap<u32, Vec<u32>> = BTreeMap::new();
        for pid in running() {
            if let Some(parent) = parent(pid) {
                children.entry(parent).or_default().push(pid);
            }
        }
        let mut members = vec![self.head];
        let mut next = 0;
        while let Some(pid) = members.get(next).copied() {
            members.extend(children.remove(&pid).unwrap_or_default());
            next += 1;
        }
        members
    }

    /// Their proportional shares of memory (PSS), added up: pages that they share with each other count once. In MiB.
    pub(super) fn memory_mib(self) -> f64 {
        self.members().into_iter().filter_map(pss_mib).sum()
    }

    /// What each of them has computed so far.
    pub(super) fn spent(self) -> Spent {
        Spent(self.members().into_iter().filter_map(|pid| Some((pid, cpu_seconds(pid)?))).collect())
    }
}

impl Spent {
    /// Processor time since `before`, in seconds, of those who are still there.
    pub(super) fn since(&self, before: &Self) -> f64 {
        self.0.iter().map(|(pid, seconds)| seconds - before.0.get(pid).copied().unwrap_or(0.0)).sum()
    }
}

/// Every process of the machine.
pub(super) fn running() -> Vec<u32> {
    let entries = std::fs::read_dir("/proc").into_iter().flatten().flatten();
    entries.filter_map(|entry| entry.file_name().to_str()?.parse().ok()).collect()
}

/// Field 4 of `/proc/PID/stat` (proc(5)); the name in field 2 may hold spaces.
fn parent(pid: u32) -> Option<u32> {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    stat.rsplit_once(')')?.1.split_whitespace().nth(1)?.parse().ok()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used)]
    use std::io::{Read as _, Write as _};
    use std::process::{Command, Stdio};

    use super::*;

    #[test]
    fn a_family_is_a_process_with_its_children_and_theirs() {
        // The shell stays and starts `cat`: `exit` after it keeps the shell from becoming `cat` itself.
        let mut shell = Command::new("sh")
            .args(["-c", "cat; exit 0"])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        shell.stdin.as_mut().unwrap().write_all(b"x").unwrap();
        shell.stdout.as_mut().unwrap().read_exact(&mut [0]).unwrap();
        let family = Family { head: std::process::id() };
        let (members, of_shell) = (family.members(), Family { head: shell.id() }.members());
        let memory = Family { head: shell.id() }.memory_mib();
        drop(shell.stdin.take());
        shell.wait().unwrap();
        assert_eq!(of_shell.len(), 2, "the shell and `cat`");
        assert!(of_shell.iter().all(|pid| members.contains(pid)));
        assert!(memory > 0.1);
    }

    #[test]
    fn what_was_computed_counts_for_those_who_are_there() {
        let spent = |list: &[(u32, f64)]| Spent(list.iter().copied().collect());
        let before = spent(&[(1, 5.0), (2, 1.0)]);
        assert_eq!(spent(&[(1, 6.5), (3, 0.5)]).since(&before), 2.0, "2 is gone, 3 is new");
    }
}
