//! The LiveKit server (SFU) that demo and tests run: found, or compiled once into the cache.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use anyhow::{Context, Result, bail};

use crate::children::LIVEKIT_SERVER_VARIABLE;
use crate::command::run_quiet;

/// The version that is compiled. Later ones than 1.13.8 do not install this way.
const VERSION: &str = "v1.13.5";
const PACKAGE: &str = "github.com/livekit/livekit-server/cmd/server";
const NAME: &str = "livekit-server";
/// About five minutes of processor time, and a download.
const DEADLINE: Duration = Duration::from_secs(40 * 60);

/// The binary, absolute: `LIVEKIT_SERVER_BIN`, then PATH, then the cache. A variable that names no program is an error.
pub(super) fn find(cache: &Path) -> Result<Option<PathBuf>> {
    find_in(
        cache,
        std::env::var_os(LIVEKIT_SERVER_VARIABLE).filter(|value| !value.is_empty()).map(PathBuf::from),
        std::env::split_paths(&std::env::var_os("PATH").unwrap_or_default()).collect(),
    )
}

fn find_in(cache: &Path, configured: Option<PathBuf>, path: Vec<PathBuf>) -> Result<Option<PathBuf>> {
    // Whoever starts it may do so from another folder.
    let absolute = |path: PathBuf| {
        std::path::absolute(&path).with_context(|| format!("{}: there is no current folder", path.display()))
    };
    if let Some(binary) = configured {
        if !is_program(&binary) {
            bail!("{LIVEKIT_SERVER_VARIABLE}={}: there is no program of that name", binary.display());
        }
        return absolute(binary).map(Some);
    }
    if let Some(binary) = path.iter().map(|folder| folder.join(NAME)).find(|binary| is_program(binary)) {
        return absolute(binary).map(Some);
    }
    let recorded = fs::read_to_string(record(cache)).unwrap_or_default();
    let binary = cached(cache);
    Ok((recorded.trim() == VERSION && is_program(&binary)).then_some(binary))
}

/// Compiles the pinned version into the cache.
pub(super) fn install(cache: &Path) -> Result<PathBuf> {
    let folder = cache.join("bin");
    fs::create_dir_all(&folder).with_context(|| format!("cannot create {}", folder.display()))?;
    let workplace = tempfile::Builder::new()
        .prefix(".install-")
        .tempdir_in(&folder)
        .with_context(|| format!("cannot write into {}", folder.display()))?;
    let mut command = Command::new("go");
    command.arg("install").arg(format!("{PACKAGE}@{VERSION}"));
    command.env("GOBIN", workplace.path()).current_dir(workplace.path());
    run_quiet(command, DEADLINE).context("livekit-server could not be installed")?;
    let binary = cached(cache);
    fs::rename(workplace.path().join("server"), &binary)
        .with_context(|| format!("cannot put {} in place", binary.display()))?;
    fs::write(record(cache), format!("{VERSION}\n")).context("cannot record the version of livekit-server")?;
    Ok(binary)
}

fn cached(cache: &Path) -> PathBuf {
    cache.join("bin").join(NAME)
}

/// Says which version the cached binary has.
fn record(cache: &Path) -> PathBuf {
    cache.join("bin").join(format!("{NAME}.version"))
}

fn is_program(path: &Path) -> bool {
    path.metadata().is_ok_and(|metadata| metadata.is_file() && metadata.permissions().mode() & 0o111 != 0)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used)]
    use super::*;

    fn program(path: &Path) -> PathBuf {
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, "").unwrap();
        fs::set_permissions(path, fs::Permissions::from_mode(0o755)).unwrap();
        path.to_owned()
    }

    #[test]
    fn the_variable_wins_over_path_and_path_over_the_cache() {
        let folder = tempfile::tempdir().unwrap();
        let chosen = program(&folder.path().join("mine"));
        let on_path = program(&folder.path().join("path/livekit-server"));
        let cached = program(&folder.path().join("bin/livekit-server"));
        fs::write(record(folder.path()), VERSION).unwrap();
        let path = || vec![folder.path().join("path")];
        assert_eq!(find_in(folder.path(), Some(chosen.clone()), path()).unwrap(), Some(chosen));
        assert_eq!(find_in(folder.path(), None, path()).unwrap(), Some(on_path));
        assert_eq!(find_in(folder.path(), None, vec![]).unwrap(), Some(cached));
    }

    #[test]
    fn a_cached_binary_of_another_version_does_not_count() {
        let folder = tempfile::tempdir().unwrap();
        program(&folder.path().join("bin/livekit-server"));
        assert_eq!(find_in(folder.path(), None, vec![]).unwrap(), None);
        fs::write(record(folder.path()), "v1.0.0\n").unwrap();
        assert_eq!(find_in(folder.path(), None, vec![]).unwrap(), None);
    }

    #[test]
    fn a_relative_name_becomes_absolute() {
        let here = std::env::current_dir().unwrap();
        let folder = tempfile::tempdir_in(&here).unwrap();
        let binary = program(&folder.path().join(NAME));
        let relative = binary.strip_prefix(&here).unwrap();
        assert_eq!(find_in(&here, Some(relative.to_owned()), vec![]).unwrap().as_ref(), Some(&binary));
        let path = vec![relative.parent().unwrap().to_owned()];
        assert_eq!(find_in(&here, None, path).unwrap().as_ref(), Some(&binary));
    }

    #[test]
    fn a_variable_that_names_no_program_is_an_error_that_names_it() {
        let folder = tempfile::tempdir().unwrap();
        let message = find_in(folder.path(), Some(folder.path().join("nothing")), vec![]).unwrap_err().to_string();
        assert!(message.contains(LIVEKIT_SERVER_VARIABLE) && message.contains("nothing"), "{message}");
    }
}
