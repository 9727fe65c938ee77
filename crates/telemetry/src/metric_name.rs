//! Every metric's name, in one place, so that dashboards and code cannot drift apart.

/// The name of a metric. The text is Prometheus style: `visavis_`, what it counts, the unit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum MetricName {
    /// Counter: calls that began.
    CallsStarted,
    /// Counter: calls that ended, label `exit`.
    CallsEnded,
    /// Histogram: how long calls lasted, in seconds, label `exit`.
    CallSeconds,
    /// Counter: turns that were measured.
    TurnsMeasured,
    /// Histogram, ms: end of the user's speech until the turn was held to be over.
    EndOfTurnDelay,
    /// Histogram, ms: end of the user's speech until the final transcript.
    TranscriptionDelay,
    /// Histogram, ms: request to the language model until its first token.
    LlmTtft,
    /// Histogram, ms: first clause given to the voice until its first audio.
    TtsTtfb,
    /// Histogram, ms: first audio ready until the first sample played.
    PlayoutDelay,
    /// Histogram, ms: end of the user's speech until the first sample of the answer played.
    E2eLatency,
    /// Counter: answers cut short by the user.
    Interruptions,
    /// Counter: engines that failed, label `engine`.
    EngineFailures,
    /// Counter: worker processes started.
    WorkersSpawned,
    /// Counter: worker processes that ended, label `success`.
    WorkersExited,
}

impl MetricName {
    /// Every name.
    pub const ALL: [Self; 14] = [
        Self::CallsStarted,
        Self::CallsEnded,
        Self::CallSeconds,
        Self::TurnsMeasured,
        Self::EndOfTurnDelay,
        Self::TranscriptionDelay,
        Self::LlmTtft,
        Self::TtsTtfb,
        Self::PlayoutDelay,
        Self::E2eLatency,
        Self::Interruptions,
        Self::EngineFailures,
        Self::WorkersSpawned,
        Self::WorkersExited,
    ];

    /// The name as a recorder sees it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::CallsStarted => "visavis_calls_started_total",
            Self::CallsEnded => "visavis_calls_ended_total",
            Self::CallSeconds => "visavis_call_seconds",
            Self::TurnsMeasured => "visavis_turns_total",
            Self::EndOfTurnDelay => "visavis_end_of_turn_delay_ms",
            Self::TranscriptionDelay => "visavis_transcription_delay_ms",
            Self::LlmTtft => "visavis_llm_ttft_ms",
            Self::TtsTtfb => "visavis_tts_ttfb_ms",
            Self::PlayoutDelay => "visavis_playout_delay_ms",
            Self::E2eLatency => "visavis_e2e_latency_ms",
            Self::Interruptions => "visavis_interruptions_total",
            Self::EngineFailures => "visavis_engine_failures_total",
            Self::WorkersSpawned => "visavis_workers_spawned_total",
            Self::WorkersExited => "visavis_workers_exited_total",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::MetricName;
    use std::collections::HashSet;

    #[test]
    fn no_two_metrics_share_a_name() {
        let names: HashSet<_> = MetricName::ALL.iter().map(|name| name.as_str()).collect();
        assert_eq!(names.len(), MetricName::ALL.len());
    }

    #[test]
    fn names_are_valid_for_prometheus() {
        for name in MetricName::ALL {
            let text = name.as_str();
            assert!(text.starts_with("visavis_"), "{text}");
            assert!(
                text.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_'),
                "{text}"
            );
        }
    }
}
