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
    /// Histogram, ms: end of the user's speech until the transcript that was answered.
    TranscriptionDelay,
    /// Histogram, ms: request to the language model until its first token.
    LlmTtft,
    /// Histogram, ms: first clause given to the voice until its first audio.
    TtsTtfb,
    /// Histogram, ms: first audio ready and the turn over, until the first sample played.
    PlayoutDelay,
    /// Histogram, ms: end of the user's speech until the first sample of the answer played, as measured.
    E2eLatency,
    /// Counter: turns that held no words and were dropped.
    TurnsDropped,
    /// Counter: passes of the speech engine over a turn that was still going on.
    PartialTranscriptions,
    /// Counter: answers made ahead of time, label `outcome`.
    Speculations,
    /// Counter: answers cut short by the user.
    Interruptions,
    /// Counter: pauses after which the agent went on, label `reason`.
    FalseInterruptions,
    /// Counter: replies that could not be made, or not to their end, label `heard`.
    RepliesFailed,
    /// Counter: times that the user fell silent for long.
    UserAway,
    /// Counter: times that the budget allowed only less, label `level`.
    BudgetDegradations,
    /// Counter: written messages that were not taken, label `reason`.
    ChatMessagesRefused,
    /// Counter, ms: audio of users that was dropped because it was not heard in time.
    AudioDropped,
    /// Counter: avatars that were given up, label `reason`.
    AvatarsLost,
    /// Counter: engines that failed, labels `engine` and `severity`.
    EngineFailures,
    /// Counter: worker processes started.
    WorkersSpawned,
    /// Counter: worker processes that ended, label `success`.
    WorkersExited,
    /// Gauge: worker processes that stand by for a call.
    WorkersStandingBy,
    /// Gauge: calls that a worker of the dispatch has a place for.
    DispatchJobs,
    /// Gauge: how loaded a worker of the dispatch is, 0 to 1.
    DispatchLoad,
}

/// What a metric is, and with it how its values spread.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum MetricKind {
    /// A number that only grows.
    Counter,
    /// How something stands now.
    Gauge,
    /// Waiting times of a turn, in milliseconds.
    Milliseconds,
    /// Lengths of calls, in seconds.
    Seconds,
}

impl MetricKind {
    /// The upper bounds of the histogram's buckets; none for a counter.
    ///
    /// Waiting times are fine where people notice a difference (100 to 1000 ms) and reach to where they give up.
    pub const fn buckets(self) -> &'static [f64] {
        match self {
            Self::Counter | Self::Gauge => &[],
            Self::Milliseconds => &[
                5.0, 10.0, 25.0, 50.0, 75.0, 100.0, 150.0, 200.0, 300.0, 400.0, 500.0, 600.0, 700.0, 800.0, 1000.0,
                1250.0, 1500.0, 1800.0, 2500.0, 5000.0, 10_000.0, 30_000.0,
            ],
            Self::Seconds => &[5.0, 15.0, 30.0, 60.0, 120.0, 300.0, 600.0, 1200.0, 1800.0, 3600.0, 7200.0, 14_400.0],
        }
    }
}

impl MetricName {
    /// Every name.
    pub const ALL: [Self; 27] = [
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
        Self::TurnsDropped,
        Self::PartialTranscriptions,
        Self::Speculations,
        Self::Interruptions,
        Self::FalseInterruptions,
        Self::RepliesFailed,
        Self::UserAway,
        Self::BudgetDegradations,
        Self::ChatMessagesRefused,
        Self::AudioDropped,
        Self::AvatarsLost,
        Self::EngineFailures,
        Self::WorkersSpawned,
        Self::WorkersExited,
        Self::WorkersStandingBy,
        Self::DispatchJobs,
        Self::DispatchLoad,
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
            Self::TurnsDropped => "visavis_turns_dropped_total",
            Self::PartialTranscriptions => "visavis_partial_transcriptions_total",
            Self::Speculations => "visavis_speculations_total",
            Self::Interruptions => "visavis_interruptions_total",
            Self::FalseInterruptions => "visavis_false_interruptions_total",
            Self::RepliesFailed => "visavis_replies_failed_total",
            Self::UserAway => "visavis_user_away_total",
            Self::BudgetDegradations => "visavis_budget_degradations_total",
            Self::ChatMessagesRefused => "visavis_chat_messages_refused_total",
            Self::AudioDropped => "visavis_audio_dropped_ms_total",
            Self::AvatarsLost => "visavis_avatars_lost_total",
            Self::EngineFailures => "visavis_engine_failures_total",
            Self::WorkersSpawned => "visavis_workers_spawned_total",
            Self::WorkersExited => "visavis_workers_exited_total",
            Self::WorkersStandingBy => "visavis_workers_standing_by",
            Self::DispatchJobs => "visavis_dispatch_jobs",
            Self::DispatchLoad => "visavis_dispatch_load",
        }
    }

    /// One sentence for whoever reads the numbers: Prometheus shows it as the metric's help.
    pub const fn help(self) -> &'static str {
        match self {
            Self::CallsStarted => "Calls that began",
            Self::CallsEnded => "Calls that ended",
            Self::CallSeconds => "How long calls lasted, in seconds",
            Self::TurnsMeasured => "Turns of the user that were answered",
            Self::EndOfTurnDelay => "End of the user's speech until the turn was held to be over, in ms",
            Self::TranscriptionDelay => "End of the user's speech until the transcript that was answered, in ms",
            Self::LlmTtft => "Request to the language model until its first token, in ms",
            Self::TtsTtfb => "First clause given to the voice until its first audio, in ms",
            Self::PlayoutDelay => "First audio ready and the turn over, until the first sample played, in ms",
            Self::E2eLatency => "End of the user's speech until the first sample of the answer, measured, in ms",
            Self::TurnsDropped => "Turns without words, dropped",
            Self::PartialTranscriptions => "Passes of speech-to-text over a turn that was still going on",
            Self::Speculations => "Answers made before the turn was over",
            Self::Interruptions => "Answers cut short by the user",
            Self::FalseInterruptions => "Pauses after which the agent went on",
            Self::RepliesFailed => "Replies that could not be made, or not to their end",
            Self::UserAway => "Times that the user fell silent for long",
            Self::BudgetDegradations => "Times that the budget allowed only less from then on",
            Self::ChatMessagesRefused => "Written messages that were not taken",
            Self::AudioDropped => "Audio of users that was dropped because it was not heard in time, in ms",
            Self::AvatarsLost => "Avatars that were given up: the agent's own voice and face took over",
            Self::EngineFailures => "Engines that failed",
            Self::WorkersSpawned => "Worker processes started",
            Self::WorkersExited => "Worker processes that ended",
            Self::WorkersStandingBy => "Worker processes that stand by for a call",
            Self::DispatchJobs => "Calls that this worker of the dispatch has a place for",
            Self::DispatchLoad => "How loaded this worker of the dispatch is, with what is on its way, 0 to 1",
        }
    }

    /// What it is.
    pub const fn kind(self) -> MetricKind {
        match self {
            Self::CallSeconds => MetricKind::Seconds,
            Self::EndOfTurnDelay
            | Self::TranscriptionDelay
            | Self::LlmTtft
            | Self::TtsTtfb
            | Self::PlayoutDelay
            | Self::E2eLatency => MetricKind::Milliseconds,
            Self::CallsStarted
            | Self::CallsEnded
            | Self::TurnsMeasured
            | Self::TurnsDropped
            | Self::PartialTranscriptions
            | Self::Speculations
            | Self::Interruptions
            | Self::FalseInterruptions
            | Self::RepliesFailed
            | Self::UserAway
            | Self::BudgetDegradations
            | Self::ChatMessagesRefused
            | Self::AudioDropped
            | Self::AvatarsLost
            | Self::EngineFailures
            | Self::WorkersSpawned
            | Self::WorkersExited => MetricKind::Counter,
            Self::WorkersStandingBy | Self::DispatchJobs | Self::DispatchLoad => MetricKind::Gauge,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{MetricKind, MetricName};
    use std::collections::HashSet;

    #[test]
    fn no_two_metrics_share_a_name() {
        let names: HashSet<_> = MetricName::ALL.iter().map(|name| name.as_str()).collect();
        assert_eq!(names.len(), MetricName::ALL.len());
    }

    #[test]
    fn names_are_valid_for_prometheus_and_end_with_their_unit() {
        for name in MetricName::ALL {
            let text = name.as_str();
            assert!(text.starts_with("visavis_"), "{text}");
            assert!(
                text.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_'),
                "{text}"
            );
            let unit = match name.kind() {
                MetricKind::Counter => "_total",
                MetricKind::Milliseconds => "_ms",
                MetricKind::Seconds => "_seconds",
                // A share or a count of things has no unit.
                MetricKind::Gauge => "",
            };
            assert!(text.ends_with(unit), "{text}");
        }
    }

    #[test]
    fn buckets_grow() {
        for kind in [MetricKind::Milliseconds, MetricKind::Seconds] {
            assert!(kind.buckets().is_sorted_by(|left, right| left < right), "{kind:?}");
        }
    }

    #[test]
    fn the_page_of_telemetry_names_every_metric() {
        let page = include_str!("../../../docs/telemetry.md");
        for name in MetricName::ALL {
            assert!(page.contains(&format!("`{}`", name.as_str())), "docs/telemetry.md lacks {}", name.as_str());
        }
    }
}
