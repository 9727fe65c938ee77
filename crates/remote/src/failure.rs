//! What can go wrong with a remote engine.

use std::fmt;

/// The kind of a failure.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FailureKind {
    /// No connection: nobody listens, the name is unknown, TLS failed.
    Refused,
    /// The service does not take the key (401, 403).
    Unauthorized,
    /// The service does not take the request: 404 for a model or path that it does not have, other 4xx, a redirect.
    Rejected,
    /// Too many requests, or nothing left to pay with (429).
    RateLimited,
    /// The service failed (5xx, or an error in mid-stream).
    Server,
    /// A deadline passed.
    TimedOut,
    /// The connection ended in the middle of an answer.
    Cut,
    /// The answer is not what the protocol says, or larger than it may be.
    Garbage,
}

/// A failure of a remote engine: this one answer is lost.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{kind}{}: {message}", Status(*status))]
pub struct RemoteFailure {
    /// Which kind.
    pub kind: FailureKind,
    /// The HTTP status, when there was one that said so.
    pub status: Option<u16>,
    /// What happened, in one line of at most 200 characters, without secrets.
    pub message: String,
}

impl RemoteFailure {
    /// A failure that no status told of.
    #[must_use]
    pub fn new(kind: FailureKind, message: impl Into<String>) -> Self {
        Self { kind, status: None, message: message.into() }
    }

    /// Whether every later request would fail in the same way: the key or the address, model or voice is wrong. Else only this
    /// one answer failed, and the next may work.
    #[must_use]
    pub fn is_permanent(&self) -> bool {
        match self.kind {
            FailureKind::Unauthorized => true,
            FailureKind::Rejected => self.status == Some(404),
            FailureKind::Refused
            | FailureKind::RateLimited
            | FailureKind::Server
            | FailureKind::TimedOut
            | FailureKind::Cut
            | FailureKind::Garbage => false,
        }
    }
}

impl fmt::Display for FailureKind {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Refused => "no connection",
            Self::Unauthorized => "key refused",
            Self::Rejected => "request refused",
            Self::RateLimited => "rate limit",
            Self::Server => "service failed",
            Self::TimedOut => "too slow",
            Self::Cut => "answer cut off",
            Self::Garbage => "answer not understood",
        })
    }
}

struct Status(Option<u16>);

impl fmt::Display for Status {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.map_or(Ok(()), |status| write!(formatter, " ({status})"))
    }
}
