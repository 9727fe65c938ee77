//! Where a service is, and the key to it.

use reqwest::Url;
use reqwest::header::{AUTHORIZATION, HeaderName, HeaderValue};

use crate::Secret;

/// OpenAI's own base URL.
pub const OPENAI_BASE_URL: &str = "https://api.openai.com/v1";
/// OpenAI's own host.
const OPENAI_HOST: &str = "api.openai.com";

/// A base URL or key that can't be used. Quotes neither.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum EndpointError {
    /// Not an absolute `http` or `https` address.
    #[error("is no http:// or https:// address; for OpenAI leave it out, for a local server: http://127.0.0.1:8000/v1")]
    Address,
    /// User name, password, query or fragment in it.
    #[error("must hold no user name, password, query or fragment; a key belongs into OPENAI_API_KEY")]
    Extras,
    /// OpenAI needs a key.
    #[error("is not set, and OpenAI needs it; for a service that needs no key set OPENAI_BASE_URL")]
    KeyMissing,
    /// The key can't be a part of a header.
    #[error("holds characters that no key can have")]
    Key,
}

/// A service: base URL and, perhaps, a key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Endpoint {
    base: Url,
    key: Option<Secret>,
    /// The header that carries the key alone; without one it is `authorization: Bearer`.
    key_header: Option<&'static str>,
}

impl Endpoint {
    /// Checks address and key. A base URL ends where `/chat/completions` begins, most often in `/v1`.
    ///
    /// # Errors
    /// [`EndpointError`]: see there. A key is asked for only where the address is OpenAI's.
    pub fn new(base_url: &str, key: Option<Secret>) -> Result<Self, EndpointError> {
        let base = Url::parse(base_url.trim()).map_err(|_| EndpointError::Address)?;
        if !["http", "https"].contains(&base.scheme()) || base.host_str().is_none_or(str::is_empty) {
            return Err(EndpointError::Address);
        }
        let plain = base.username().is_empty() && base.password().is_none();
        if !plain || base.query().is_some() || base.fragment().is_some() {
            return Err(EndpointError::Extras);
        }
        let endpoint = Self { base, key, key_header: None };
        if endpoint.key.is_none() && endpoint.is_openai() {
            return Err(EndpointError::KeyMissing);
        }
        endpoint.authorization()?;
        Ok(endpoint)
    }

    /// A service that takes its key in a header of its own, such as `x-api-key` (lower case).
    ///
    /// # Errors
    /// [`EndpointError`], as [`Self::new`].
    pub fn with_key_header(base_url: &str, key: Secret, header: &'static str) -> Result<Self, EndpointError> {
        Ok(Self { key_header: Some(header), ..Self::new(base_url, Some(key))? })
    }

    /// Whether this is OpenAI itself, rather than a service that speaks its protocol.
    #[must_use]
    pub fn is_openai(&self) -> bool {
        self.base.host_str() == Some(OPENAI_HOST)
    }

    /// The address of `path`, such as `chat/completions`.
    pub(crate) fn url(&self, path: &str) -> String {
        format!("{}/{path}", self.base.as_str().trim_end_matches('/'))
    }

    /// The header that carries the key.
    pub(crate) fn authorization(&self) -> Result<Option<(HeaderName, HeaderValue)>, EndpointError> {
        let Some(key) = &self.key else { return Ok(None) };
        let (name, text) = match self.key_header {
            None => (AUTHORIZATION, format!("Bearer {}", key.expose())),
            Some(header) => (HeaderName::from_static(header), key.expose().to_owned()),
        };
        let mut value = HeaderValue::from_str(&text).map_err(|_| EndpointError::Key)?;
        value.set_sensitive(true);
        Ok(Some((name, value)))
    }

    pub(crate) const fn key(&self) -> Option<&Secret> {
        self.key.as_ref()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_checked_and_a_key_is_needed_where_it_is_paid_for() {
        let key = || Secret::new(" sk-1 ");
        assert_eq!(Endpoint::new(OPENAI_BASE_URL, None), Err(EndpointError::KeyMissing));
        assert_eq!(Endpoint::new("https://API.openai.com/v1/", None), Err(EndpointError::KeyMissing));
        for wrong in ["", "127.0.0.1:8000", "ftp://host/v1", "unix:/run/x", "http://"] {
            assert_eq!(Endpoint::new(wrong, key()), Err(EndpointError::Address), "{wrong}");
        }
        for wrong in ["http://a:b@host/v1", "http://host/v1?key=1", "http://host/v1#x"] {
            assert_eq!(Endpoint::new(wrong, None), Err(EndpointError::Extras), "{wrong}");
        }
        assert_eq!(Endpoint::new("http://host/v1", Secret::new("a\nb")), Err(EndpointError::Key));
        let local = Endpoint::new(" http://127.0.0.1:11434/v1/ ", None);
        assert_eq!(local.map(|local| local.url("models")), Ok("http://127.0.0.1:11434/v1/models".to_owned()));
    }

    #[test]
    fn nothing_shows_the_key() {
        let endpoint = Endpoint::new(OPENAI_BASE_URL, Secret::new("sk-1234"));
        assert!(endpoint.is_ok() && !format!("{endpoint:?}").contains("1234"));
        let header = endpoint.and_then(|endpoint| endpoint.authorization());
        assert!(!format!("{header:?}").contains("1234"));
    }
}
