//! The connection to the server, as the core sees it.

use super::Moment;

/// Why the core wants to be woken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WakeReason {
    /// Time to connect again.
    Connect,
    /// Connecting or registering took too long.
    LinkDeadline,
    /// Time to report the worker's status.
    Status,
    /// Time to ask whether the server is there, or it did not answer.
    Ping,
    /// A job's deadline, or its load counts as measured now.
    Job,
    /// Jobs had long enough to end.
    DrainDeadline,
}

/// How far the connection is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Link {
    /// There is none; the next attempt is then.
    Down { retry: Moment },
    /// It is being opened, until then at most.
    Connecting { deadline: Moment },
    /// It is open and the worker has said who it is; the answer comes until then at most.
    Registering { deadline: Moment },
    /// The worker is known.
    Up { since: Moment, next_status: Moment, next_ping: Moment, pong_deadline: Option<Moment> },
    /// It is closed for good.
    Closed,
}

impl Link {
    pub(super) fn is_up(self) -> bool {
        matches!(self, Self::Up { .. })
    }

    /// Whether there is anything to close.
    pub(super) fn is_open(self) -> bool {
        matches!(self, Self::Connecting { .. } | Self::Registering { .. } | Self::Up { .. })
    }

    pub(super) fn next_wake(self) -> Option<(Moment, WakeReason)> {
        match self {
            Self::Down { retry } => Some((retry, WakeReason::Connect)),
            Self::Connecting { deadline } | Self::Registering { deadline } => {
                Some((deadline, WakeReason::LinkDeadline))
            }
            Self::Up { next_status, next_ping, pong_deadline, .. } => {
                let ping = (pong_deadline.unwrap_or(next_ping), WakeReason::Ping);
                Some(if next_status <= ping.0 { (next_status, WakeReason::Status) } else { ping })
            }
            Self::Closed => None,
        }
    }
}
