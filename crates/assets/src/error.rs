//! Why a pinned file cannot be handed out.

use std::path::PathBuf;

use crate::{Asset, Group};

/// What brings the file with this key.
fn command(id: &str) -> &'static str {
    match Asset::by_id(id).map(Asset::group) {
        Some(Group::Choice | Group::Source) => "cargo xtask assets --group choice",
        Some(Group::Worker | Group::Test) | None => "cargo xtask assets",
    }
}

/// Why a pinned file cannot be handed out. Each message says what to run.
#[derive(Debug, thiserror::Error)]
pub enum AssetError {
    /// The file is not in the cache.
    #[error("{asset} is missing: {path} does not exist; run `{}`", command(asset), path = path.display())]
    Missing {
        /// The file's key in the manifest.
        asset: &'static str,
        /// Where it was looked for.
        path: PathBuf,
    },
    /// The file is there, with other bytes than the pinned ones.
    #[error(
        "{asset} is corrupt: {path} has {found}, expected {expected}; run `{}`",
        command(asset),
        path = path.display()
    )]
    Corrupt {
        /// The file's key in the manifest.
        asset: &'static str,
        /// The file.
        path: PathBuf,
        /// The pinned size or sha256.
        expected: String,
        /// The size or sha256 that the file has.
        found: String,
    },
    /// Native code for another platform than this one.
    #[error(
        "{asset} is only known for {needed} so far, this machine is {found}: add its library for {found} to assets.toml"
    )]
    Platform {
        /// The file's key in the manifest.
        asset: &'static str,
        /// The platform that the pinned file is for.
        needed: String,
        /// The platform of this build.
        found: String,
    },
    /// Neither the environment nor the system names a cache folder.
    #[error("no cache folder: set VISAVIS_CACHE to a folder that may hold about 2 GB")]
    NoCacheFolder,
    /// The embedded manifest does not hold together.
    #[error("assets.toml: {0}")]
    Manifest(String),
    /// A file or folder could not be read or written.
    #[error("cannot {what} {path}: {source}", path = path.display())]
    Io {
        /// What was tried, as a verb.
        what: &'static str,
        /// On which file or folder.
        path: PathBuf,
        /// What the system answered.
        source: std::io::Error,
    },
}

impl AssetError {
    pub(crate) fn io(what: &'static str, path: impl Into<PathBuf>) -> impl FnOnce(std::io::Error) -> AssetError {
        let path = path.into();
        move |source| AssetError::Io { what, path, source }
    }
}
