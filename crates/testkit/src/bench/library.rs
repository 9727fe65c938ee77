//! The room library for a benchmark that measures memory.

use assets::{Asset, Assets};
use room::ffi::FfiConnector;

/// Loads a copy of the library, made for this process alone: pages that the scripted caller shared with our workers would
/// make them look smaller than they are.
///
/// # Errors
/// When the library is missing, can't be copied, or another one was loaded before.
pub(super) fn own_copy() -> anyhow::Result<FfiConnector> {
    let library = Assets::open()?.path(Asset::LivekitFfi)?;
    let folder = tempfile::Builder::new().prefix("visavis-library-").tempdir()?;
    let copy = folder.path().join("liblivekit_ffi.so");
    std::fs::copy(library, &copy)?;
    // What is loaded stays loaded when its file is gone.
    Ok(FfiConnector::load(&copy)?)
}
