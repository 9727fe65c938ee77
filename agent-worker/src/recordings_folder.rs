//! Where recordings go that were not asked for by name.

use std::path::PathBuf;
use std::time::{SystemTime, UNIX_EPOCH};

use proto::worker::ENV_RECORDINGS;

/// A folder of its own for a call in `room`, in the folder that is meant for all of them; `None` when there is none.
#[must_use]
pub fn folder_for(room: &str) -> Option<PathBuf> {
    let all = std::env::var_os(ENV_RECORDINGS).filter(|folder| !folder.is_empty())?;
    let plain: String = room.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '-' }).take(60).collect();
    let began = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    Some(PathBuf::from(all).join(format!("{plain}-{}", began.as_millis())))
}
