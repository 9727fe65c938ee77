//! The workspace's own programs, as tests find and watch them.

use std::path::{Path, PathBuf};

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

/// A program of the workspace that is not built.
#[derive(Debug, thiserror::Error)]
pub enum ProcessError {
    /// It is not beside this test.
    #[error("{name} is not in {looked_in}; run `cargo build --workspace --bins`")]
    NotBuilt {
        /// The program.
        name: String,
        /// Where it was looked for.
        looked_in: String,
    },
    /// The system does not say where this program is, or what runs.
    #[error("{what}: {source}")]
    System {
        /// What was asked.
        what: &'static str,
        /// What it answered.
        source: std::io::Error,
    },
}

/// Finds a program of this workspace in the target folder that this very program was built into: beside it, or one or two
/// folders up (tests live in `deps/`).
///
/// # Errors
/// [`ProcessError::NotBuilt`] with the command that builds it.
pub fn find_workspace_binary(name: &str) -> Result<PathBuf, ProcessError> {
    let system = |source| ProcessError::System { what: "where this program is", source };
    let own = std::env::current_exe().map_err(system)?;
    find_near(&own, name)
}

fn find_near(own: &Path, name: &str) -> Result<PathBuf, ProcessError> {
    let folders: Vec<&Path> = own.ancestors().skip(1).take(3).collect();
    let file = format!("{name}{}", std::env::consts::EXE_SUFFIX);
    folders.iter().map(|folder| folder.join(&file)).find(|path| path.is_file()).ok_or_else(|| {
        let looked_in = folders.iter().map(|folder| folder.display().to_string()).collect::<Vec<_>>().join(", ");
        ProcessError::NotBuilt { name: name.to_owned(), looked_in }
    })
}

/// The processes that `parent` started itself, whose program is called `name`. Ended ones that nobody collected yet are
/// left out. Linux only: it reads `/proc`.
///
/// # Errors
/// [`ProcessError::System`] when `/proc` can't be read.
pub fn children_named(parent: u32, name: &str) -> Result<Vec<u32>, ProcessError> {
    let system = |source| ProcessError::System { what: "reading /proc", source };
    let mut found = Vec::new();
    for entry in std::fs::read_dir("/proc").map_err(system)? {
        let Some(pid) = entry.map_err(system)?.file_name().to_str().and_then(|text| text.parse::<u32>().ok()) else {
            continue;
        };
        // A process may end between the listing and the reading: then it is no child any more.
        let Ok(stat) = std::fs::read_to_string(format!("/proc/{pid}/stat")) else { continue };
        if parse_stat(&stat).is_some_and(|stat| stat.is(parent, name)) {
            found.push(pid);
        }
    }
    found.sort_unstable();
    Ok(found)
}

/// Whether a process runs: it exists and has not ended (one that nobody collected yet has). Linux only.
#[must_use]
pub fn is_running(pid: u32) -> bool {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat"));
    stat.is_ok_and(|stat| parse_stat(&stat).is_some_and(|stat| !stat.has_ended()))
}

/// Kills a process and all that it started, and what those started. Linux only: it reads `/proc`.
pub fn kill_tree(root: u32) {
    let parents: Vec<(u32, u32)> =
        std::fs::read_dir("/proc").into_iter().flatten().flatten().filter_map(parent_of).collect();
    let mut tree = vec![root];
    let mut next = 0;
    while next < tree.len() {
        let children = parents.iter().filter(|(_, parent)| *parent == tree[next]).map(|(pid, _)| *pid);
        let children: Vec<u32> = children.filter(|pid| !tree.contains(pid)).collect();
        tree.extend(children);
        next += 1;
    }
    for pid in tree.into_iter().filter_map(|pid| i32::try_from(pid).ok()) {
        // Fails only for what has ended already.
        let _ = kill(Pid::from_raw(pid), Signal::SIGKILL);
    }
}

/// A process and its parent.
fn parent_of(entry: std::fs::DirEntry) -> Option<(u32, u32)> {
    let pid = entry.file_name().to_str()?.parse().ok()?;
    let stat = std::fs::read_to_string(entry.path().join("stat")).ok()?;
    Some((pid, parse_stat(&stat)?.parent))
}

/// The kernel cuts a program's name to this many bytes.
const KERNEL_NAME: usize = 15;

#[derive(Debug, PartialEq, Eq)]
struct Stat<'a> {
    name: &'a str,
    state: &'a str,
    parent: u32,
}

impl Stat<'_> {
    fn is(&self, parent: u32, name: &str) -> bool {
        let cut = name.get(..KERNEL_NAME).unwrap_or(name);
        self.parent == parent && self.name == cut && !self.has_ended()
    }

    fn has_ended(&self) -> bool {
        matches!(self.state, "Z" | "X")
    }
}

/// Reads `/proc/PID/stat` (proc(5)): `pid (name) state ppid …`; the name may hold spaces and brackets.
fn parse_stat(stat: &str) -> Option<Stat<'_>> {
    let (front, back) = stat.rsplit_once(')')?;
    let (_, name) = front.split_once('(')?;
    let mut rest = back.split_whitespace();
    Some(Stat { name, state: rest.next()?, parent: rest.next()?.parse().ok()? })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used)]
    use std::io::{Read as _, Write as _};

    use super::*;

    #[test]
    fn finds_a_program_beside_the_tests_folder_and_names_the_remedy_otherwise() {
        let target = tempfile::tempdir().unwrap();
        let own = target.path().join("deps").join("some_test-1234");
        std::fs::create_dir(target.path().join("deps")).unwrap();
        let error = find_near(&own, "agent-worker").unwrap_err().to_string();
        assert!(error.contains("cargo build --workspace --bins"), "{error}");
        let binary = target.path().join("agent-worker");
        std::fs::write(&binary, b"").unwrap();
        assert_eq!(find_near(&own, "agent-worker").unwrap(), binary);
    }

    #[test]
    fn reads_process_lines_with_odd_names() {
        let stat = parse_stat("12 (a (b) c) S 7 12 12 0").unwrap();
        assert_eq!(stat, Stat { name: "a (b) c", state: "S", parent: 7 });
        assert!(parse_stat("12 (agent-worker) S 7 1").unwrap().is(7, "agent-worker"));
        assert!(!parse_stat("12 (agent-worker) Z 7 1").unwrap().is(7, "agent-worker"), "ended");
        assert!(!parse_stat("12 (agent-worker) S 8 1").unwrap().is(7, "agent-worker"));
        assert!(parse_stat("12 (a-very-long-pro) S 7 1").unwrap().is(7, "a-very-long-program-name"));
        assert_eq!(parse_stat("nonsense"), None);
    }

    #[test]
    fn kills_the_children_of_children_too() {
        let mut shell = std::process::Command::new("sh")
            .args(["-c", "sleep 600 & echo $!; wait"])
            .stdout(std::process::Stdio::piped())
            .spawn()
            .unwrap();
        let mut line = String::new();
        std::io::BufRead::read_line(&mut std::io::BufReader::new(shell.stdout.take().unwrap()), &mut line).unwrap();
        let grandchild: u32 = line.trim().parse().unwrap();
        assert!(is_running(grandchild));
        kill_tree(shell.id());
        shell.wait().unwrap();
        let deadline = std::time::Instant::now() + std::time::Duration::from_secs(10);
        while is_running(grandchild) {
            assert!(std::time::Instant::now() < deadline, "it still runs");
            std::thread::yield_now();
        }
    }

    #[test]
    fn sees_its_own_children() {
        let mut child = std::process::Command::new("cat")
            .stdin(std::process::Stdio::piped())
            .stdout(std::process::Stdio::piped())
            .spawn()
            .unwrap();
        // Only what `cat` sends back shows that the new process has its name by now.
        child.stdin.as_mut().unwrap().write_all(b"x").unwrap();
        child.stdout.as_mut().unwrap().read_exact(&mut [0]).unwrap();
        let found = children_named(std::process::id(), "cat").unwrap();
        drop(child.stdin.take());
        child.wait().unwrap();
        assert_eq!(found, [child.id()]);
        assert!(!is_running(child.id()) && is_running(std::process::id()));
        assert_eq!(children_named(std::process::id(), "cat").unwrap(), [] as [u32; 0]);
    }
}
