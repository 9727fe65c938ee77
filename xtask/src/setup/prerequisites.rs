//! The programs that must be there before anything else: Rust, Node and npm, Python and pip, Go.

use std::path::Path;
use std::process::Command;
use std::thread;
use std::time::Duration;

use anyhow::{Result, bail};

use crate::command::run_quiet;
use crate::{cargo, screen};

/// How long a program may take to say its version.
const DEADLINE: Duration = Duration::from_secs(30);

/// What this run cannot do without. Rust is always needed.
#[derive(Debug, Clone, Copy)]
pub(super) struct Needs {
    /// Assets are missing: pip and npm bring them.
    pub(super) package_clients: bool,
    /// livekit-server is missing: Go compiles it.
    pub(super) go: bool,
}

struct Prerequisite {
    name: &'static str,
    command: &'static [&'static str],
    needed: bool,
    advice: &'static str,
}

/// Prints the versions; fails when something that this run needs is not there, naming everything that is missing.
pub(super) fn check(needs: Needs) -> Result<()> {
    let prerequisites = list(needs);
    // Each of them takes a moment to start, so all are asked at once.
    let answers: Vec<Option<String>> = thread::scope(|scope| {
        let asked: Vec<_> =
            prerequisites.iter().map(|prerequisite| scope.spawn(|| version(prerequisite.command))).collect();
        asked.into_iter().map(|thread| thread.join().unwrap_or_default()).collect()
    });
    let (line, missing) = judge(&prerequisites, &answers);
    screen::line(&line);
    if !missing.is_empty() {
        bail!("needed and not found:\n{}", missing.join("\n"));
    }
    Ok(())
}

/// Fails when a part of Rust that only the checks need is not there.
pub(crate) fn check_components(root: &Path) -> Result<()> {
    for component in ["fmt", "clippy"] {
        let mut command = cargo::command(root);
        command.args([component, "--version"]);
        if run_quiet(command, DEADLINE).is_err() {
            bail!("`cargo {component}` is missing; install it with\n  rustup component add rustfmt clippy");
        }
    }
    Ok(())
}

fn list(needs: Needs) -> [Prerequisite; 6] {
    let node_advice = "install Node.js 20 or later, with npm";
    let python_advice = "install Python 3.8 or later, with pip (Debian: apt-get install python3-pip)";
    let clients = needs.package_clients;
    [
        Prerequisite {
            name: "Rust",
            command: &["rustc", "--version"],
            needed: true,
            advice: "install Rust with rustup",
        },
        Prerequisite { name: "Node", command: &["node", "--version"], needed: clients, advice: node_advice },
        Prerequisite { name: "npm", command: &["npm", "--version"], needed: clients, advice: node_advice },
        Prerequisite { name: "Python", command: &["python3", "--version"], needed: clients, advice: python_advice },
        Prerequisite {
            name: "pip",
            command: &["python3", "-m", "pip", "--disable-pip-version-check", "--version"],
            needed: clients,
            advice: python_advice,
        },
        Prerequisite {
            name: "Go",
            command: &["go", "version"],
            needed: needs.go,
            advice: "install Go 1.26 or later, or set LIVEKIT_SERVER_BIN to a livekit-server binary",
        },
    ]
}

fn version(command: &[&str]) -> Option<String> {
    let (program, arguments) = command.split_first()?;
    let mut command = Command::new(program);
    command.args(arguments);
    run_quiet(command, DEADLINE).ok().map(|output| version_number(&output))
}

/// The first word of an output that looks like a version number.
fn version_number(output: &str) -> String {
    let looks_right = |word: &&str| word.contains('.') && word.starts_with(|first: char| first.is_ascii_digit());
    let words = output.split_whitespace().map(|word| word.trim_start_matches("go").trim_start_matches('v'));
    words.into_iter().find(looks_right).unwrap_or("of an unknown version").to_owned()
}

/// The line to print, and one line for each that is needed and missing.
fn judge(prerequisites: &[Prerequisite], answers: &[Option<String>]) -> (String, Vec<String>) {
    let mut found = Vec::new();
    let mut missing = Vec::new();
    for (prerequisite, answer) in prerequisites.iter().zip(answers) {
        match answer {
            Some(version) => found.push(format!("{} {version}", prerequisite.name)),
            None if prerequisite.needed => missing.push(format!("  {}: {}", prerequisite.name, prerequisite.advice)),
            None => found.push(format!("{} not found (not needed now)", prerequisite.name)),
        }
    }
    (found.join(", "), missing)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used)]
    use super::*;

    #[test]
    fn version_numbers_are_found_in_what_programs_print() {
        for (output, expected) in [
            ("rustc 1.95.0 (59807616e 2026-04-14)", "1.95.0"),
            ("v20.20.2\n", "20.20.2"),
            ("pip 23.2.1 from somewhere (python 3.11)", "23.2.1"),
            ("go version go1.26.8 linux/amd64", "1.26.8"),
            ("what?", "of an unknown version"),
        ] {
            assert_eq!(version_number(output), expected);
        }
    }

    #[test]
    fn only_what_is_needed_now_is_missed() {
        let answers: Vec<Option<String>> = (0..6).map(|_| None).collect();
        let (_, missing) = judge(&list(Needs { package_clients: false, go: false }), &answers);
        assert_eq!(missing.len(), 1, "{missing:?}");
        let (_, missing) = judge(&list(Needs { package_clients: true, go: true }), &answers);
        assert_eq!(missing.len(), 6, "{missing:?}");
        assert!(missing.iter().any(|line| line.contains("LIVEKIT_SERVER_BIN")), "{missing:?}");
    }
}
