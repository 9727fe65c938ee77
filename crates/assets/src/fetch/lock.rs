//! The lock that keeps two fetching processes apart.

use std::fs::{File, TryLockError};
use std::path::Path;
use std::thread;
use std::time::{Duration, Instant};

use super::{FetchError, Progress};
use crate::AssetError;

/// Name of the lock file in the downloads folder. The file stays; the lock on it ends with its process.
const LOCK_FILE: &str = "lock";
/// How long to wait for another run.
const DEADLINE: Duration = Duration::from_secs(45 * 60);
/// How often to look whether the other run has ended.
const POLL: Duration = Duration::from_millis(200);

/// Takes the lock; it is held until the returned file is dropped.
pub(super) fn acquire(downloads: &Path, progress: &dyn Progress) -> Result<File, FetchError> {
    let started = Instant::now();
    let mut told = false;
    loop {
        if let Some(lock) = try_acquire(downloads)? {
            return Ok(lock);
        }
        if progress.stopped() {
            return Err(FetchError::Interrupted);
        }
        if started.elapsed() > DEADLINE {
            return Err(FetchError::Busy(DEADLINE));
        }
        if !told {
            progress.waiting();
            told = true;
        }
        thread::sleep(POLL);
    }
}

/// Takes the lock if no other process holds it.
fn try_acquire(downloads: &Path) -> Result<Option<File>, AssetError> {
    let path = downloads.join(LOCK_FILE);
    let file =
        File::options().create(true).truncate(false).write(true).open(&path).map_err(AssetError::io("open", &path))?;
    match file.try_lock() {
        Ok(()) => Ok(Some(file)),
        Err(TryLockError::WouldBlock) => Ok(None),
        Err(TryLockError::Error(error)) => Err(AssetError::io("lock", &path)(error)),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used)]
    use super::*;

    #[test]
    fn only_one_holder_at_a_time() {
        let folder = tempfile::tempdir().unwrap();
        let held = try_acquire(folder.path()).unwrap();
        assert!(held.is_some());
        assert!(try_acquire(folder.path()).unwrap().is_none());
        drop(held);
        assert!(try_acquire(folder.path()).unwrap().is_some());
    }
}
