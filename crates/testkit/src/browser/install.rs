//! What must be there: Chromium, Node, and the packages of `crates/testkit/browser`.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use anyhow::{Context as _, bail};
use serde_json::{Map, Value};
use tokio::process::Command;

/// The remote control's own folder.
pub(super) const FOLDER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/browser");
/// Names Chromium's program.
const VARIABLE: &str = "VISAVIS_CHROMIUM_BIN";
/// What it is called.
const NAMES: [&str; 3] = ["chromium", "chromium-browser", "google-chrome"];
/// What is to be installed, and npm's own record of what is.
const WANTED: &str = "package-lock.json";
const INSTALLED: &str = "node_modules/.package-lock.json";
/// Some 100 MB are fetched and unpacked.
const DEADLINE: Duration = Duration::from_secs(300);

/// Chromium's program.
///
/// # Errors
/// When there is none; the message says how to get it.
pub(super) fn chromium() -> anyhow::Result<PathBuf> {
    if let Some(path) = std::env::var_os(VARIABLE).map(PathBuf::from) {
        if path.is_file() {
            return Ok(path);
        }
        bail!("{VARIABLE}: {} is not a file", path.display());
    }
    in_path(&NAMES).with_context(|| {
        format!("Chromium was not found: install it (Debian: apt-get install chromium), or set {VARIABLE}")
    })
}

/// Node's program.
///
/// # Errors
/// When there is none.
pub(super) fn node() -> anyhow::Result<PathBuf> {
    in_path(&["node"]).context("Node was not found: install version 20 or later (Debian: apt-get install nodejs npm)")
}

fn in_path(names: &[&str]) -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let found = std::env::split_paths(&path).flat_map(|folder| names.iter().map(move |name| folder.join(name)));
    found.into_iter().find(|program| program.is_file())
}

/// Installs the packages when the committed lock names others than those that are there. Several programs may ask at once.
///
/// # Errors
/// When npm fails; the message ends with what it said.
pub(super) async fn packages() -> anyhow::Result<()> {
    let folder = Path::new(FOLDER);
    if is_installed(folder) {
        return Ok(());
    }
    let turn = File::create(folder.join(".installing"))?;
    // Waits for whoever is installing; that one has a deadline.
    let turn = tokio::task::spawn_blocking(move || turn.lock().map(|()| turn)).await??;
    if !is_installed(folder) {
        let mut command = Command::new("npm");
        command.args(["ci", "--ignore-scripts", "--no-progress"]).current_dir(folder).stdin(Stdio::null());
        let output = tokio::time::timeout(DEADLINE, command.kill_on_drop(true).output()).await;
        let output = output.with_context(|| format!("`npm ci` did not end within {DEADLINE:?}"))?;
        let output = output.context("npm cannot be started (Debian: apt-get install npm)")?;
        if !output.status.success() {
            bail!("`npm ci` in {} failed:\n{}", folder.display(), String::from_utf8_lossy(&output.stderr));
        }
    }
    turn.unlock()?;
    Ok(())
}

/// Whether every package is there in the version that the lock names. Some belong to other systems: those are optional.
fn is_installed(folder: &Path) -> bool {
    let (Some(wanted), Some(installed)) = (packages_of(&folder.join(WANTED)), packages_of(&folder.join(INSTALLED)))
    else {
        return false;
    };
    let mut wanted = wanted.iter().filter(|(path, entry)| !path.is_empty() && entry["optional"] != true);
    wanted.all(|(path, entry)| installed.get(path).is_some_and(|found| found["version"] == entry["version"]))
}

fn packages_of(lock: &Path) -> Option<Map<String, Value>> {
    let mut lock: Value = serde_json::from_slice(&std::fs::read(lock).ok()?).ok()?;
    match lock["packages"].take() {
        Value::Object(packages) => Some(packages),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used)]
    use super::*;

    #[test]
    fn packages_count_only_in_the_versions_that_the_lock_names() {
        let folder = tempfile::tempdir().unwrap();
        let lock = |name: &str, text: &str| std::fs::write(folder.path().join(name), text).unwrap();
        std::fs::create_dir(folder.path().join("node_modules")).unwrap();
        assert!(!is_installed(folder.path()), "no lock at all");
        lock(WANTED, r#"{"packages": {"": {}, "a": {"version": "1"}, "b": {"version": "2", "optional": true}}}"#);
        assert!(!is_installed(folder.path()), "nothing installed");
        lock(INSTALLED, r#"{"packages": {"a": {"version": "1"}}}"#);
        assert!(is_installed(folder.path()));
        lock(INSTALLED, r#"{"packages": {"a": {"version": "2"}}}"#);
        assert!(!is_installed(folder.path()), "another version");
    }
}
