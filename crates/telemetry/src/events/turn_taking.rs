//! How the conversation goes: who spoke over whom, what was made in vain, who fell silent.

use crate::MetricName;

/// The user spoke over the agent, and the agent fell silent.
#[derive(Debug, Clone, Copy, Default)]
pub struct Interrupted;

impl Interrupted {
    /// Logs and counts it.
    pub fn emit(self) {
        tracing::info!("interrupted");
        metrics::counter!(MetricName::Interruptions.as_str()).increment(1);
    }
}

/// Why the agent went on after a pause.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ResumeReason {
    /// The user only said that they are listening.
    BackChannel,
    /// There were no words in it.
    Noise,
}

impl ResumeReason {
    /// The reason as a log field and metric label.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::BackChannel => "back_channel",
            Self::Noise => "noise",
        }
    }
}

/// The agent paused for a sound of the user, and went on where it had paused.
#[derive(Debug, Clone, Copy)]
pub struct FalselyInterrupted {
    /// Why it went on.
    pub reason: ResumeReason,
}

impl FalselyInterrupted {
    /// Logs and counts it.
    pub fn emit(self) {
        let reason = self.reason.as_str();
        tracing::info!(reason, "paused and resumed");
        metrics::counter!(MetricName::FalseInterruptions.as_str(), "reason" => reason).increment(1);
    }
}

/// What became of an answer that was begun before the turn was over.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum SpeculationOutcome {
    /// It was begun.
    Started,
    /// The turn was over: it is the answer.
    Committed,
    /// The user went on: a generation was wasted.
    Discarded,
}

impl SpeculationOutcome {
    /// The outcome as a log field and metric label.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Started => "started",
            Self::Committed => "committed",
            Self::Discarded => "discarded",
        }
    }
}

/// An answer was begun ahead of time, used or thrown away.
#[derive(Debug, Clone, Copy)]
pub struct Speculated {
    /// Which of these.
    pub outcome: SpeculationOutcome,
}

impl Speculated {
    /// Logs it as a detail, and counts it.
    pub fn emit(self) {
        let outcome = self.outcome.as_str();
        tracing::debug!(outcome, "speculation");
        metrics::counter!(MetricName::Speculations.as_str(), "outcome" => outcome).increment(1);
    }
}

/// Speech-to-text went over a turn that was still going on.
#[derive(Debug, Clone, Copy, Default)]
pub struct PartiallyTranscribed;

impl PartiallyTranscribed {
    /// Logs it as a detail, and counts it.
    pub fn emit(self) {
        tracing::debug!("partial transcription");
        metrics::counter!(MetricName::PartialTranscriptions.as_str()).increment(1);
    }
}

/// A turn held no words: nothing was answered.
#[derive(Debug, Clone, Copy)]
pub struct TurnDropped {
    /// The turn's number in its call.
    pub turn: u64,
}

impl TurnDropped {
    /// Logs and counts it.
    pub fn emit(self) {
        tracing::info!(turn = self.turn, "turn without words dropped");
        metrics::counter!(MetricName::TurnsDropped.as_str()).increment(1);
    }
}

/// The user has said nothing for long, or is back.
#[derive(Debug, Clone, Copy)]
pub struct UserAway {
    /// Whether they are away now.
    pub away: bool,
}

impl UserAway {
    /// Logs it; counts going away, not coming back.
    pub fn emit(self) {
        if self.away {
            tracing::info!("user away");
            metrics::counter!(MetricName::UserAway.as_str()).increment(1);
        } else {
            tracing::info!("user back");
        }
    }
}

/// A reply could not be made, or not to its end.
#[derive(Debug, Clone, Copy)]
pub struct ReplyFailed {
    /// Whether some of it was given to the voice before.
    pub heard: bool,
}

impl ReplyFailed {
    /// Logs and counts it.
    pub fn emit(self) {
        tracing::warn!(heard = self.heard, "reply failed");
        let heard = if self.heard { "true" } else { "false" };
        metrics::counter!(MetricName::RepliesFailed.as_str(), "heard" => heard).increment(1);
    }
}

#[cfg(test)]
mod tests {
    use super::{
        FalselyInterrupted, Interrupted, PartiallyTranscribed, ReplyFailed, ResumeReason, Speculated,
        SpeculationOutcome, TurnDropped, UserAway,
    };
    use crate::MetricName;
    use crate::events::recording::{assert_recorded, record};

    #[test]
    fn an_interruption_is_logged_and_counted_once() {
        assert_recorded(|| Interrupted.emit(), "INFO interrupted", MetricName::Interruptions, &[]);
    }

    #[test]
    fn a_resumed_pause_says_why() {
        for (reason, text) in [(ResumeReason::BackChannel, "back_channel"), (ResumeReason::Noise, "noise")] {
            let line = format!("INFO paused and resumed reason={text}");
            let emit = || FalselyInterrupted { reason }.emit();
            assert_recorded(emit, &line, MetricName::FalseInterruptions, &[("reason", text)]);
        }
    }

    #[test]
    fn speculations_are_counted_by_outcome() {
        for (outcome, text) in [
            (SpeculationOutcome::Started, "started"),
            (SpeculationOutcome::Committed, "committed"),
            (SpeculationOutcome::Discarded, "discarded"),
        ] {
            let line = format!("DEBUG speculation outcome={text}");
            let emit = || Speculated { outcome }.emit();
            assert_recorded(emit, &line, MetricName::Speculations, &[("outcome", text)]);
        }
    }

    #[test]
    fn passes_and_dropped_turns_are_counted() {
        let pass = "DEBUG partial transcription";
        assert_recorded(|| PartiallyTranscribed.emit(), pass, MetricName::PartialTranscriptions, &[]);
        let dropped = "INFO turn without words dropped turn=5";
        assert_recorded(|| TurnDropped { turn: 5 }.emit(), dropped, MetricName::TurnsDropped, &[]);
    }

    #[test]
    fn going_away_is_counted_and_coming_back_is_not() {
        assert_recorded(|| UserAway { away: true }.emit(), "INFO user away", MetricName::UserAway, &[]);
        let back = record(|| UserAway { away: false }.emit());
        assert_eq!(back.lines(), ["INFO user back"]);
        assert!(back.counters().is_empty());
    }

    #[test]
    fn a_failed_reply_says_whether_it_was_heard() {
        for (heard, text) in [(true, "true"), (false, "false")] {
            let line = format!("WARN reply failed heard={text}");
            assert_recorded(|| ReplyFailed { heard }.emit(), &line, MetricName::RepliesFailed, &[("heard", text)]);
        }
    }
}
