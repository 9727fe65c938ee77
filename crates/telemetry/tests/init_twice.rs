//! A second set-up is an error, not a panic. A process of its own: the logger is global.
#![allow(clippy::unwrap_used)]

use telemetry::{LogFormat, TelemetryError, init};

#[test]
fn the_second_call_is_refused() {
    init("test-service", LogFormat::Json).unwrap();
    let second = init("test-service", LogFormat::Json);
    assert!(matches!(second, Err(TelemetryError::AlreadySet)), "{second:?}");
}
