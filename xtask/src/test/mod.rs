//! `cargo xtask test`: what CI checks, stage by stage, and how long each took.
//!
//! ```text
//!   all:    setup ─┬► format ─► tidy ─► build and lint ─┬► clients' tests ─► LiveKit server ─► every test
//!                  └► clients: install, lint, bundle ────┘
//!   --fast: setup ─► format ─► tidy ─► build and lint ─► tests that need nothing else
//! ```
//!
//! All stages share the one development profile and the same set of targets, so that nothing heavy compiles twice.

mod executables;
mod execute;
mod needs;
mod parts;
mod schedule;
mod stages;

use std::thread;

use anyhow::{Context, Result, anyhow};
use clap::Args;

use crate::{cargo, clients, screen, setup, tidy, workspace};
use execute::Scope;
use stages::Stages;

/// Flags of `cargo xtask test`.
#[derive(Debug, Args)]
pub(crate) struct TestArgs {
    /// Only the checks of the clients' code in mobile-client
    #[arg(long, conflicts_with = "fast")]
    clients: bool,
    /// Only what every commit passes: format, tidy, lint, and the tests without LiveKit server, browser and weights
    #[arg(long)]
    fast: bool,
}

pub(crate) fn run(args: &TestArgs) -> Result<()> {
    let mut stages = Stages::default();
    let result = if args.clients {
        stages.run("clients", clients::check)
    } else if args.fast {
        run_fast(&mut stages)
    } else {
        run_all(&mut stages)
    };
    screen::heading("stages");
    eprintln!("{}", stages.table());
    if result.is_ok() {
        screen::success(if args.fast { "the fast tests passed" } else { "all tests passed" });
    }
    result
}

fn run_all(stages: &mut Stages) -> Result<()> {
    let root = workspace::root()?;
    let ready = stages.run("setup", || {
        setup::check_components(&root)?;
        clients::check_node()?;
        setup::start_for_tests()
    })?;
    // Fills the gaps: packages come over the network, and the last crates of a build compile one by one.
    let clients_build = thread::spawn(clients::build);
    let executables = build(stages, &root)?;
    // Before the tests, some of which measure time: nothing may run beside them.
    stages.run("clients", || {
        clients_build.join().map_err(|_| anyhow!("building the clients' code panicked"))??;
        clients::test()
    })?;
    let livekit_server = stages.run("sfu", || ready.livekit_server())?;
    stages.run("test", || execute::run(&root, &executables, &Scope::All { livekit_server }))
}

fn run_fast(stages: &mut Stages) -> Result<()> {
    let root = workspace::root()?;
    stages.run("setup", || {
        setup::check_components(&root)?;
        setup::start_for_fast_tests()
    })?;
    let executables = build(stages, &root)?;
    let empty = tempfile::tempdir().context("cannot make a temporary folder")?;
    let scope = Scope::Fast { empty_cache: empty.path().to_owned() };
    stages.run("test", || execute::run(&root, &executables, &scope))
}

/// Checks what needs no compiler, then compiles and lints everything.
fn build(stages: &mut Stages, root: &std::path::Path) -> Result<Vec<executables::Executable>> {
    stages.run("format", || cargo::run(root, &["fmt", "--all", "--check"]))?;
    stages.run("tidy", tidy::run)?;
    // Tests of one crate start the programs of others: all are built before the first test runs.
    stages.run("build", || executables::parse(&cargo::build_and_lint(root)?))
}
