//! The machine's deadlines: at most one for each reason.

use serde::{Deserialize, Serialize};

use crate::Moment;

/// Why the machine wants to be woken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum WakeReason {
    /// Nobody has arrived.
    Arrival,
    /// The last person hung up some time ago.
    Leave,
    /// The last person's connection was lost some time ago.
    Return,
    /// The connection to the call was lost some time ago.
    Rejoin,
    /// The user waits to be greeted.
    Greeting,
    /// The user has spoken over the agent for long enough to be listened to.
    Pause,
    /// What the user said over the agent has to be judged now.
    Judgement,
    /// The user has spoken on for so long that a reply made ahead of time is of no use.
    SpokeOn,
    /// The user still speaks: see what was said so far.
    PartialTranscript,
    /// The user has been silent for a while, though the turn seemed unfinished.
    Speculation,
    /// The user has been silent for long enough.
    EndOfTurn,
    /// The transcript is overdue.
    Transcription,
    /// The reply is overdue.
    Reply,
    /// The voice makes no progress.
    Voice,
    /// Nobody has said anything for a while.
    Away,
    /// Nobody has said anything for so long that the call is over.
    Idle,
    /// The call has lasted as long as it may.
    Session,
    /// The farewell has taken long enough.
    Farewell,
}

const REASONS: [WakeReason; 18] = [
    WakeReason::Arrival,
    WakeReason::Leave,
    WakeReason::Return,
    WakeReason::Rejoin,
    WakeReason::Greeting,
    WakeReason::Pause,
    WakeReason::Judgement,
    WakeReason::SpokeOn,
    WakeReason::PartialTranscript,
    WakeReason::Speculation,
    WakeReason::EndOfTurn,
    WakeReason::Transcription,
    WakeReason::Reply,
    WakeReason::Voice,
    WakeReason::Away,
    WakeReason::Idle,
    WakeReason::Session,
    WakeReason::Farewell,
];

/// Deadlines by reason.
#[derive(Debug, Default)]
pub(crate) struct Timers([Option<Moment>; REASONS.len()]);

impl Timers {
    pub(crate) fn set(&mut self, reason: WakeReason, at: Moment) {
        self.0[reason as usize] = Some(at);
    }

    pub(crate) fn clear(&mut self, reason: WakeReason) {
        self.0[reason as usize] = None;
    }

    pub(crate) fn clear_each(&mut self, reasons: &[WakeReason]) {
        for reason in reasons {
            self.clear(*reason);
        }
    }

    pub(crate) fn clear_all(&mut self) {
        self.0 = Default::default();
    }

    /// The earliest deadline.
    pub(crate) fn next(&self) -> Option<(Moment, WakeReason)> {
        REASONS.iter().filter_map(|&reason| self.0[reason as usize].map(|at| (at, reason))).min_by_key(|(at, _)| *at)
    }

    /// Takes the earliest deadline that has come.
    pub(crate) fn pop_due(&mut self, now: Moment) -> Option<WakeReason> {
        let (at, reason) = self.next()?;
        if at > now {
            return None;
        }
        self.clear(reason);
        Some(reason)
    }
}
