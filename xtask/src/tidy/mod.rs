//! `cargo xtask tidy`: the house rules that a machine can check.
//!
//! Each rule is a pure function over [`SourceFile`]s or manifests, so that its tests run on made-up inputs.

mod code;
mod crate_docs;
mod dependencies;
mod links;
mod modules;
mod neutral;
mod sizes;
mod test_code;
mod words;

use std::fs;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use anyhow::{Context, Result, bail};

use crate::command::run_quiet;
use crate::{screen, workspace};

/// How long git may take to list the files.
const GIT_DEADLINE: Duration = Duration::from_secs(60);

/// A text file of the repository.
#[derive(Debug)]
struct SourceFile {
    /// Path below the repository's root, with `/`.
    path: String,
    text: String,
}

impl SourceFile {
    fn has_extension(&self, extensions: &[&str]) -> bool {
        self.path.rsplit_once('.').is_some_and(|(_, extension)| extensions.contains(&extension))
    }
}

/// What the rules found.
#[derive(Debug, Default)]
struct Findings {
    /// Broken rules, as `path[:line]: what is wrong`.
    broken: Vec<String>,
    /// Worth knowing, not wrong.
    notes: Vec<String>,
}

pub(crate) fn run() -> Result<()> {
    let root = workspace::root()?;
    let paths = list_files(&root)?;
    let files = read_files(&root, &paths)?;
    let mut findings = Findings::default();
    sizes::check(&files, &mut findings);
    crate_docs::check(&files, &mut findings);
    dependencies::check(&files, &mut findings);
    modules::check(&files, &mut findings);
    neutral::check(&files, &mut findings);
    words::check(&files, &mut findings);
    links::check(&files, &paths, &mut findings);
    for note in &findings.notes {
        screen::line(&format!("note: {note}"));
    }
    for broken in &findings.broken {
        screen::line(broken);
    }
    if !findings.broken.is_empty() {
        bail!("{} house rules are broken, see above", findings.broken.len());
    }
    screen::line(&format!("tidy: {} files", files.len()));
    Ok(())
}

/// Every file that is tracked, or would be after `git add --all`.
fn list_files(root: &Path) -> Result<Vec<String>> {
    let mut git = Command::new("git");
    // Listing runs no hook, so a clone that another user owns is fine.
    git.current_dir(root).args([
        "-c",
        "safe.directory=*",
        "ls-files",
        "-z",
        "--cached",
        "--others",
        "--exclude-standard",
    ]);
    let listed = run_quiet(git, GIT_DEADLINE).context("tidy asks git for the tracked files")?;
    // A deleted file is still listed; a link leads to a file that is listed itself, or outside.
    let there = |path: &&str| !path.is_empty() && root.join(path).is_file() && !root.join(path).is_symlink();
    Ok(listed.split('\0').filter(there).map(str::to_owned).collect())
}

/// Those that are text.
fn read_files(root: &Path, paths: &[String]) -> Result<Vec<SourceFile>> {
    let mut files = Vec::new();
    for path in paths {
        let full = root.join(path);
        let bytes = fs::read(&full).with_context(|| format!("cannot read {path}"))?;
        if let Ok(text) = String::from_utf8(bytes) {
            files.push(SourceFile { path: path.clone(), text });
        }
    }
    Ok(files)
}

#[cfg(test)]
fn file(path: &str, text: &str) -> SourceFile {
    SourceFile { path: path.to_owned(), text: text.to_owned() }
}
