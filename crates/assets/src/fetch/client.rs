//! The ordinary package clients, run as child processes.
//!
//! Only wheels and npm archives are asked for, and npm's scripts are off: no code out of a package is ever run.

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use crate::{Carrier, Client};

/// How long one carrier may take. The largest has 90 MB: this allows for 100 kB/s.
const DEADLINE: Duration = Duration::from_secs(15 * 60);
/// How often a running client is looked at.
const POLL: Duration = Duration::from_millis(100);
/// The Python whose wheels are asked for, whichever Python runs pip.
const WHEEL_PYTHON: &str = "3.11";
/// How many of a client's last lines go into an error.
const TAIL_LINES: usize = 8;

/// Why a package client did not bring a package.
#[derive(Debug, thiserror::Error)]
pub enum ClientError {
    /// The client is not installed.
    #[error("`{program}` is not installed; `cargo xtask setup` says what is needed")]
    NotInstalled {
        /// The program.
        program: &'static str,
    },
    /// The client ended with an error.
    #[error("`{program}` ended with {status}:\n{tail}")]
    Failed {
        /// The program.
        program: &'static str,
        /// Its exit status.
        status: ExitStatus,
        /// The last lines that it printed.
        tail: String,
    },
    /// The client took too long and was ended.
    #[error("nothing after {} minutes; is there a network?", .0.as_secs() / 60)]
    Deadline(Duration),
    /// The client ended well, without exactly one archive to show for it.
    #[error("`{program}` left {found} archives instead of one")]
    NoArchive {
        /// The program.
        program: &'static str,
        /// How many it left.
        found: usize,
    },
    /// Another download failed, so this one was ended.
    #[error("stopped, because another download failed")]
    Stopped,
    /// The client could not be run or watched.
    #[error("cannot run the package client: {0}")]
    Io(#[from] io::Error),
}

/// Where carriers come from.
pub(super) trait Registry: Sync {
    /// Brings a carrier's archive somewhere into `workplace`, an empty folder, and says where.
    ///
    /// Calls `watch` now and then with the bytes that have arrived; ends early when that answers `false`.
    fn download(
        &self,
        carrier: &Carrier,
        workplace: &Path,
        watch: &mut dyn FnMut(u64) -> bool,
    ) -> Result<PathBuf, ClientError>;
}

/// pip and npm, as they are installed and configured on this machine.
pub(super) struct PackageClients;

impl Registry for PackageClients {
    fn download(
        &self,
        carrier: &Carrier,
        workplace: &Path,
        watch: &mut dyn FnMut(u64) -> bool,
    ) -> Result<PathBuf, ClientError> {
        let out = workplace.join("archive");
        let temporary = workplace.join("temporary");
        fs::create_dir(&out)?;
        fs::create_dir(&temporary)?;
        let program = match carrier.client {
            Client::Pip => "python3",
            Client::Npm => "npm",
        };
        let mut command = match carrier.client {
            Client::Pip => pip(carrier, &out),
            Client::Npm => npm(carrier, &out, &temporary),
        };
        // The clients' own temporary files: below our folder they can be measured, and are gone with it.
        command.env("TMPDIR", &temporary).current_dir(workplace);
        let log = workplace.join("client.log");
        let output = File::create(&log)?;
        command.stdin(Stdio::null()).stdout(output.try_clone()?).stderr(output);
        let child = command.spawn().map_err(|error| match error.kind() {
            io::ErrorKind::NotFound => ClientError::NotInstalled { program },
            _ => ClientError::Io(error),
        })?;
        let status = wait(child, workplace, watch)?;
        if !status.success() {
            return Err(ClientError::Failed { program, status, tail: tail(&log) });
        }
        only_file(&out, program)
    }
}

fn pip(carrier: &Carrier, out: &Path) -> Command {
    let mut command = Command::new("python3");
    command.args(["-m", "pip", "download", "--no-input", "--disable-pip-version-check", "--quiet"]);
    command.args(["--no-deps", "--no-cache-dir", "--only-binary=:all:", "--python-version", WHEEL_PYTHON]);
    if let Some(platform) = &carrier.platform {
        command.args(["--platform", platform]);
    }
    command.arg("--dest").arg(out).arg(&carrier.package);
    // Nothing is installed, so a policy against installing outside a virtual environment does not apply.
    command.env_remove("PIP_REQUIRE_VIRTUALENV");
    command
}

fn npm(carrier: &Carrier, out: &Path, temporary: &Path) -> Command {
    let mut command = Command::new("npm");
    command.args(["pack", "--silent", "--ignore-scripts", "--no-update-notifier"]);
    command.arg("--cache").arg(temporary).arg("--pack-destination").arg(out).arg(&carrier.package);
    command
}

/// Waits for a client, telling `watch` how the folder grows; ends the client on a deadline or when told to.
fn wait(mut child: Child, workplace: &Path, watch: &mut dyn FnMut(u64) -> bool) -> Result<ExitStatus, ClientError> {
    let started = Instant::now();
    loop {
        if let Some(status) = child.try_wait()? {
            return Ok(status);
        }
        let failure = if started.elapsed() > DEADLINE {
            Some(ClientError::Deadline(DEADLINE))
        } else if !watch(size_below(workplace)) {
            Some(ClientError::Stopped)
        } else {
            None
        };
        if let Some(failure) = failure {
            child.kill()?;
            child.wait()?;
            return Err(failure);
        }
        thread::sleep(POLL);
    }
}

/// Bytes of all files below a folder. Files that vanish meanwhile count nothing.
fn size_below(folder: &Path) -> u64 {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    entries
        .map(|entry| match entry.metadata() {
            Ok(metadata) if metadata.is_dir() => size_below(&entry.path()),
            Ok(metadata) => metadata.len(),
            Err(_) => 0,
        })
        .sum()
}

fn tail(log: &Path) -> String {
    let text = fs::read(log).map(|bytes| String::from_utf8_lossy(&bytes).into_owned()).unwrap_or_default();
    let lines: Vec<&str> = text.lines().collect();
    lines[lines.len().saturating_sub(TAIL_LINES)..].join("\n")
}

fn only_file(folder: &Path, program: &'static str) -> Result<PathBuf, ClientError> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder)? {
        files.push(entry?.path());
    }
    match <[PathBuf; 1]>::try_from(files) {
        Ok([file]) => Ok(file),
        Err(files) => Err(ClientError::NoArchive { program, found: files.len() }),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used)]
    use super::*;

    #[test]
    fn a_client_is_ended_as_soon_as_the_watcher_says_so() {
        let folder = tempfile::tempdir().unwrap();
        let child = Command::new("sleep").arg("600").spawn().unwrap();
        let result = wait(child, folder.path(), &mut |_| false);
        assert!(matches!(result, Err(ClientError::Stopped)));
    }

    #[test]
    fn the_watcher_is_told_the_bytes_below_the_folder() {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir(folder.path().join("below")).unwrap();
        fs::write(folder.path().join("one"), [0; 3]).unwrap();
        fs::write(folder.path().join("below/two"), [0; 4]).unwrap();
        assert_eq!(size_below(folder.path()), 7);
    }

    #[test]
    fn exactly_one_archive_is_expected() {
        let folder = tempfile::tempdir().unwrap();
        assert!(matches!(only_file(folder.path(), "npm"), Err(ClientError::NoArchive { found: 0, .. })));
        fs::write(folder.path().join("one"), b"").unwrap();
        assert!(only_file(folder.path(), "npm").is_ok());
        fs::write(folder.path().join("two"), b"").unwrap();
        assert!(matches!(only_file(folder.path(), "npm"), Err(ClientError::NoArchive { found: 2, .. })));
    }
}
