//! `npm ci`, when the lock file is another one than at the last time.

use std::fs;
use std::time::Duration;

use anyhow::{Context, Result};

use super::fingerprint::of_files;
use super::project::Project;

/// Files that decide what is installed.
const DECIDING: [&str; 3] = ["package.json", "package-lock.json", ".npmrc"];
/// Where the installed packages are; the record of what they were installed for lies among them, and goes with them.
const RECORD: &str = "node_modules/.visavis-installed";
/// About 1000 packages, from a registry that may be slow.
const DEADLINE: Duration = Duration::from_secs(20 * 60);

/// Makes what drives a browser in tests ready.
pub(crate) fn browser() -> Result<()> {
    run(&Project::browser()?)
}

/// Brings `node_modules` up to date; does nothing when it is.
pub(super) fn run(project: &Project) -> Result<()> {
    let wanted = of_files(project.folder(), DECIDING.map(str::to_owned))?;
    let record = project.folder().join(RECORD);
    if fs::read_to_string(&record).is_ok_and(|installed| installed == wanted) {
        return Ok(());
    }
    project.npm(&["ci", "--no-audit", "--no-fund"], DEADLINE)?;
    // A project without packages has no such folder.
    if let Some(folder) = record.parent() {
        fs::create_dir_all(folder)?;
    }
    fs::write(&record, wanted).with_context(|| format!("cannot write {}", record.display()))
}
