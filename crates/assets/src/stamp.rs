//! Stamps: the memory that a file's hash was verified, so that the next look is cheap.
//!
//! A stamp lies next to its file and records the pinned hash together with the file's size and modification time at the
//! moment of verification. Any difference sends the caller back to hashing. Stamps are a memory, not a protection against someone
//! who can write to the user's own cache folder.

use std::fs::{self, File, Metadata, Permissions};
use std::io::{self, Read, Write};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::time::UNIX_EPOCH;

use sha2::{Digest, Sha256};

use crate::AssetError;

/// How the name of an unfinished file in the assets folder begins, a stamp's too.
pub(crate) const PARTIAL_PREFIX: &str = ".partial-";
/// Bytes read at once while hashing.
const CHUNK: usize = 1 << 20;

/// Where the stamp of `file` lies.
pub(crate) fn stamp_path(file: &Path) -> PathBuf {
    let mut name = file.as_os_str().to_owned();
    name.push(".verified");
    PathBuf::from(name)
}

/// Whether `file`, whose metadata is `metadata`, was verified against `sha256` and not touched since.
pub(crate) fn matches(file: &Path, metadata: &Metadata, sha256: &str) -> bool {
    match (fs::read_to_string(stamp_path(file)), text(metadata, sha256)) {
        (Ok(recorded), Ok(expected)) => recorded == expected,
        (Ok(_) | Err(_), Ok(_) | Err(_)) => false,
    }
}

/// Records that `file` has just been verified against `sha256`.
pub(crate) fn write(file: &Path, sha256: &str) -> io::Result<()> {
    let folder = file.parent().unwrap_or(Path::new("."));
    let mut temporary = tempfile::Builder::new()
        .prefix(PARTIAL_PREFIX)
        .permissions(Permissions::from_mode(0o644))
        .tempfile_in(folder)?;
    temporary.write_all(text(&fs::metadata(file)?, sha256)?.as_bytes())?;
    temporary.persist(stamp_path(file)).map_err(|error| error.error)?;
    Ok(())
}

fn text(metadata: &Metadata, sha256: &str) -> io::Result<String> {
    let modified = metadata.modified()?.duration_since(UNIX_EPOCH).map_err(io::Error::other)?;
    Ok(format!("{sha256} {} {}\n", metadata.len(), modified.as_nanos()))
}

/// The sha256 of a file, lower-case hex.
///
/// # Errors
/// [`AssetError::Io`] when the file cannot be read.
pub fn sha256_of(path: &Path) -> Result<String, AssetError> {
    hash_file(path).map_err(AssetError::io("read", path))
}

/// The sha256 of a file, lower-case hex.
pub(crate) fn hash_file(path: &Path) -> io::Result<String> {
    let mut file = File::open(path)?;
    let mut hasher = Sha256::new();
    let mut buffer = vec![0; CHUNK];
    loop {
        let read = file.read(&mut buffer)?;
        if read == 0 {
            return Ok(hex(hasher));
        }
        hasher.update(&buffer[..read]);
    }
}

/// The hasher's result, lower-case hex.
pub(crate) fn hex(hasher: Sha256) -> String {
    hasher.finalize().iter().map(|byte| format!("{byte:02x}")).collect()
}
