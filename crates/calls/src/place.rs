//! Where a process runs, as `/proc` tells. I/O, but of this machine alone.

use std::fs;
use std::io;

use crate::model::WorkerPlace;

/// What is read of a process's `stat`.
struct Stat {
    state: char,
    started: u64,
}

impl WorkerPlace {
    /// The place of a process of this host.
    pub fn of(pid: u32) -> io::Result<Self> {
        Ok(Self { host: host()?, pid, started: stat(pid)?.started })
    }

    /// The place of this process.
    pub fn here() -> io::Result<Self> {
        Self::of(std::process::id())
    }

    /// Whether that very process still runs here. `None` when it is another host's, which cannot be told from here.
    #[must_use]
    pub fn runs(&self) -> Option<bool> {
        if host().ok()? != self.host {
            return None;
        }
        // One that has ended and was not waited for yet runs no more.
        Some(stat(self.pid).is_ok_and(|stat| stat.started == self.started && !matches!(stat.state, 'Z' | 'X')))
    }
}

/// Where a process's number means something: this start of the machine, and in it this container.
fn host() -> io::Result<String> {
    let boot = fs::read_to_string("/proc/sys/kernel/random/boot_id")?;
    let numbers = fs::read_link("/proc/self/ns/pid")?;
    Ok(format!("{} {}", boot.trim(), numbers.display()))
}

fn stat(pid: u32) -> io::Result<Stat> {
    let text = fs::read_to_string(format!("/proc/{pid}/stat"))?;
    parse(&text).ok_or_else(|| io::Error::new(io::ErrorKind::InvalidData, format!("/proc/{pid}/stat cannot be read")))
}

/// The name of the program stands in brackets and may hold anything, brackets too.
fn parse(text: &str) -> Option<Stat> {
    let mut fields = text.get(text.rfind(')')? + 1..)?.split_whitespace();
    let state = fields.next()?.chars().next()?;
    // The 22nd field of all; the state is the third.
    Some(Stat { state, started: fields.nth(18)?.parse().ok()? })
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn this_process_runs_here() {
        let here = WorkerPlace::here().unwrap();
        assert_eq!(here.pid, std::process::id());
        assert_eq!(here.runs(), Some(true));
    }

    #[test]
    fn a_process_with_the_number_of_an_earlier_one_is_another() {
        let mut earlier = WorkerPlace::here().unwrap();
        earlier.started -= 1;
        assert_eq!(earlier.runs(), Some(false));
    }

    #[test]
    fn a_process_that_has_ended_runs_no_more() {
        let mut child = std::process::Command::new("sleep").arg("60").spawn().unwrap();
        let place = WorkerPlace::of(child.id()).unwrap();
        assert_eq!(place.runs(), Some(true));
        child.kill().unwrap();
        child.wait().unwrap();
        assert_eq!(place.runs(), Some(false));
    }

    #[test]
    fn of_another_hosts_process_nothing_is_known() {
        let elsewhere = WorkerPlace { host: "elsewhere".to_owned(), ..WorkerPlace::here().unwrap() };
        assert_eq!(elsewhere.runs(), None);
    }

    #[test]
    fn a_program_may_have_any_name() {
        let rest = "S 1 1 1 0 -1 4194560 1 0 0 0 1 2 0 0 20 0 1 0 987654 1 1";
        for name in ["sh", "a b", "a) S 1 2 3", "((", "x\ny"] {
            let stat = parse(&format!("42 ({name}) {rest}")).unwrap();
            assert_eq!((stat.state, stat.started), ('S', 987_654), "{name}");
        }
        for text in ["", "42", "42 (sh)", "42 (sh) S 1", ")"] {
            assert!(parse(text).is_none(), "{text}");
        }
    }
}
