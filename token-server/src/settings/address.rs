//! The address of a LiveKit server.

use std::fmt;

use axum::http::Uri;
use thiserror::Error;

/// A checked `ws://` or `wss://` address without user, password or query.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SfuAddress(String);

/// Why a text is not such an address.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum AddressError {
    /// It can't be read as an address with a host.
    #[error("is not an address; write ws://HOST:PORT or wss://HOST")]
    Malformed,
    /// Neither `ws` nor `wss` (nor `http` or `https`, which stand for the same).
    #[error("must begin with ws:// or wss://")]
    Scheme,
    /// It carries a user name or password.
    #[error("must not contain a user name or password")]
    Credentials,
    /// It carries a query or fragment.
    #[error("must not contain a query or fragment")]
    Query,
}

impl SfuAddress {
    /// Reads an address. `http` and `https` are taken for `ws` and `wss`.
    ///
    /// # Errors
    /// [`AddressError`] says what is wrong.
    pub fn parse(text: &str) -> Result<Self, AddressError> {
        if text.contains('#') {
            return Err(AddressError::Query);
        }
        let uri: Uri = text.parse().map_err(|_| AddressError::Malformed)?;
        let scheme = match uri.scheme_str() {
            Some("ws" | "http") => "ws",
            Some("wss" | "https") => "wss",
            Some(_) => return Err(AddressError::Scheme),
            None => return Err(AddressError::Malformed),
        };
        let authority = uri.authority().ok_or(AddressError::Malformed)?;
        if authority.as_str().contains('@') {
            return Err(AddressError::Credentials);
        }
        if authority.host().is_empty() || (authority.as_str() != authority.host() && authority.port_u16().is_none()) {
            return Err(AddressError::Malformed);
        }
        if uri.query().is_some() {
            return Err(AddressError::Query);
        }
        Ok(Self(format!("{scheme}://{authority}{}", uri.path().trim_end_matches('/'))))
    }

    /// Whether it is reached over TLS.
    #[must_use]
    pub fn is_secure(&self) -> bool {
        self.0.starts_with("wss:")
    }

    /// `HOST` or `HOST:PORT`.
    #[must_use]
    pub fn authority(&self) -> &str {
        let rest = self.0.split_once("://").map_or("", |(_, rest)| rest);
        rest.split('/').next().unwrap_or_default()
    }

    /// The address.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for SfuAddress {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn good_addresses() {
        for (text, expected) in [
            ("ws://127.0.0.1:7880", "ws://127.0.0.1:7880"),
            ("wss://sfu.example.org/", "wss://sfu.example.org"),
            ("http://localhost:7880", "ws://localhost:7880"),
            ("https://example.org/livekit/", "wss://example.org/livekit"),
            ("ws://[::1]:7880", "ws://[::1]:7880"),
        ] {
            assert_eq!(SfuAddress::parse(text).as_ref().map(SfuAddress::as_str), Ok(expected));
        }
    }

    #[test]
    fn the_authority_has_neither_scheme_nor_path() {
        for (text, expected) in [
            ("ws://[::1]:7880", ("[::1]:7880", false)),
            ("https://example.org/livekit/", ("example.org", true)),
            ("wss://example.org:443", ("example.org:443", true)),
        ] {
            let address = SfuAddress::parse(text);
            assert_eq!(address.as_ref().map(|address| (address.authority(), address.is_secure())), Ok(expected));
        }
    }

    #[test]
    fn bad_addresses_say_what_is_wrong() {
        for (text, expected) in [
            ("", AddressError::Malformed),
            ("localhost:7880", AddressError::Malformed),
            ("ws://", AddressError::Malformed),
            ("ws://host:port", AddressError::Malformed),
            ("ws://host:99999", AddressError::Malformed),
            ("/rooms", AddressError::Malformed),
            ("ftp://host", AddressError::Scheme),
            ("ws://user:pass@host", AddressError::Credentials),
            ("ws://host?x=1", AddressError::Query),
            ("ws://host#x", AddressError::Query),
        ] {
            assert_eq!(SfuAddress::parse(text), Err(expected), "{text}");
        }
    }
}
