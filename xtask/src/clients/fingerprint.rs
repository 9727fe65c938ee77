//! One hash over the files that a build is made of.

use std::fs;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use anyhow::{Context, Result};
use sha2::{Digest, Sha256};

use crate::command::run_quiet;

/// How long git may take to list the files.
const GIT_DEADLINE: Duration = Duration::from_secs(60);
/// What is made of the sources, should git not be told to ignore it.
const MADE: [&str; 2] = ["node_modules/", "dist/"];

/// The hash of everything in `folder` that git tracks, or would after `git add --all`.
pub(super) fn of_folder(folder: &Path) -> Result<String> {
    let mut git = Command::new("git");
    git.current_dir(folder);
    // Listing runs no hook, so a clone that another user owns is fine.
    git.args(["-c", "safe.directory=*", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]);
    let listed = run_quiet(git, GIT_DEADLINE).context("cannot list the sources")?;
    let source = |path: &&str| !path.is_empty() && !MADE.iter().any(|made| path.starts_with(made));
    of_files(folder, listed.split('\0').filter(source).map(str::to_owned))
}

/// The hash of these files of a folder, with their names; one that is not there counts as such.
pub(super) fn of_files(folder: &Path, names: impl IntoIterator<Item = String>) -> Result<String> {
    let mut names: Vec<String> = names.into_iter().collect();
    names.sort_unstable();
    let mut hash = Sha256::new();
    for name in names {
        let path = folder.join(&name);
        let contents = match fs::read(&path) {
            Ok(contents) => contents,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => continue,
            Err(error) => return Err(error).with_context(|| format!("cannot read {}", path.display())),
        };
        // Lengths keep the end of one from passing for the beginning of the next.
        for part in [name.as_bytes(), &contents] {
            hash.update((part.len() as u64).to_le_bytes());
            hash.update(part);
        }
    }
    Ok(hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used)]
    use super::*;

    #[test]
    fn names_contents_and_the_border_between_files_count() {
        let hash = |files: &[(&str, &str)]| {
            let folder = tempfile::tempdir().unwrap();
            for (name, text) in files {
                fs::write(folder.path().join(name), text).unwrap();
            }
            of_files(folder.path(), files.iter().map(|(name, _)| (*name).to_owned())).unwrap()
        };
        let first = hash(&[("a", "one"), ("b", "two")]);
        assert_eq!(first, hash(&[("b", "two"), ("a", "one")]));
        for other in [[("a", "one"), ("b", "tw")], [("a", "onet"), ("b", "wo")], [("a", "one"), ("c", "two")]] {
            assert_ne!(first, hash(&other), "{other:?}");
        }
    }
}
