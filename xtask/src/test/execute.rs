//! Running test executables: several at a time, each with its output kept together and under a deadline.

use std::cmp::Reverse;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use anyhow::{Result, bail};

use super::executables::{Executable, Kind};
use super::needs::{self, Load};
use super::parts::{self, Part};
use super::schedule::{self, Job};
use crate::command::{past_proxies, run_captured, run_for_output};
use crate::{cargo, children, screen};

/// How long one executable may take.
const DEADLINE: Duration = Duration::from_secs(20 * 60);
/// How long it may take to list its tests.
const LIST_DEADLINE: Duration = Duration::from_secs(60);
/// How often a program runs that needs real servers, browsers or models, until it passes. Its timing is that of a busy machine:
/// one failure of many is worth a look, and is named, but does not stop the others' work.
const ATTEMPTS: usize = 2;
/// Where libtest begins to say what failed.
const FAILURES: &str = "\nfailures:\n";

/// Which tests run, with what.
pub(super) enum Scope {
    /// All of them, with this LiveKit server.
    All { livekit_server: PathBuf },
    /// Those that need nothing that is not compiled here. The cache is this empty folder.
    Fast { empty_cache: PathBuf },
}

/// Runs them and prints the output of each program when it ends. All run, even when one fails.
pub(super) fn run(root: &Path, executables: &[Executable], scope: &Scope) -> Result<()> {
    let begun = Instant::now();
    let mut jobs = Vec::new();
    for executable in executables.iter().filter(|executable| scope.has(executable)) {
        jobs.extend(scope.parts(executable)?);
    }
    jobs.push(scope.documentation(root));
    // Small shares come last: they fill the gaps that larger ones leave.
    jobs.sort_by_key(|job| Reverse(job.share()));
    let count = jobs.len();
    let mut ended: Vec<Ended> = Vec::new();
    let show = |run: Ended| {
        print!("{run}");
        ended.push(run);
    };
    schedule::run_all(jobs, || !children::interrupted(), show);
    if children::interrupted() {
        bail!("interrupted");
    }
    print!("{}", slowest(&ended));
    for flaky in ended.iter().filter(|run| run.passed() && run.attempts > 1) {
        println!("{} passed only at attempt {}; above is how it failed", flaky.name, flaky.attempts);
    }
    let failed: Vec<&Ended> = ended.iter().filter(|run| !run.passed()).collect();
    if !failed.is_empty() {
        failed.iter().for_each(|run| print!("{}", run.failures()));
        let names: Vec<&str> = failed.iter().map(|run| run.name.as_str()).collect();
        bail!("{} of {count} test programs failed: {}", failed.len(), names.join(", "));
    }
    screen::line(&format!("{count} test programs passed in {:.1} s", begun.elapsed().as_secs_f64()));
    Ok(())
}

impl Scope {
    fn has(&self, executable: &Executable) -> bool {
        match self {
            Scope::All { .. } => true,
            Scope::Fast { .. } => needs::is_fast(executable),
        }
    }

    /// The processes that the tests of an executable run in; none when it has no tests.
    fn parts(&self, executable: &Executable) -> Result<Vec<Run>> {
        let mut list = self.command(executable);
        list.args(["--list", "--format=terse"]);
        let list = run_for_output(list, LIST_DEADLINE)?;
        if executable.kind != Kind::Integration {
            // Modules of unit tests are many and quick: one process for all, if there are any.
            let none = parts::by_test(&list).is_empty();
            return Ok(if none { vec![] } else { vec![self.of(executable, executable.name(), &[])] });
        }
        let parts = if needs::is_split(executable) { parts::by_test(&list) } else { parts::by_module(&list) };
        let name = |part: &Part| match part.name.as_str() {
            "" => executable.name(),
            name => format!("{}::{name}", executable.name()),
        };
        Ok(parts.iter().map(|part| self.of(executable, name(part), &part.tests)).collect())
    }

    /// Some tests of an executable, or all if none are named.
    fn of(&self, executable: &Executable, name: String, tests: &[String]) -> Run {
        let mut command = self.command(executable);
        if !tests.is_empty() {
            command.arg("--exact").args(tests);
        }
        let attempts = if needs::is_fast(executable) { 1 } else { ATTEMPTS };
        Run { name, load: needs::load(executable), command, named: tests.len(), attempts }
    }

    /// An executable with the environment that its tests need, and without the tests that are left out.
    fn command(&self, executable: &Executable) -> Command {
        let mut command = Command::new(&executable.file);
        command.current_dir(&executable.folder);
        cargo::without_own_package(&mut command);
        command.env("CARGO_MANIFEST_DIR", &executable.folder);
        // The tests talk to this machine alone.
        past_proxies(&mut command);
        match self {
            Scope::All { livekit_server } => {
                command.env(children::LIVEKIT_SERVER_VARIABLE, livekit_server);
            }
            Scope::Fast { empty_cache } => {
                command.env_remove(children::LIVEKIT_SERVER_VARIABLE).env(assets::CACHE_VARIABLE, empty_cache);
                for test in needs::unit_tests_with_assets(executable) {
                    command.args(["--skip", test]);
                }
            }
        }
        command
    }

    /// The examples in documentation, which cargo compiles and runs.
    fn documentation(&self, root: &Path) -> Run {
        let mut command = cargo::command(root);
        command.args(["test", "--workspace", "--doc", "--no-fail-fast"]);
        cargo::with_clippy(&mut command);
        past_proxies(&mut command);
        Run { name: "documentation".to_owned(), load: Load::Computes, command, named: 0, attempts: 1 }
    }
}

/// One program that is to run.
struct Run {
    name: String,
    load: Load,
    command: Command,
    /// How many tests are asked for by name; 0 when all are.
    named: usize,
    /// How often it may fail before that counts, and one more.
    attempts: usize,
}

impl Run {
    fn attempt(&self) -> (String, Option<String>) {
        let command = copy(&self.command);
        let (output, ended) = run_captured(command, DEADLINE).unwrap_or_else(|error| (String::new(), Err(error)));
        let problem = match ended {
            // libtest is content when a name is that of no test.
            Ok(status) if status.success() && !ran(&output, self.named) => {
                Some("ran other tests than asked".to_owned())
            }
            Ok(status) if status.success() => None,
            Ok(status) => Some(format!("ended with {status}")),
            Err(error) => Some(format!("{error:#}")),
        };
        (output, problem)
    }
}

/// The same command once more.
fn copy(command: &Command) -> Command {
    let mut copy = Command::new(command.get_program());
    copy.args(command.get_args());
    for (name, value) in command.get_envs() {
        match value {
            Some(value) => copy.env(name, value),
            None => copy.env_remove(name),
        };
    }
    if let Some(folder) = command.get_current_dir() {
        copy.current_dir(folder);
    }
    copy
}

impl Job for Run {
    type Done = Ended;

    fn share(&self) -> u32 {
        self.load.share()
    }

    fn run(self) -> Ended {
        let begun = Instant::now();
        let (mut output, mut problem) = self.attempt();
        let mut attempts = 1;
        while attempts < self.attempts && problem.is_some() && !children::interrupted() {
            attempts += 1;
            let (again, ended) = self.attempt();
            let first = problem.unwrap_or_default();
            output = format!("{}\n== {} {first}; attempt {attempts}:\n{again}", output.trim_end(), self.name);
            problem = ended;
        }
        Ended { name: self.name, took: begun.elapsed(), output, problem, attempts }
    }
}

/// Whether the output of libtest says that it ran so many tests.
fn ran(output: &str, named: usize) -> bool {
    named == 0
        || output.lines().any(|line| line == format!("running {named} test{}", if named == 1 { "" } else { "s" }))
}

/// One program that has run.
struct Ended {
    name: String,
    took: Duration,
    /// Of all attempts.
    output: String,
    /// Of the last attempt.
    problem: Option<String>,
    attempts: usize,
}

impl Ended {
    fn passed(&self) -> bool {
        self.problem.is_none()
    }

    /// What is said at the end about one that failed: the part of its output that is about failures.
    fn failures(&self) -> String {
        let from = self.output.find(FAILURES).map_or(0, |at| at + 1);
        let problem = self.problem.as_deref().unwrap_or_default();
        format!("\n== {}: {problem}\n{}\n", self.name, self.output[from..].trim_end())
    }
}

/// Its whole output under a line that names it.
impl std::fmt::Display for Ended {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        writeln!(formatter, "\n== {} ({:.1} s)", self.name, self.took.as_secs_f64())?;
        writeln!(formatter, "{}", self.output.trim())?;
        match &self.problem {
            Some(problem) => writeln!(formatter, "== {} {problem}", self.name),
            None => Ok(()),
        }
    }
}

/// How long each took, the longest first.
fn slowest(ended: &[Ended]) -> String {
    let mut rows: Vec<(&str, Duration)> = ended.iter().map(|run| (run.name.as_str(), run.took)).collect();
    rows.sort_by_key(|(_, took)| Reverse(*took));
    let mut table = String::from("\n");
    for (name, took) in rows {
        // Writing into a string cannot fail.
        let _ = writeln!(table, "  {:>8.1} s  {name}", took.as_secs_f64());
    }
    table
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used)]
    use super::*;
    use crate::command::tests::shell;

    fn job(name: &str, script: &str) -> Ended {
        Run { name: name.to_owned(), load: Load::Waits, command: shell(script), named: 0, attempts: 1 }.run()
    }

    #[test]
    fn tests_that_were_asked_for_and_did_not_run_are_a_failure() {
        let run = |named| Run {
            name: "it".to_owned(),
            load: Load::Waits,
            command: shell("echo; echo running 2 tests"),
            named,
            attempts: 1,
        };
        assert!(run(2).run().passed());
        assert_eq!(run(3).run().problem.unwrap(), "ran other tests than asked");
    }

    #[test]
    fn the_end_of_a_run_says_what_failed_and_how() {
        let failed = job("room", "echo running; echo; echo failures:; echo '    a_test'; exit 101");
        assert!(!failed.passed());
        let text = failed.failures();
        assert!(text.starts_with("\n== room: ended with exit status: 101\nfailures:\n    a_test"), "{text}");
        assert!(failed.to_string().contains("running\n\nfailures:"), "{failed}");
        // What ends in another way leaves no list of failures: all of it is said again.
        let killed = job("face", "echo begun; kill -9 $$");
        assert!(
            killed.failures().contains("signal: 9") && killed.failures().contains("begun"),
            "{}",
            killed.failures()
        );
    }

    #[test]
    fn one_that_needs_real_servers_may_pass_at_its_second_attempt() {
        let folder = tempfile::tempdir().unwrap();
        let run = |script: &str, attempts| {
            let mut command = shell(script);
            command.current_dir(folder.path());
            Run { name: "call".to_owned(), load: Load::Waits, command, named: 0, attempts }.run()
        };
        let passes_later = "if [ -e tried ]; then echo fine; else touch tried; echo lost; exit 101; fi";
        let flaky = run(passes_later, 2);
        assert!(flaky.passed() && flaky.attempts == 2);
        assert!(
            flaky.output.contains("lost\n== call ended with exit status: 101; attempt 2:\nfine"),
            "{}",
            flaky.output
        );
        assert_eq!(run(passes_later, 2).attempts, 1);
        let broken = run("echo once more >> log; exit 101", 2);
        assert!(!broken.passed() && broken.attempts == 2);
        assert_eq!(std::fs::read_to_string(folder.path().join("log")).unwrap(), "once more\nonce more\n");
    }

    #[test]
    fn the_slowest_stands_first() {
        let ended = |name: &str, seconds| Ended {
            name: name.to_owned(),
            took: Duration::from_secs(seconds),
            output: String::new(),
            problem: None,
            attempts: 1,
        };
        let table = slowest(&[ended("quick", 1), ended("slow", 90)]);
        assert!(table.find("slow").unwrap() < table.find("quick").unwrap(), "{table}");
    }
}
