//! Calling cargo, always in the repository's root and in the one profile that everything shares.

use std::path::Path;
use std::process::Command;
use std::time::Duration;

use anyhow::Result;

use crate::command::{run_for_output, run_shown};

/// How long one cargo call may take: llama.cpp alone compiles for about ten minutes on two cores.
const DEADLINE: Duration = Duration::from_secs(60 * 60);

/// Runs cargo with its output shown.
pub(crate) fn run(root: &Path, arguments: &[&str]) -> Result<()> {
    let mut command = command(root);
    command.args(arguments);
    run_prepared(command)
}

/// Runs a cargo command with its output shown.
pub(crate) fn run_prepared(command: Command) -> Result<()> {
    run_shown(command, DEADLINE)
}

/// Compiles everything and lints our own crates while it does; a warning is an error. Returns cargo's messages.
///
/// Clippy stands in for the compiler of the workspace's crates alone, so that dependencies compile once for this and for any
/// other command. It compiles them without MIR optimisation and without the checks for null and misaligned pointers that a
/// plain debug build makes.
pub(crate) fn build_and_lint(root: &Path) -> Result<String> {
    let mut command = command(root);
    command.args(["build", "--workspace", "--all-targets", "--message-format=json-render-diagnostics"]);
    with_clippy(&mut command);
    run_for_output(command, DEADLINE)
}

/// Makes a cargo command use what [`build_and_lint`] compiled.
pub(crate) fn with_clippy(command: &mut Command) {
    command.env("RUSTC_WORKSPACE_WRAPPER", "clippy-driver");
    // How `cargo clippy -- -D warnings` passes its arguments on.
    command.env("CLIPPY_ARGS", "-D__CLIPPY_HACKERY__warnings__CLIPPY_HACKERY__");
}

/// Cargo, still without arguments.
pub(crate) fn command(root: &Path) -> Command {
    let mut command = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    command.current_dir(root);
    // What `cargo run` set for this program must not leak into build scripts: it would make them run again.
    without_own_package(&mut command);
    command
}

/// Makes a program forget which package cargo started this one for.
pub(crate) fn without_own_package(command: &mut Command) {
    for (name, _) in std::env::vars_os() {
        if name.to_str().is_some_and(|name| name.starts_with("CARGO_PKG_") || name.starts_with("CARGO_MANIFEST_")) {
            command.env_remove(name);
        }
    }
}
