//! A text that must not be shown.

use std::fmt;

use subtle::ConstantTimeEq;

/// A secret: an API secret, an API key of a client, a token. It has no `Display`, and its `Debug` hides it.
#[derive(Clone)]
pub struct Secret(String);

impl Secret {
    /// Wraps a text.
    #[must_use]
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// The text itself, for the one place that needs it.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// Whether `candidate` is this secret, in a time that tells nothing but whether the lengths are equal.
    #[must_use]
    pub fn matches(&self, candidate: &str) -> bool {
        self.0.as_bytes().ct_eq(candidate.as_bytes()).into()
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Secret(hidden)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_compares_and_does_not_show() {
        let secret = Secret::new("open sesame");
        assert!(secret.matches("open sesame"));
        assert!(!secret.matches("open sesamf") && !secret.matches("open") && !secret.matches(""));
        assert!(!format!("{secret:?}").contains("sesame"));
    }
}
