//! Metrics as a scraper reads them: names, kinds, help, labels with their values, buckets.

use std::time::{Duration, Instant};

use telemetry::MetricName;
use telemetry::events::*;
use telemetry::prometheus::install;
use telemetry::spans::CallSpan;
use testkit::snapshot::assert_unchanged;

#[test]
fn metrics_are_unchanged() {
    let handle = install().unwrap();
    emit_everything();
    let mut lines: Vec<String> = handle.render().lines().filter(|line| !line.is_empty()).map(str::to_owned).collect();
    // The recorder keeps no order; `# HELP` and `# TYPE` stay before the values of their metric.
    lines.sort_by_key(|line| (name_of(line), !line.starts_with('#'), line.clone()));
    let text = lines.join("\n") + "\n";
    for name in MetricName::ALL {
        assert!(text.contains(&format!("# TYPE {} ", name.as_str())), "no event of this test counts {}", name.as_str());
    }
    assert_unchanged(&[("metrics.txt".to_owned(), text)]);
}

fn name_of(line: &str) -> String {
    let name = line.trim_start_matches("# HELP ").trim_start_matches("# TYPE ").split([' ', '{']).next();
    let name = name.unwrap_or_default();
    let known = MetricName::ALL.into_iter().find(|known| name.starts_with(known.as_str()));
    known.map_or(name, |known| known.as_str()).to_owned()
}

/// Each event once, for each value of its labels.
fn emit_everything() {
    emit_calls_and_engines();
    emit_turns();
    WorkerSpawned { room: "r", identity: "i", pid: 1 }.emit();
    for ordinary in [true, false] {
        let seconds = 1.0;
        WorkerExited { room: "r", identity: "i", pid: 1, code: None, meaning: "m", ordinary, seconds }.emit();
    }
    AudioDropped { ms: 1 }.emit();
    DispatchState { jobs: 1, load: 0.5, standing_by: 2 }.emit();
    for level in [BudgetLevel::NoSpeculation, BudgetLevel::FewerFrames, BudgetLevel::TextOnly, BudgetLevel::Spent] {
        BudgetDegraded { level }.emit();
    }
    use ChatRefusal::*;
    for reason in [TooLong, TooMany, Malformed, NotLinked, Incomplete] {
        ChatRefused { reason }.emit();
    }
    use AvatarLoss::*;
    for reason in [Refused, NeverJoined, NoVideo, Left, Unresponsive, ServiceFailed, TooSlow, BrokenVideo] {
        AvatarLost { reason }.emit();
    }
}

fn emit_calls_and_engines() {
    CallStarted { room: "r" }.emit();
    use CallExit::*;
    for exit in [CallerLeft, NobodyCame, RoomClosed, Stopped, ServerLost, Refused, AssetMissing, EngineFailed] {
        CallEnded { exit, seconds: 70.0 }.emit();
    }
    for engine in [Engine::Vad, Engine::Turn, Engine::Stt, Engine::Llm, Engine::Tts, Engine::Face] {
        telemetry::events::EngineFailed { engine, message: "m" }.emit();
        EngineFaltered { engine, message: "m" }.emit();
    }
}

fn emit_turns() {
    let start = Instant::now();
    let at = |ms| start + Duration::from_millis(ms);
    TurnMeasured {
        turn: 1,
        speech_ended: start,
        transcribed: Some(at(120)),
        turn_ended: at(310),
        asked: Some(at(130)),
        first_token: Some(at(200)),
        first_clause: Some(at(250)),
        first_audio: Some(at(400)),
        first_sound: Some(at(420)),
        e2e_latency: Some(Duration::from_millis(430)),
        speculative: false,
    }
    .emit(&CallSpan::none());
    TurnDropped { turn: 1 }.emit();
    PartiallyTranscribed.emit();
    for outcome in [SpeculationOutcome::Started, SpeculationOutcome::Committed, SpeculationOutcome::Discarded] {
        Speculated { outcome }.emit();
    }
    Interrupted.emit();
    for reason in [ResumeReason::BackChannel, ResumeReason::Noise] {
        FalselyInterrupted { reason }.emit();
    }
    for heard in [true, false] {
        ReplyFailed { heard }.emit();
    }
    UserAway { away: true }.emit();
}
