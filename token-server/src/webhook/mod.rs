//! What the LiveKit server reports by itself: who joined, who left, which rooms began and ended.
//!
//! ```text
//!  POST /webhook ── content type, size ── Webhooks::admit ── Webhooks::open ──────────────────────> Event
//!                                         JWT: our key's    SHA-256 of the raw body is the JWT's,    └─> arrivals
//!                                         signature, exp    id not seen before, not 5 minutes old
//! ```
//!
//! Reports make things faster, and nothing depends on them: they may be lost, late or out of order, and
//! [`crate::arrivals`] polls all the same.

mod event;
mod seen;

use std::sync::{Mutex, PoisonError};
use std::time::{SystemTime, UNIX_EPOCH};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use livekit_api::access_token::TokenVerifier;
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;
use thiserror::Error;

use crate::secret::Secret;
pub use event::{Event, Participant};
use seen::Seen;
pub use seen::{MAX_AGE, MAX_IDS};

/// Where the LiveKit server sends them.
pub const WEBHOOK_PATH: &str = "/webhook";
/// How the LiveKit server declares them.
pub const CONTENT_TYPE: &str = "application/webhook+json";
/// The longest report. The metadata of a room and of a participant may have 64 KiB each.
pub const MAX_WEBHOOK_BYTES: usize = 256 * 1024;

/// Why a report is not believed.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum Refusal {
    /// Nobody signed it, or someone else did.
    #[error("not signed by this server's LiveKit key: {0}")]
    Unauthorized(String),
    /// The body is another one than was signed.
    #[error("the body is not the one that was signed")]
    Altered,
    /// It can't be read.
    #[error("not a LiveKit webhook: {0}")]
    Malformed(String),
    /// It happened too long ago, or lies in the future.
    #[error("its time is more than {} s from now: an old report, or clocks that differ", MAX_AGE.as_secs())]
    Stale,
    /// It has been taken before.
    #[error("this report has been taken before")]
    Replayed,
}

/// Reads a body, whoever sent it: for the fuzz targets.
pub(crate) fn read(body: &[u8]) -> Option<Event> {
    event::parse(body).ok().map(|report| report.event)
}

/// A report whose sender is known, and whose body is still to come.
#[derive(Debug)]
pub struct Admitted {
    body_hash: Vec<u8>,
}

/// Checks reports, and remembers those that were taken.
pub struct Webhooks {
    verifier: TokenVerifier,
    seen: Mutex<Seen>,
}

impl Webhooks {
    /// For reports that are signed with this key pair.
    #[must_use]
    pub fn new(api_key: &str, api_secret: &Secret) -> Self {
        Self { verifier: TokenVerifier::with_api_key(api_key, api_secret.expose()), seen: Mutex::default() }
    }

    /// Checks the header `Authorization`, before anything is read of the body.
    ///
    /// # Errors
    /// [`Refusal::Unauthorized`]: no token, not our key's, expired, or one for something else, such as a room.
    pub fn admit(&self, authorization: Option<&str>) -> Result<Admitted, Refusal> {
        let refused = |why: &str| Refusal::Unauthorized(why.to_owned());
        let token = authorization.ok_or_else(|| refused("there is no header Authorization"))?.trim();
        let token = token.strip_prefix("Bearer ").unwrap_or(token);
        let claims = self.verifier.verify(token).map_err(|error| {
            // The error itself speaks of encoding; its source says what is wrong with the token.
            let why = std::error::Error::source(&error).map_or_else(|| error.to_string(), ToString::to_string);
            Refusal::Unauthorized(why)
        })?;
        let body_hash = STANDARD.decode(&claims.sha256).unwrap_or_default();
        // Tokens for rooms are signed with the same key: they hold no hash.
        if body_hash.len() != <Sha256 as Digest>::output_size() {
            return Err(refused("the token is not one for a report"));
        }
        Ok(Admitted { body_hash })
    }

    /// Reads the body of an admitted report, and remembers it.
    ///
    /// # Errors
    /// [`Refusal`], any of the others.
    pub fn open(&self, now: SystemTime, admitted: &Admitted, body: &[u8]) -> Result<Event, Refusal> {
        let hash = Sha256::digest(body);
        if !bool::from(hash.as_slice().ct_eq(&admitted.body_hash)) {
            return Err(Refusal::Altered);
        }
        let report = event::parse(body).map_err(Refusal::Malformed)?;
        // A clock before 1970 makes everything stale, and polling goes on.
        let now = now.duration_since(UNIX_EPOCH).unwrap_or_default();
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        seen.take(now, report.created, &report.id)?;
        Ok(report.event)
    }
}
