//! What a log line looks like, and which lines are kept.
#![allow(clippy::unwrap_used, clippy::expect_used)]

use super::{LogFormat, Look, TelemetryError, filter, subscriber};
use std::io::Write;
use std::sync::{Arc, Mutex};

#[derive(Clone, Default)]
struct Sink(Arc<Mutex<Vec<u8>>>);

impl Write for Sink {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

const PIPE: Look = Look { terminal: false, no_color: false };
const TERMINAL: Look = Look { terminal: true, no_color: false };

/// The lines that `code` logs.
fn logged(format: LogFormat, look: Look, rust_log: Option<&str>, code: impl FnOnce()) -> String {
    let sink = Sink::default();
    let writer = sink.clone();
    let subscriber = subscriber("test-service", format, look, filter(rust_log).unwrap(), move || writer.clone());
    tracing::subscriber::with_default(subscriber, code);
    String::from_utf8(sink.0.lock().unwrap().clone()).unwrap()
}

#[test]
fn json_is_one_object_per_line_with_service_and_fields() {
    let text = logged(LogFormat::Json, PIPE, None, || tracing::info!(room = "a\"b", count = 3, "hello"));
    let value: serde_json::Value = serde_json::from_str(text.trim_end()).expect("one JSON object");
    assert_eq!(value["service"], "test-service");
    assert_eq!(value["message"], "hello");
    assert_eq!(value["room"], "a\"b");
    assert_eq!(value["count"], 3);
    assert_eq!(value["level"], "INFO");
    assert_eq!(text.lines().count(), 1);
}

#[test]
fn auto_means_json_in_a_pipe_and_text_on_a_terminal() {
    let hello = || tracing::info!("hello");
    assert!(logged(LogFormat::Auto, PIPE, None, hello).starts_with('{'));
    assert!(logged(LogFormat::Auto, TERMINAL, None, hello).starts_with("test-service "));
}

#[test]
fn colour_appears_on_a_terminal_only() {
    let hello = || tracing::info!("hello");
    let escape = '\u{1b}';
    assert!(logged(LogFormat::Pretty, TERMINAL, None, hello).contains(escape));
    assert!(!logged(LogFormat::Pretty, PIPE, None, hello).contains(escape));
    assert!(!logged(LogFormat::Pretty, Look { no_color: true, ..TERMINAL }, None, hello).contains(escape));
    assert!(!logged(LogFormat::Json, TERMINAL, None, hello).contains(escape));
}

#[test]
fn libraries_are_quiet_by_default_and_rust_log_decides_otherwise() {
    let chatter = || {
        tracing::info!(target: "ort", "library news");
        tracing::debug!("our details");
        tracing::info!("our news");
    };
    let default = logged(LogFormat::Pretty, PIPE, None, chatter);
    assert!(default.contains("our news") && !default.contains("library news") && !default.contains("our details"));
    assert_eq!(
        logged(LogFormat::Pretty, PIPE, Some(" "), chatter).lines().count(),
        1,
        "an empty RUST_LOG is no filter"
    );
    assert_eq!(logged(LogFormat::Pretty, PIPE, Some("debug"), chatter).lines().count(), 3);
}

#[test]
fn a_malformed_rust_log_is_an_error_that_says_so() {
    let error = filter(Some("room=loud=very")).unwrap_err();
    assert!(matches!(error, TelemetryError::Filter { .. }));
    assert!(error.to_string().contains("RUST_LOG"), "{error}");
}

#[test]
fn formats_are_read_by_name() {
    assert_eq!("json".parse::<LogFormat>().unwrap(), LogFormat::Json);
    assert_eq!("auto".parse::<LogFormat>().unwrap(), LogFormat::Auto);
    assert!("xml".parse::<LogFormat>().unwrap_err().to_string().contains("\"xml\""));
}

#[test]
fn a_turn_is_words_for_people_and_fields_for_machines() {
    use crate::events::TurnMeasured;
    use std::time::{Duration, Instant};
    let now = Instant::now();
    let turn = TurnMeasured {
        turn: 3,
        speech_ended: now,
        transcribed: None,
        turn_ended: now,
        asked: None,
        first_token: None,
        first_clause: None,
        first_audio: None,
        first_sound: None,
        e2e_latency: Some(Duration::from_millis(812)),
        speculative: false,
    };
    let emit = || turn.emit(&crate::spans::CallSpan::none());
    let text = logged(LogFormat::Pretty, PIPE, None, emit);
    assert!(text.trim_end().ends_with("turn 3: answered in 812 ms (end of turn 0)"), "{text}");
    let json: serde_json::Value = serde_json::from_str(&logged(LogFormat::Json, PIPE, None, emit)).unwrap();
    assert_eq!((&json["turn_number"], &json["e2e_latency_ms"]), (&3.into(), &812.0.into()));
    let other = logged(LogFormat::Pretty, PIPE, None, || tracing::info!(turn = 4, "hello"));
    assert!(other.trim_end().ends_with("hello turn=4"), "{other}");
}
