//! A turn of the conversation: how long each stage took, and whether it was cut short.

use crate::MetricName;

/// How long the stages of one answer took. All in milliseconds, all under LiveKit's names for them. A stage that did not
/// happen is `None`: a typed question has no transcription, an answer that was cut off may never have been heard.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct TurnMeasured {
    /// End of the user's speech until the turn was held to be over.
    pub end_of_turn_delay_ms: Option<f64>,
    /// End of the user's speech until the final transcript.
    pub transcription_delay_ms: Option<f64>,
    /// Request to the language model until its first token.
    pub llm_ttft_ms: Option<f64>,
    /// First clause given to the voice until its first audio.
    pub tts_ttfb_ms: Option<f64>,
    /// First audio ready until the first sample played.
    pub playout_delay_ms: Option<f64>,
    /// End of the user's speech until the first sample of the answer played.
    pub e2e_latency_ms: Option<f64>,
}

impl TurnMeasured {
    /// Logs it, counts one turn and records each stage that happened.
    pub fn emit(self) {
        tracing::info!(
            end_of_turn_delay_ms = self.end_of_turn_delay_ms,
            transcription_delay_ms = self.transcription_delay_ms,
            llm_ttft_ms = self.llm_ttft_ms,
            tts_ttfb_ms = self.tts_ttfb_ms,
            playout_delay_ms = self.playout_delay_ms,
            e2e_latency_ms = self.e2e_latency_ms,
            "turn measured"
        );
        metrics::counter!(MetricName::TurnsMeasured.as_str()).increment(1);
        for (name, value) in self.stages() {
            if let Some(milliseconds) = value {
                metrics::histogram!(name.as_str()).record(milliseconds);
            }
        }
    }

    fn stages(self) -> [(MetricName, Option<f64>); 6] {
        [
            (MetricName::EndOfTurnDelay, self.end_of_turn_delay_ms),
            (MetricName::TranscriptionDelay, self.transcription_delay_ms),
            (MetricName::LlmTtft, self.llm_ttft_ms),
            (MetricName::TtsTtfb, self.tts_ttfb_ms),
            (MetricName::PlayoutDelay, self.playout_delay_ms),
            (MetricName::E2eLatency, self.e2e_latency_ms),
        ]
    }
}

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

#[cfg(test)]
mod tests {
    use super::{Interrupted, TurnMeasured};
    use crate::MetricName;
    use crate::events::recording::record;

    #[test]
    fn a_whole_turn_is_one_line_one_count_and_six_values() {
        let turn = TurnMeasured {
            end_of_turn_delay_ms: Some(1.0),
            transcription_delay_ms: Some(2.0),
            llm_ttft_ms: Some(3.0),
            tts_ttfb_ms: Some(4.0),
            playout_delay_ms: Some(5.0),
            e2e_latency_ms: Some(6.5),
        };
        let recording = record(|| turn.emit());
        assert_eq!(
            recording.lines(),
            ["INFO turn measured end_of_turn_delay_ms=1 transcription_delay_ms=2 llm_ttft_ms=3 tts_ttfb_ms=4 \
              playout_delay_ms=5 e2e_latency_ms=6.5"]
        );
        assert_eq!(recording.counters(), [(MetricName::TurnsMeasured, vec![], 1)]);
        let mut histograms = recording.histograms();
        histograms.sort_by(|left, right| left.2[0].total_cmp(&right.2[0]));
        assert_eq!(
            histograms,
            [
                (MetricName::EndOfTurnDelay, vec![], vec![1.0]),
                (MetricName::TranscriptionDelay, vec![], vec![2.0]),
                (MetricName::LlmTtft, vec![], vec![3.0]),
                (MetricName::TtsTtfb, vec![], vec![4.0]),
                (MetricName::PlayoutDelay, vec![], vec![5.0]),
                (MetricName::E2eLatency, vec![], vec![6.5]),
            ]
        );
    }

    #[test]
    fn a_stage_that_did_not_happen_is_neither_logged_nor_recorded() {
        let recording = record(|| TurnMeasured { llm_ttft_ms: Some(300.0), ..TurnMeasured::default() }.emit());
        assert_eq!(recording.lines(), ["INFO turn measured llm_ttft_ms=300"]);
        assert_eq!(recording.histograms(), [(MetricName::LlmTtft, vec![], vec![300.0])]);
    }

    #[test]
    fn an_interruption_is_logged_and_counted_once() {
        let recording = record(|| Interrupted.emit());
        assert_eq!(recording.lines(), ["INFO interrupted"]);
        assert_eq!(recording.counters(), [(MetricName::Interruptions, vec![], 1)]);
    }
}
