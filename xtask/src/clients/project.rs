//! A folder with a `package.json`, and its scripts.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, anyhow, bail};

use crate::command::run_reporting;
use crate::{screen, workspace};

/// Where the clients' code is, from the repository's root.
const FOLDER: &str = "mobile-client";
/// Where the code is that drives a browser in tests.
const BROWSER: &str = "crates/testkit/browser";

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

    /// What drives a browser in tests.
    pub(super) fn browser() -> Result<Project> {
        Project::open(workspace::root()?.join(BROWSER))
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
        result.map_err(without_usage).with_context(|| format!("in {}", self.folder.display()))?;
        screen::line(&format!("{shown}: {:.1} s", started.elapsed().as_secs_f64()));
        Ok(())
    }
}

/// The same without the list of every flag that npm adds to some of its errors.
fn without_usage(error: anyhow::Error) -> anyhow::Error {
    let text = format!("{error:#}");
    match text.find("\nnpm error Usage:") {
        Some(end) => anyhow!("{}", text[..end].trim_end()),
        None => error,
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used)]
    use super::*;

    #[test]
    fn an_error_keeps_its_cause_and_loses_the_list_of_flags() {
        let error = anyhow!("`npm ci` ended with 1:\nnpm error not in sync\nnpm error Usage:\nnpm error npm ci\n");
        assert_eq!(without_usage(error).to_string(), "`npm ci` ended with 1:\nnpm error not in sync");
        assert_eq!(format!("{:#}", without_usage(anyhow!("inner").context("outer"))), "outer: inner");
    }

    #[test]
    fn a_folder_without_a_package_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let message = Project::open(folder.path().to_owned()).unwrap_err().to_string();
        assert!(message.contains("package.json"), "{message}");
    }
}
