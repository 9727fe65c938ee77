//! A turn of the conversation that was answered: when each stage was reached.

use crate::MetricName;
use crate::spans::{CallSpan, SpanTimes, StageSpan};
use opentelemetry::KeyValue;
use std::fmt::Write as _;
use std::time::{Duration, Instant};

/// An answer began to sound (or to be read): the moments of its stages, as they happened. A stage that did not happen is
/// `None`: a typed question has no transcription, an answer without a voice is never heard.
///
/// One value gives the log line, the histograms and the spans.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TurnMeasured {
    /// The turn's number in its call.
    pub turn: u64,
    /// The user's last sound, or their written message.
    pub speech_ended: Instant,
    /// The transcript that was answered was there.
    pub transcribed: Option<Instant>,
    /// The turn was held to be over.
    pub turn_ended: Instant,
    /// The language model was asked: before `turn_ended` when the answer was made ahead of time.
    pub asked: Option<Instant>,
    /// Its first token.
    pub first_token: Option<Instant>,
    /// Its first clause, given to the voice at once.
    pub first_clause: Option<Instant>,
    /// The first samples of the voice.
    pub first_audio: Option<Instant>,
    /// The first sample that was played.
    pub first_sound: Option<Instant>,
    /// The silence that the user heard, as it was measured. Never a sum of stages: those overlap.
    pub e2e_latency: Option<Duration>,
    /// The answer was begun before the turn was over.
    pub speculative: bool,
}

/// The fields of the log line that only machines read: the message says the same in words.
pub(crate) const MACHINE_FIELDS: [&str; 9] = [
    "turn_number",
    "end_of_turn_delay_ms",
    "transcription_delay_ms",
    "llm_ttft_ms",
    "first_clause_delay_ms",
    "tts_ttfb_ms",
    "playout_delay_ms",
    "e2e_latency_ms",
    "begun_ahead",
];

impl TurnMeasured {
    /// Logs it, counts one turn, records each stage that happened, and hangs the turn's spans below `call`.
    pub fn emit(self, call: &CallSpan) {
        let ms = |delay: Option<Duration>| delay.map(milliseconds);
        tracing::info!(
            turn_number = self.turn,
            end_of_turn_delay_ms = milliseconds(self.end_of_turn_delay()),
            transcription_delay_ms = ms(self.transcription_delay()),
            llm_ttft_ms = ms(self.llm_ttft()),
            first_clause_delay_ms = ms(self.first_clause_delay()),
            tts_ttfb_ms = ms(self.tts_ttfb()),
            playout_delay_ms = ms(self.playout_delay()),
            e2e_latency_ms = ms(self.e2e_latency),
            begun_ahead = self.speculative,
            "{}",
            self.sentence()
        );
        metrics::counter!(MetricName::TurnsMeasured.as_str()).increment(1);
        for (name, delay) in self.delays() {
            if let Some(delay) = delay {
                metrics::histogram!(name.as_str()).record(milliseconds(delay));
            }
        }
        call.add_turn(self.times(), self.attributes(), self.stages());
    }

    /// End of speech until the turn was held to be over.
    #[must_use]
    pub fn end_of_turn_delay(&self) -> Duration {
        self.turn_ended.saturating_duration_since(self.speech_ended)
    }

    /// End of speech until the transcript.
    #[must_use]
    pub fn transcription_delay(&self) -> Option<Duration> {
        between(Some(self.speech_ended), self.transcribed)
    }

    /// Request to the language model until its first token.
    #[must_use]
    pub fn llm_ttft(&self) -> Option<Duration> {
        between(self.asked, self.first_token)
    }

    /// Request to the language model until its first clause.
    #[must_use]
    pub fn first_clause_delay(&self) -> Option<Duration> {
        between(self.asked, self.first_clause)
    }

    /// First clause until the first samples of the voice.
    #[must_use]
    pub fn tts_ttfb(&self) -> Option<Duration> {
        between(self.first_clause, self.first_audio)
    }

    /// First samples until the first sample played. An answer that was ready early is held until the turn is over: that
    /// wait is the turn's, not playout's.
    #[must_use]
    pub fn playout_delay(&self) -> Option<Duration> {
        between(self.may_sound(), self.first_sound)
    }

    fn may_sound(&self) -> Option<Instant> {
        self.first_audio.map(|audio| audio.max(self.turn_ended))
    }

    fn delays(&self) -> [(MetricName, Option<Duration>); 6] {
        [
            (MetricName::EndOfTurnDelay, Some(self.end_of_turn_delay())),
            (MetricName::TranscriptionDelay, self.transcription_delay()),
            (MetricName::LlmTtft, self.llm_ttft()),
            (MetricName::TtsTtfb, self.tts_ttfb()),
            (MetricName::PlayoutDelay, self.playout_delay()),
            (MetricName::E2eLatency, self.e2e_latency),
        ]
    }

    /// `turn 3: answered in 812 ms (end of turn 310, words 140, first clause 390, voice 90, playout 22)`.
    fn sentence(&self) -> String {
        let mut text = match self.e2e_latency {
            Some(silence) => format!("turn {}: answered in {:.0} ms (", self.turn, milliseconds(silence)),
            None => format!("turn {}: answered (", self.turn),
        };
        // Writing to a string cannot fail.
        let _ = write!(text, "end of turn {:.0}", milliseconds(self.end_of_turn_delay()));
        for (name, delay) in [
            ("words", self.transcription_delay()),
            ("first clause", self.first_clause_delay()),
            ("voice", self.tts_ttfb()),
            ("playout", self.playout_delay()),
        ] {
            if let Some(delay) = delay {
                let _ = write!(text, ", {name} {:.0}", milliseconds(delay));
            }
        }
        text.push_str(if self.speculative { "; begun ahead of time)" } else { ")" });
        text
    }

    /// From the user's last sound to the last moment that is known.
    fn times(&self) -> SpanTimes {
        let others =
            [self.transcribed, self.asked, self.first_token, self.first_clause, self.first_audio, self.first_sound];
        let end = others.into_iter().flatten().fold(self.turn_ended, Instant::max);
        SpanTimes { start: self.speech_ended, end }
    }

    /// LiveKit's keys where it has them; in seconds, like LiveKit's.
    fn attributes(&self) -> Vec<KeyValue> {
        let keys = [
            "lk.end_of_turn_delay",
            "lk.transcription_delay",
            "visavis.llm_ttft",
            "visavis.tts_ttfb",
            "visavis.playout_delay",
            "lk.e2e_latency",
        ];
        let delays = keys.into_iter().zip(self.delays().map(|(_, delay)| delay));
        let mut attributes: Vec<_> =
            delays.filter_map(|(key, delay)| delay.map(|delay| KeyValue::new(key, delay.as_secs_f64()))).collect();
        attributes.push(KeyValue::new("visavis.turn", i64::try_from(self.turn).unwrap_or(i64::MAX)));
        attributes.push(KeyValue::new("visavis.speculative", self.speculative));
        attributes
    }

    fn stages(&self) -> Vec<StageSpan> {
        let seconds = |key: &'static str, delay: Option<Duration>| {
            delay.map(|delay| KeyValue::new(key, delay.as_secs_f64())).into_iter().collect()
        };
        let stages = [
            ("end_of_turn", Some(self.speech_ended), Some(self.turn_ended), Vec::new()),
            ("stt", Some(self.speech_ended), self.transcribed, Vec::new()),
            ("llm", self.asked, self.first_clause.or(self.first_token), seconds("lk.response.ttft", self.llm_ttft())),
            ("tts", self.first_clause, self.first_audio, seconds("lk.response.ttfb", self.tts_ttfb())),
            ("playout", self.may_sound(), self.first_sound, Vec::new()),
        ];
        stages
            .into_iter()
            .filter_map(|(name, start, end, attributes)| {
                let (start, end) = (start?, end?);
                Some(StageSpan { name, times: SpanTimes { start, end: end.max(start) }, attributes })
            })
            .collect()
    }
}

fn between(from: Option<Instant>, to: Option<Instant>) -> Option<Duration> {
    Some(to?.saturating_duration_since(from?))
}

fn milliseconds(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1000.0
}

#[cfg(test)]
#[path = "turn_tests.rs"]
mod tests;
