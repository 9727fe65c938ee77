//! The clients' part of `cargo xtask test`.
//!
//! That their contract is the servers' is a test of `proto`. What is compiled here may run beside another stage that
//! compiles; jest runs alone, since its tests have deadlines.

use std::thread;
use std::time::Duration;

use anyhow::{Context, Result, anyhow};

use super::project::Project;
use super::{install, node, web};

/// How long one script may take on a slow machine.
const DEADLINE: Duration = Duration::from_secs(15 * 60);
/// What each takes one core for: run together.
const SINGLE: [&str; 2] = ["typecheck", "lint"];
/// What uses every core: run one after the other. The export holds Hermes' bytecode.
const WIDE: [&str; 2] = ["export:android", "prebuild:check"];

/// Installs, checks, builds and tests the clients' code.
pub(crate) fn run() -> Result<()> {
    build()?;
    test()
}

/// Runs the tests of the clients' code, which is installed.
pub(crate) fn test() -> Result<()> {
    Project::clients()?.npm(&["run", "test"], DEADLINE)
}

/// Installs, checks and builds the clients' code.
pub(crate) fn build() -> Result<()> {
    node::check()?;
    let project = Project::clients()?;
    install::run(&project)?;
    side_by_side(&SINGLE, |script| project.npm(&["run", script], DEADLINE))?;
    let browser = Project::browser()?;
    install::run(&browser)?;
    browser.npm(&["run", "typecheck"], DEADLINE)?;
    for script in WIDE {
        project.npm(&["run", script], DEADLINE)?;
    }
    // For the same sources the one that is there is as good.
    web::run().context("the web app").map(drop)
}

/// Runs all at once, waits for all, and fails with the first that failed.
fn side_by_side(scripts: &[&'static str], run: impl Fn(&str) -> Result<()> + Sync) -> Result<()> {
    thread::scope(|scope| {
        let started: Vec<_> = scripts.iter().map(|script| scope.spawn(|| run(script))).collect();
        let ended: Vec<Result<()>> = started
            .into_iter()
            .map(|thread| thread.join().unwrap_or_else(|_| Err(anyhow!("a check panicked"))))
            .collect();
        ended.into_iter().collect()
    })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used)]
    use std::sync::Mutex;

    use super::*;

    #[test]
    fn one_failure_fails_all_and_the_others_still_run() {
        let ran = Mutex::new(Vec::new());
        let error = side_by_side(&["a", "b", "c"], |script| {
            ran.lock().unwrap().push(script.to_owned());
            if script == "b" { Err(anyhow!("b failed")) } else { Ok(()) }
        });
        assert_eq!(error.unwrap_err().to_string(), "b failed");
        let mut ran = ran.into_inner().unwrap();
        ran.sort_unstable();
        assert_eq!(ran, ["a", "b", "c"]);
        assert!(side_by_side(&["a"], |_| Ok(())).is_ok());
    }
}
