//! What a measured turn says in the log and in the histograms.
#![allow(clippy::unwrap_used, clippy::expect_used)]

use super::TurnMeasured;
use crate::MetricName;
use crate::events::recording::record;
use crate::spans::CallSpan;
use std::time::{Duration, Instant};

fn after(start: Instant, milliseconds: u64) -> Option<Instant> {
    Some(start + Duration::from_millis(milliseconds))
}

fn spoken(start: Instant) -> TurnMeasured {
    TurnMeasured {
        turn: 3,
        speech_ended: start,
        transcribed: after(start, 140),
        turn_ended: start + Duration::from_millis(310),
        asked: after(start, 310),
        first_token: after(start, 500),
        first_clause: after(start, 700),
        first_audio: after(start, 790),
        first_sound: after(start, 812),
        e2e_latency: Some(Duration::from_millis(815)),
        speculative: false,
    }
}

fn histograms(turn: TurnMeasured) -> Vec<(MetricName, f64)> {
    let recording = record(|| turn.emit(&CallSpan::none()));
    let mut found: Vec<_> = recording.histograms().into_iter().map(|(name, _, values)| (name, values[0])).collect();
    found.sort_by_key(|(name, _)| MetricName::ALL.iter().position(|known| known == name));
    found
}

#[test]
fn a_whole_turn_is_one_line_and_one_count() {
    let recording = record(|| spoken(Instant::now()).emit(&CallSpan::none()));
    assert_eq!(
        recording.lines(),
        [
            "INFO turn 3: answered in 815 ms (end of turn 310, words 140, first clause 390, voice 90, playout 22) turn_number=3 \
          end_of_turn_delay_ms=310 transcription_delay_ms=140 llm_ttft_ms=190 first_clause_delay_ms=390 tts_ttfb_ms=90 \
          playout_delay_ms=22 e2e_latency_ms=815 begun_ahead=false"
        ]
    );
    assert_eq!(recording.counters(), [(MetricName::TurnsMeasured, vec![], 1)]);
}

#[test]
fn the_silence_is_what_was_measured_and_not_a_sum() {
    assert_eq!(
        histograms(spoken(Instant::now())),
        [
            (MetricName::EndOfTurnDelay, 310.0),
            (MetricName::TranscriptionDelay, 140.0),
            (MetricName::LlmTtft, 190.0),
            (MetricName::TtsTtfb, 90.0),
            (MetricName::PlayoutDelay, 22.0),
            (MetricName::E2eLatency, 815.0),
        ]
    );
}

#[test]
fn an_answer_that_was_ready_early_waits_for_the_turn_and_not_for_playout() {
    let start = Instant::now();
    let turn = TurnMeasured {
        asked: after(start, 100),
        first_token: after(start, 150),
        first_clause: after(start, 200),
        first_audio: after(start, 250),
        first_sound: after(start, 320),
        e2e_latency: Some(Duration::from_millis(320)),
        speculative: true,
        ..spoken(start)
    };
    assert_eq!(turn.playout_delay(), Some(Duration::from_millis(10)));
    let recording = record(|| turn.emit(&CallSpan::none()));
    assert!(recording.lines()[0].contains("playout 10; begun ahead of time)"), "{:?}", recording.lines());
}

#[test]
fn a_stage_that_did_not_happen_is_neither_logged_nor_recorded() {
    let start = Instant::now();
    let typed = TurnMeasured {
        turn: 4,
        transcribed: None,
        turn_ended: start,
        asked: after(start, 0),
        first_token: after(start, 200),
        first_clause: after(start, 300),
        first_audio: None,
        first_sound: None,
        e2e_latency: None,
        ..spoken(start)
    };
    let recording = record(|| typed.emit(&CallSpan::none()));
    assert_eq!(
        recording.lines(),
        [
            "INFO turn 4: answered (end of turn 0, first clause 300) turn_number=4 end_of_turn_delay_ms=0 llm_ttft_ms=200 \
          first_clause_delay_ms=300 begun_ahead=false"
        ]
    );
    assert_eq!(histograms(typed), [(MetricName::EndOfTurnDelay, 0.0), (MetricName::LlmTtft, 200.0)]);
}

#[test]
fn moments_out_of_order_are_delays_of_zero() {
    let start = Instant::now();
    let turn = TurnMeasured { first_token: after(start, 300), first_clause: after(start, 300), ..spoken(start) };
    assert_eq!(turn.llm_ttft(), Some(Duration::ZERO));
    assert!(turn.stages().iter().all(|stage| stage.times.end >= stage.times.start));
}
