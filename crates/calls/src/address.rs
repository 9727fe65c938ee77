//! Where the store is. A secret: it may hold a password, and is never shown.

use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;

use thiserror::Error;

/// The address of a store: `sqlite:PATH`, `redis://…` or `rediss://…`.
#[derive(Clone, PartialEq, Eq)]
pub struct Address(Place);

#[derive(Clone, PartialEq, Eq)]
pub(crate) enum Place {
    Sqlite(PathBuf),
    /// With the whole address: it is Redis's own format.
    Redis(String),
}

/// Why a text is no address of a store. It does not say the text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum AddressError {
    /// It begins with none of the known words.
    #[error(
        "the address of a store of calls (VISAVIS_STORE) is sqlite:/path/to/calls.db, redis://HOST or rediss://HOST"
    )]
    Scheme,
    /// There is no path.
    #[error("the address of the store of calls lacks a path: sqlite:/path/to/calls.db")]
    NoPath,
    /// A path that this system does not take.
    #[error("the path of the store of calls has a NUL character in it")]
    BadPath,
    /// Redis's client does not understand it.
    #[error("the address of the store of calls is no Redis address: redis://[USER:PASSWORD@]HOST[:PORT][/DATABASE]")]
    BadRedis,
}

impl Address {
    pub(crate) fn place(&self) -> &Place {
        &self.0
    }

    /// The address as text, for the one who is handed it: a worker.
    #[must_use]
    pub fn expose(&self) -> String {
        match &self.0 {
            Place::Sqlite(path) => format!("sqlite:{}", path.display()),
            Place::Redis(address) => address.clone(),
        }
    }

    /// What kind of store it is, for a log: `SQLite` or `Redis`.
    #[must_use]
    pub fn kind(&self) -> &'static str {
        match self.0 {
            Place::Sqlite(_) => "SQLite",
            Place::Redis(_) => "Redis",
        }
    }
}

impl FromStr for Address {
    type Err = AddressError;

    fn from_str(text: &str) -> Result<Self, AddressError> {
        let text = text.trim();
        if text.starts_with("redis://") || text.starts_with("rediss://") {
            return redis::Client::open(text)
                .map(|_| Self(Place::Redis(text.to_owned())))
                .map_err(|_| AddressError::BadRedis);
        }
        let path = text.strip_prefix("sqlite:").ok_or(AddressError::Scheme)?;
        let path = path.strip_prefix("//").unwrap_or(path);
        if path.is_empty() {
            return Err(AddressError::NoPath);
        }
        if path.contains('\0') {
            return Err(AddressError::BadPath);
        }
        Ok(Self(Place::Sqlite(PathBuf::from(path))))
    }
}

impl fmt::Debug for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Address({}, not shown)", self.kind())
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn the_three_kinds_of_address_are_taken() {
        for (text, kind) in [
            ("sqlite:/var/lib/visavis/calls.db", "SQLite"),
            ("sqlite:calls.db", "SQLite"),
            ("sqlite:///var/lib/calls.db\n", "SQLite"),
            ("redis://127.0.0.1", "Redis"),
            ("redis://user:pass@cache:6380/2", "Redis"),
            ("rediss://:pass@cache", "Redis"),
        ] {
            assert_eq!(text.parse::<Address>().map(|address| address.kind()), Ok(kind), "{text}");
        }
    }

    #[test]
    fn another_text_is_refused_with_what_would_be_right() {
        for (text, error) in [
            ("", AddressError::Scheme),
            ("/var/lib/calls.db", AddressError::Scheme),
            ("postgres://x", AddressError::Scheme),
            ("SQLITE:x", AddressError::Scheme),
            ("sqlite:", AddressError::NoPath),
            ("sqlite://", AddressError::NoPath),
            ("sqlite:a\0b", AddressError::BadPath),
            ("redis://host:port", AddressError::BadRedis),
            ("redis://h/notanumber", AddressError::BadRedis),
        ] {
            assert_eq!(text.parse::<Address>(), Err(error), "{text}");
        }
    }

    #[test]
    fn a_password_is_not_shown() {
        let address: Address = "redis://ada:swordfish@cache.example".parse().unwrap();
        assert!(!format!("{address:?}").contains("swordfish"), "{address:?}");
        let error = "redis://ada:swordfish@cache:x".parse::<Address>().unwrap_err();
        assert!(!format!("{error} {error:?}").contains("swordfish"), "{error}");
    }
}
