//! Services that show the agent's face: some send an avatar into the call, others make a video of a picture for each clause.
//!
//! For: asking such a service to come and telling it to go; asking one for videos, and bringing them between voice and playout.
//! Never: the call's transport, or what happens to the call when a service fails (sessions and transports see to that); no
//! service is chosen by a key alone.
//!
//! ```text
//!  Invitation (address, token) ── AvatarProvider::start ──> HTTPS ──> the service joins as AvatarProvider::identity
//!                                 AvatarProvider::end ────> HTTPS ──> it leaves, and costs nothing any more
//!    ProviderSession: both, for the length of a call
//!
//!  picture, then clauses as PCM ── LipSyncProvider::generate ──> HTTPS ──> MP4
//!    face_video: PlayoutCommand ──> queue ──> clause with its video ──> playout
//! ```
//!
//! All calls of services block and belong on a thread that runs no async tasks, as `remote::Client` does.

pub mod face_video;
pub mod lip_sync;
mod provider_session;
mod tavus;

use std::fmt;

use remote::RemoteFailure;

pub use provider_session::{InvitedAvatar, ProviderSession};
pub use tavus::{Tavus, TavusSettings};

/// The variables of the environment that these services read.
pub fn variables() -> impl Iterator<Item = &'static str> {
    tavus::VARIABLES.iter().chain(lip_sync::VARIABLES).copied()
}

/// A setting that is missing or wrong. Quotes no value.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct ProviderSettingsError {
    /// The variable.
    pub variable: &'static str,
    /// What is wrong with it.
    pub message: String,
}

/// Where the service's participant is to join, and as whom.
#[derive(Clone, PartialEq, Eq)]
pub struct Invitation {
    /// The SFU as the service reaches it.
    pub livekit_url: String,
    /// Grants one room, as [`AvatarProvider::identity`], of kind agent and on behalf of our agent. A secret.
    pub livekit_token: String,
    /// What the session is called in the service's own lists.
    pub name: String,
}

impl fmt::Debug for Invitation {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Invitation").field("livekit_url", &self.livekit_url).finish_non_exhaustive()
    }
}

/// A service.
pub trait AvatarProvider: Send {
    /// The identity under which its participant joins.
    fn identity(&self) -> &str;

    /// Asks it to come. Refusals (4xx) are final; a server's own failures and time-outs are tried once more. Notices
    /// `cancelled` within 10 ms: then nothing was started, as far as is known.
    ///
    /// # Errors
    /// [`RemoteFailure`], which holds neither key nor token.
    fn start(&mut self, invitation: &Invitation, cancelled: &dyn Fn() -> bool) -> Result<(), RemoteFailure>;

    /// Tells it to go. Nothing, when it was never asked to come; once is enough.
    ///
    /// # Errors
    /// [`RemoteFailure`], which holds neither key nor token.
    fn end(&mut self) -> Result<(), RemoteFailure>;
}
