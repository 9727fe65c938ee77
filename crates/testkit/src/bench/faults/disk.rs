//! A small disk that can be filled: a file system in memory, mounted for the run. Needs the rights to mount.

use std::fs::OpenOptions;
use std::io::Write as _;
use std::path::Path;
use std::process::Command;

use anyhow::Context as _;
use tempfile::TempDir;

/// Room for the calls of a run, many times over.
const SIZE: &str = "size=32m";
const FILLER: &str = "filler";
const BLOCK: [u8; 4096] = [b'.'; 4096];

pub(super) struct Disk {
    folder: TempDir,
}

impl Disk {
    pub(super) fn mount() -> anyhow::Result<Self> {
        let folder = tempfile::Builder::new().prefix("visavis-disk-").tempdir()?;
        let mounted = Command::new("mount").args(["-t", "tmpfs", "-o", SIZE, "tmpfs"]).arg(folder.path()).output()?;
        let why = String::from_utf8_lossy(&mounted.stderr).into_owned();
        anyhow::ensure!(mounted.status.success(), "a small disk can't be mounted; run this as root: {why}");
        Ok(Self { folder })
    }

    pub(super) fn path(&self) -> &Path {
        self.folder.path()
    }

    /// Until not one byte more can be written.
    pub(super) fn fill(&self) -> anyhow::Result<()> {
        let filler = self.path().join(FILLER);
        let mut file = OpenOptions::new().create(true).append(true).open(&filler).context("a filler")?;
        while file.write_all(&BLOCK).is_ok() {}
        Ok(())
    }

    /// There is room again.
    pub(super) fn free(&self) -> anyhow::Result<()> {
        Ok(std::fs::remove_file(self.path().join(FILLER))?)
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        // What still has a file open there keeps it for as long; the rest goes with the folder.
        let _ = Command::new("umount").arg("-l").arg(self.folder.path()).status();
    }
}
