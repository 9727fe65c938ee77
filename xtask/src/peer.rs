//! Installs livekit-agents (Python), the peer of `cargo xtask bench peer`, into the cache: an environment of its own, every
//! package pinned in `crates/testkit/peer/requirements.txt`.

use std::fs;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use anyhow::{Context, Result};
use assets::Assets;

use crate::command::run_quiet;
use crate::screen;

/// What is installed.
const REQUIREMENTS: &str = "crates/testkit/peer/requirements.txt";
/// Where, in the cache; the benchmark looks there.
const FOLDER: &str = "peer";
/// Names, in that folder, what is installed: written last.
const RECORD: &str = "installed.txt";
/// Some 500 MB are fetched and unpacked.
const DEADLINE: Duration = Duration::from_secs(600);

/// Installs what is missing. A second run touches no network.
pub(crate) fn install(root: &Path) -> Result<()> {
    let wanted = fs::read_to_string(root.join(REQUIREMENTS)).with_context(|| REQUIREMENTS.to_owned())?;
    let folder = Assets::open()?.cache_dir().join(FOLDER);
    if is_installed(&folder, &wanted) {
        return Ok(());
    }
    screen::line("livekit-agents: installing it into the cache (500 MB, once)");
    let mut environment = Command::new("python3");
    environment.args(["-m", "venv", "--clear"]).arg(&folder);
    run_quiet(environment, DEADLINE)
        .context("no Python environment can be made (Python 3.11 or later; on Debian also python3-venv)")?;
    let mut packages = Command::new(folder.join("bin/python3"));
    packages.args(["-m", "pip", "--disable-pip-version-check", "install", "--no-deps", "--requirement"]);
    packages.arg(root.join(REQUIREMENTS));
    run_quiet(packages, DEADLINE).context("livekit-agents could not be installed")?;
    fs::write(folder.join(RECORD), wanted).context("cannot record what is installed")?;
    Ok(())
}

fn is_installed(folder: &Path, wanted: &str) -> bool {
    fs::read_to_string(folder.join(RECORD)).is_ok_and(|installed| installed == wanted)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used)]
    use super::*;

    #[test]
    fn an_environment_counts_only_when_it_was_finished_with_these_packages() {
        let folder = tempfile::tempdir().unwrap();
        assert!(!is_installed(folder.path(), "livekit-agents==1.8.9\n"));
        fs::write(folder.path().join(RECORD), "livekit-agents==1.8.9\n").unwrap();
        assert!(is_installed(folder.path(), "livekit-agents==1.8.9\n"));
        assert!(!is_installed(folder.path(), "livekit-agents==1.9.0\n"));
    }
}
