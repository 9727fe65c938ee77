//! Where a limit took hold: the budget of a call, or of the messages written to it.

use crate::MetricName;

/// What the budget still allows; each level also gives up what the ones before it did.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum BudgetLevel {
    /// Everything again.
    Full,
    /// No more answers ahead of time, no captions while the user speaks.
    NoSpeculation,
    /// Fewer pictures of the face.
    FewerFrames,
    /// No voice: replies are written.
    TextOnly,
    /// Nothing: the call ends politely.
    Spent,
}

impl BudgetLevel {
    /// The level as a log field and metric label.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Full => "full",
            Self::NoSpeculation => "no_speculation",
            Self::FewerFrames => "fewer_frames",
            Self::TextOnly => "text_only",
            Self::Spent => "spent",
        }
    }
}

/// The budget allows only this from now on.
#[derive(Debug, Clone, Copy)]
pub struct BudgetDegraded {
    /// What is left.
    pub level: BudgetLevel,
}

impl BudgetDegraded {
    /// Logs and counts it: a warning, unless everything is allowed again.
    pub fn emit(self) {
        let level = self.level.as_str();
        match self.level {
            BudgetLevel::Full => tracing::info!(level, "budget restored"),
            BudgetLevel::NoSpeculation | BudgetLevel::FewerFrames | BudgetLevel::TextOnly | BudgetLevel::Spent => {
                tracing::warn!(level, "budget degraded");
                metrics::counter!(MetricName::BudgetDegradations.as_str(), "level" => level).increment(1);
            }
        }
    }
}

/// Why a written message was not taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ChatRefusal {
    /// More bytes than a message may have.
    TooLong,
    /// More messages than one may write in a while.
    TooMany,
    /// Not text, or no words in it.
    Malformed,
    /// From somebody whom the agent does not listen to.
    NotLinked,
    /// The stream broke off, or took too long.
    Incomplete,
}

impl ChatRefusal {
    /// The reason as a log field and metric label.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::TooLong => "too_long",
            Self::TooMany => "too_many",
            Self::Malformed => "malformed",
            Self::NotLinked => "not_linked",
            Self::Incomplete => "incomplete",
        }
    }
}

/// A written message was not taken. Neither its text nor its author is told.
#[derive(Debug, Clone, Copy)]
pub struct ChatRefused {
    /// Why.
    pub reason: ChatRefusal,
}

impl ChatRefused {
    /// Counts it, and logs it as a detail: whoever floods the chat shall not flood the log.
    pub fn emit(self) {
        let reason = self.reason.as_str();
        tracing::debug!(reason, "chat message refused");
        metrics::counter!(MetricName::ChatMessagesRefused.as_str(), "reason" => reason).increment(1);
    }
}

/// Audio of the user that was dropped because it was not heard in time: this machine is too slow for the call.
#[derive(Debug, Clone, Copy)]
pub struct AudioDropped {
    /// How long it would have sounded, in milliseconds.
    pub ms: u64,
}

impl AudioDropped {
    /// Logs it as a warning, and counts the milliseconds.
    pub fn emit(self) {
        tracing::warn!(ms = self.ms, "audio dropped");
        metrics::counter!(MetricName::AudioDropped.as_str()).increment(self.ms);
    }
}

#[cfg(test)]
mod tests {
    use super::{AudioDropped, BudgetDegraded, BudgetLevel, ChatRefusal, ChatRefused};
    use crate::MetricName;
    use crate::events::recording::{assert_recorded, record};

    #[test]
    fn every_step_down_is_a_warning_and_a_count() {
        for (level, text) in [
            (BudgetLevel::NoSpeculation, "no_speculation"),
            (BudgetLevel::FewerFrames, "fewer_frames"),
            (BudgetLevel::TextOnly, "text_only"),
            (BudgetLevel::Spent, "spent"),
        ] {
            let line = format!("WARN budget degraded level={text}");
            let emit = || BudgetDegraded { level }.emit();
            assert_recorded(emit, &line, MetricName::BudgetDegradations, &[("level", text)]);
        }
    }

    #[test]
    fn a_restored_budget_is_news_and_no_degradation() {
        let recording = record(|| BudgetDegraded { level: BudgetLevel::Full }.emit());
        assert_eq!(recording.lines(), ["INFO budget restored level=full"]);
        assert!(recording.counters().is_empty());
    }

    #[test]
    fn dropped_audio_is_a_warning_and_its_milliseconds_are_counted() {
        let recording = record(|| AudioDropped { ms: 40 }.emit());
        assert_eq!(recording.lines(), ["WARN audio dropped ms=40"]);
        assert_eq!(recording.counters(), [(MetricName::AudioDropped, Vec::new(), 40)]);
    }

    #[test]
    fn refused_messages_are_counted_by_reason_and_stay_out_of_the_log_by_default() {
        for (reason, text) in [
            (ChatRefusal::TooLong, "too_long"),
            (ChatRefusal::TooMany, "too_many"),
            (ChatRefusal::Malformed, "malformed"),
            (ChatRefusal::NotLinked, "not_linked"),
            (ChatRefusal::Incomplete, "incomplete"),
        ] {
            let line = format!("DEBUG chat message refused reason={text}");
            let emit = || ChatRefused { reason }.emit();
            assert_recorded(emit, &line, MetricName::ChatMessagesRefused, &[("reason", text)]);
        }
    }
}
