//! `cargo xtask test`: what CI checks, stage by stage, and how long each took.
//!
//! All stages share the one development profile and the same set of targets, so that nothing heavy compiles twice.

use std::fmt::Write as _;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use clap::Args;

use crate::command::past_proxies;
use crate::{cargo, children, clients, screen, setup, tidy, workspace};

/// Flags of `cargo xtask test`.
#[derive(Debug, Args)]
pub(crate) struct TestArgs {
    /// Only the checks of the clients' code in mobile-client
    #[arg(long)]
    clients: bool,
}

/// How the stages went.
#[derive(Default)]
struct Stages {
    rows: Vec<(&'static str, Duration, bool)>,
}

impl Stages {
    fn run<T>(&mut self, name: &'static str, work: impl FnOnce() -> Result<T>) -> Result<T> {
        if !self.rows.is_empty() {
            screen::heading(name);
        }
        let started = Instant::now();
        let result = work();
        self.rows.push((name, started.elapsed(), result.is_ok()));
        result.with_context(|| format!("stage `{name}` failed"))
    }

    /// The table at the end.
    fn table(&self) -> String {
        let mut table = String::new();
        let total: Duration = self.rows.iter().map(|(_, took, _)| *took).sum();
        for (name, took, passed) in &self.rows {
            let mark = if *passed { "ok" } else { "FAILED" };
            // Writing into a string cannot fail.
            let _ = writeln!(table, "  {name:10} {:>8.1} s  {mark}", took.as_secs_f64());
        }
        let _ = write!(table, "  {:10} {:>8.1} s", "total", total.as_secs_f64());
        table
    }
}

pub(crate) fn run(args: &TestArgs) -> Result<()> {
    let mut stages = Stages::default();
    let result = if args.clients { stages.run("clients", clients::check) } else { run_stages(&mut stages) };
    screen::heading("stages");
    eprintln!("{}", stages.table());
    if result.is_ok() {
        screen::success("all tests passed");
    }
    result
}

fn run_stages(stages: &mut Stages) -> Result<()> {
    let root = workspace::root()?;
    let ready = stages.run("setup", || {
        setup::check_components(&root)?;
        clients::check_node()?;
        setup::start_for_tests()
    })?;
    stages.run("format", || cargo::run(&root, &["fmt", "--all", "--check"]))?;
    stages.run("tidy", tidy::run)?;
    // Tests of one crate start the programs of others, which `cargo test` alone would not promise to build.
    stages.run("build", || cargo::build_and_lint(&root))?;
    // Before the tests, some of which measure time: nothing may run beside them.
    stages.run("clients", clients::check)?;
    let server = stages.run("sfu", || ready.livekit_server())?;
    let mut test = cargo::command(&root);
    test.args(["test", "--workspace", "--no-fail-fast"]).env(children::LIVEKIT_SERVER_VARIABLE, server);
    cargo::with_clippy(&mut test);
    // Everything is downloaded by now, and the tests talk to this machine alone.
    past_proxies(&mut test);
    stages.run("test", || cargo::run_prepared(test))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used)]
    use super::*;

    #[test]
    fn a_failed_stage_ends_the_run_and_stands_in_the_table() {
        let mut stages = Stages::default();
        stages.run("first", || Ok(())).unwrap();
        let error = stages.run("second", || -> Result<()> { anyhow::bail!("no") }).unwrap_err();
        assert!(format!("{error:#}").contains("second"), "{error:#}");
        let table = stages.table();
        let lines: Vec<&str> = table.lines().collect();
        assert_eq!(lines.len(), 3, "{table}");
        assert!(lines[0].contains("ok") && lines[1].contains("FAILED") && lines[2].contains("total"), "{table}");
    }
}
