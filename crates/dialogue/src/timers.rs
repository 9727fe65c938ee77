//! The machine's deadlines: at most one for each reason.

use std::time::Instant;

/// Why the machine wants to be woken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WakeReason {
    /// Nobody has arrived.
    Arrival,
    /// The last person hung up some time ago.
    Leave,
    /// The last person's connection was lost some time ago.
    Return,
    /// The connection to the room was lost some time ago.
    Rejoin,
    /// The user waits to be greeted.
    Greeting,
    /// The user has spoken over the agent for long enough.
    Interruption,
    /// The user has been silent for long enough.
    EndOfTurn,
    /// The transcript is overdue.
    Transcription,
    /// The reply is overdue.
    Reply,
    /// The voice makes no progress.
    Voice,
}

const REASONS: [WakeReason; 10] = [
    WakeReason::Arrival,
    WakeReason::Leave,
    WakeReason::Return,
    WakeReason::Rejoin,
    WakeReason::Greeting,
    WakeReason::Interruption,
    WakeReason::EndOfTurn,
    WakeReason::Transcription,
    WakeReason::Reply,
    WakeReason::Voice,
];

/// Deadlines by reason.
#[derive(Debug, Default)]
pub(crate) struct Timers([Option<Instant>; REASONS.len()]);

impl Timers {
    pub(crate) fn set(&mut self, reason: WakeReason, at: Instant) {
        self.0[reason as usize] = Some(at);
    }

    pub(crate) fn clear(&mut self, reason: WakeReason) {
        self.0[reason as usize] = None;
    }

    pub(crate) fn clear_all(&mut self) {
        self.0 = Default::default();
    }

    /// The earliest deadline.
    pub(crate) fn next(&self) -> Option<(Instant, WakeReason)> {
        REASONS.iter().filter_map(|&reason| self.0[reason as usize].map(|at| (at, reason))).min_by_key(|(at, _)| *at)
    }

    /// Takes the earliest deadline that has come.
    pub(crate) fn pop_due(&mut self, now: Instant) -> Option<WakeReason> {
        let (at, reason) = self.next()?;
        if at > now {
            return None;
        }
        self.clear(reason);
        Some(reason)
    }
}
