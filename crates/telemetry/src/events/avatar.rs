//! A separate participant that is to be the agent's voice and face: whether it came, and why it was given up.

use crate::MetricName;

/// Why an avatar was given up.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum AvatarLoss {
    /// It could not be asked to come: the provider refused, or could not be reached.
    Refused,
    /// It did not join in time.
    NeverJoined,
    /// It joined, and showed nothing in time.
    NoVideo,
    /// It left.
    Left,
    /// It did not say what it played, or took no more sound.
    Unresponsive,
    /// The service that films the face failed twice, or could not be reached.
    ServiceFailed,
    /// That service took too long.
    TooSlow,
    /// What that service sent is no video that can be shown.
    BrokenVideo,
}

impl AvatarLoss {
    /// The reason as a log field, metric label and attribute.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Refused => "refused",
            Self::NeverJoined => "never_joined",
            Self::NoVideo => "no_video",
            Self::Left => "left",
            Self::Unresponsive => "unresponsive",
            Self::ServiceFailed => "service_failed",
            Self::TooSlow => "too_slow",
            Self::BrokenVideo => "broken_video",
        }
    }
}

/// The avatar is there, and speaks and shows its face from now on.
#[derive(Debug, Clone, Copy)]
pub struct AvatarReady {
    /// How long it was waited for, in milliseconds.
    pub waited_ms: u64,
}

impl AvatarReady {
    /// Logs it.
    pub fn emit(self) {
        tracing::info!(waited_ms = self.waited_ms, "avatar ready");
    }
}

/// The avatar was given up: the agent's own voice and face take over.
#[derive(Debug, Clone, Copy)]
pub struct AvatarLost {
    /// Why.
    pub reason: AvatarLoss,
}

impl AvatarLost {
    /// Logs it as a warning, and counts it.
    pub fn emit(self) {
        let reason = self.reason.as_str();
        tracing::warn!(reason, "avatar lost");
        metrics::counter!(MetricName::AvatarsLost.as_str(), "reason" => reason).increment(1);
    }
}

#[cfg(test)]
mod tests {
    use super::{AvatarLoss, AvatarLost, AvatarReady};
    use crate::MetricName;
    use crate::events::recording::{assert_recorded, record};

    #[test]
    fn a_lost_avatar_is_a_warning_and_counted_by_reason() {
        for (reason, text) in [
            (AvatarLoss::Refused, "refused"),
            (AvatarLoss::NeverJoined, "never_joined"),
            (AvatarLoss::NoVideo, "no_video"),
            (AvatarLoss::Left, "left"),
            (AvatarLoss::Unresponsive, "unresponsive"),
            (AvatarLoss::ServiceFailed, "service_failed"),
            (AvatarLoss::TooSlow, "too_slow"),
            (AvatarLoss::BrokenVideo, "broken_video"),
        ] {
            let line = format!("WARN avatar lost reason={text}");
            assert_recorded(|| AvatarLost { reason }.emit(), &line, MetricName::AvatarsLost, &[("reason", text)]);
        }
    }

    #[test]
    fn an_avatar_that_came_is_news() {
        let recording = record(|| AvatarReady { waited_ms: 1200 }.emit());
        assert_eq!(recording.lines(), ["INFO avatar ready waited_ms=1200"]);
        assert!(recording.counters().is_empty());
    }
}
