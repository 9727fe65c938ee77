//! Where calls are kept, so that they outlive workers and this server.

use std::path::PathBuf;

use calls::Address;
use proto::worker::ENV_STORE;
use sha2::{Digest as _, Sha256};

use super::SfuAddress;
use super::variables::{SettingsError, Variables, malformed};

/// The file that holds the address, as that may hold a password.
pub(super) const STORE_FILE: &str = "VISAVIS_STORE_FILE";
/// In place of an address: calls are not kept.
const NONE: &str = "none";

/// The store that was named, or a file of this user's for this LiveKit server: token servers of other ones have rooms of
/// the same names. `None` when calls are not to be kept, or there is no place for them.
pub(super) fn resolve(variables: &Variables<'_>, sfu: &SfuAddress) -> Result<Option<Address>, SettingsError> {
    let address = match variables.text_or_file(ENV_STORE, STORE_FILE)? {
        Some((_, text)) if text == NONE => return Ok(None),
        Some((setting, text)) => {
            return Ok(Some(text.parse().map_err(|error: calls::AddressError| malformed(setting, error.to_string()))?));
        }
        None => default_file(variables, sfu),
    };
    // A folder whose name no file can have is as good as none.
    Ok(address.and_then(|file| format!("sqlite:{}", file.display()).parse().ok()))
}

fn default_file(variables: &Variables<'_>, sfu: &SfuAddress) -> Option<PathBuf> {
    let state = variables.raw("XDG_STATE_HOME").map(PathBuf::from);
    let home = || variables.raw("HOME").map(|home| PathBuf::from(home).join(".local/state"));
    let folder = state.or_else(home).filter(|folder| folder.is_absolute())?;
    let digest = Sha256::digest(sfu.as_str().as_bytes());
    let name: String = digest.iter().take(8).map(|byte| format!("{byte:02x}")).collect();
    Some(folder.join("visavis").join(format!("calls-{name}.db")))
}
