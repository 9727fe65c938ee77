//! The LiveKit server that the worker registers with.

use std::fmt;
use std::time::Duration;

use livekit_api::access_token::{AccessToken, AccessTokenError, VideoGrants};
use thiserror::Error;
use tokio_tungstenite::tungstenite::http::Uri;

/// How long the token is good with which the worker connects. Each connection gets a fresh one.
const TOKEN_TTL: Duration = Duration::from_secs(600);

/// An address or a pair of keys that cannot be used.
#[derive(Debug, Error)]
pub enum ServerError {
    /// Not an address.
    #[error("LIVEKIT_URL: `{0}` is not an address like wss://sfu.example.org")]
    Address(String),
    /// The keys cannot sign.
    #[error("LIVEKIT_API_KEY, LIVEKIT_API_SECRET: they cannot sign: {0}")]
    Keys(#[from] AccessTokenError),
}

/// Address and keys of a LiveKit server. The secret is never shown.
#[derive(Clone)]
pub struct Server {
    url: String,
    api_key: String,
    api_secret: String,
}

impl Server {
    /// A server at `ws://`, `wss://`, `http://` or `https://`.
    ///
    /// # Errors
    /// [`ServerError`] when the address or the keys cannot be used.
    pub fn new(url: &str, api_key: &str, api_secret: &str) -> Result<Self, ServerError> {
        let refused = || ServerError::Address(url.to_owned());
        let parsed: Uri = url.trim().parse().map_err(|_| refused())?;
        let scheme = match parsed.scheme_str() {
            Some("ws" | "http") => "ws",
            Some("wss" | "https") => "wss",
            _ => return Err(refused()),
        };
        let authority = parsed.authority().ok_or_else(refused)?;
        // An address with a user name or password in it would carry them into the log.
        if authority.as_str().contains('@') {
            return Err(ServerError::Address("(one with a user name in it)".to_owned()));
        }
        let path = parsed.path().trim_end_matches('/');
        let server = Self {
            url: format!("{scheme}://{authority}{path}"),
            api_key: api_key.to_owned(),
            api_secret: api_secret.to_owned(),
        };
        server.token()?;
        Ok(server)
    }

    /// The address for participants.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.url
    }

    /// The address for workers.
    pub(super) fn agent_url(&self) -> String {
        format!("{}/agent", self.url)
    }

    /// A token that says: an agent worker, and nothing else.
    pub(super) fn token(&self) -> Result<String, AccessTokenError> {
        AccessToken::with_api_key(&self.api_key, &self.api_secret)
            .with_ttl(TOKEN_TTL)
            .with_grants(VideoGrants { agent: true, ..VideoGrants::default() })
            .to_jwt()
    }
}

impl fmt::Debug for Server {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Server").field("url", &self.url).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used)]

    use super::*;
    use livekit_api::access_token::TokenVerifier;

    #[test]
    fn addresses_of_every_form_lead_to_the_agents_door() {
        for (given, door) in [
            ("ws://127.0.0.1:7880", "ws://127.0.0.1:7880/agent"),
            ("wss://sfu.example.org/", "wss://sfu.example.org/agent"),
            ("https://example.org/livekit/", "wss://example.org/livekit/agent"),
            (" http://[::1]:7880 ", "ws://[::1]:7880/agent"),
        ] {
            assert_eq!(Server::new(given, "key", "secret").unwrap().agent_url(), door);
        }
        for wrong in ["", "sfu.example.org", "ftp://example.org", "ws://", "/agent", "ws://user:word@example.org"] {
            let error = Server::new(wrong, "key", "secret").unwrap_err().to_string();
            assert!(error.starts_with("LIVEKIT_URL: ") && !error.contains("word"), "{wrong}: {error}");
        }
        assert!(matches!(Server::new("ws://a", "", ""), Err(ServerError::Keys(_))));
    }

    #[test]
    fn the_token_is_an_agent_workers_and_grants_no_room() {
        let server = Server::new("ws://a", "key", "a long secret").unwrap();
        let claims = TokenVerifier::with_api_key("key", "a long secret").verify(&server.token().unwrap()).unwrap();
        assert_eq!(claims.video, VideoGrants { agent: true, ..VideoGrants::default() });
        assert!(!format!("{server:?}").contains("secret"));
    }
}
