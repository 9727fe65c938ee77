//! Where recordings go that were not asked for by name.

use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};

/// A folder of its own for a call in `room`, in the folder that is meant for all of them.
#[must_use]
pub fn folder_within(all: &Path, room: &str) -> PathBuf {
    let plain: String = room.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '-' }).take(60).collect();
    let began = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    all.join(format!("{plain}-{}", began.as_millis()))
}
