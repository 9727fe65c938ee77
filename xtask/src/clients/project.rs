//! A folder with a `package.json`, and its scripts.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};

use crate::command::run_reporting;
use crate::{screen, workspace};

/// Where the clients' code is, from the repository's root.
const FOLDER: &str = "mobile-client";

/// A project of npm.
#[derive(Debug, Clone)]
pub(super) struct Project {
    folder: PathBuf,
}

impl Project {
    /// The clients' code.
    pub(super) fn clients() -> Result<Project> {
        Project::open(workspace::root()?.join(FOLDER))
    }

    /// The project in a folder.
    pub(super) fn open(folder: PathBuf) -> Result<Project> {
        if !folder.join("package.json").is_file() {
            bail!("{} has no package.json", folder.display());
        }
        Ok(Project { folder })
    }

    pub(super) fn folder(&self) -> &Path {
        &self.folder
    }

    /// Runs `npm` and says how long it took; its output is only seen, the end of it, when it fails.
    pub(super) fn npm(&self, arguments: &[&str], deadline: Duration) -> Result<()> {
        let mut command = Command::new("npm");
        command.current_dir(&self.folder).args(arguments).env("NO_COLOR", "1").env_remove("FORCE_COLOR");
        let shown = format!("npm {}", arguments.join(" "));
        let working = screen::working(&shown);
        let started = Instant::now();
        let result = run_reporting(command, deadline);
        drop(working);
        result.with_context(|| format!("in {}", self.folder.display()))?;
        screen::line(&format!("{shown}: {:.1} s", started.elapsed().as_secs_f64()));
        Ok(())
    }
}
