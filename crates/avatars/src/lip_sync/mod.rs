//! Services that film a picture to the sound of a clause: `POST /generate`, plain or on RunPod's serverless machines.
//!
//! docs/avatar.md is the contract that a service must serve.
//!
//! ```text
//!  settings  which service, from the environment
//!  request   picture and sound as JSON                (pure)
//!  answer    MP4, or JSON that holds one              (pure)
//!  plain     one request for a clause
//!  runpod    a job for a clause: run, status, cancel
//! ```

mod answer;
mod plain;
mod request;
mod runpod;
mod settings;

use std::time::Duration;

use remote::RemoteFailure;

pub use request::{Image, Sound};
pub use settings::LipSyncSettings;
pub(crate) use settings::VARIABLES;

/// Bytes of a video at most: a clause of 15 s at 5 Mbit/s has 9 million.
pub const MOST_VIDEO_BYTES: usize = 12 * 1024 * 1024;

/// A service that films. It knows the picture.
pub trait LipSyncProvider: Send {
    /// Films the picture to this sound: an MP4 of at most [`MOST_VIDEO_BYTES`]. Refusals (4xx) are final; a failure of the
    /// service, no connection and a time-out are tried once more while `patience` for all of it lasts. Notices `cancelled`
    /// within 10 ms; then it gives `None`, and the service was told where it can be.
    ///
    /// # Errors
    /// [`RemoteFailure`], which holds no key.
    fn generate(
        &mut self,
        sound: &Sound,
        patience: Duration,
        cancelled: &dyn Fn() -> bool,
    ) -> Result<Option<Vec<u8>>, RemoteFailure>;
}
