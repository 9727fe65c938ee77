//! A collector that never answers costs the end of the process its deadline at most. A process of its own: the exporter is
//! global.
#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::time::{Duration, Instant};
use telemetry::spans::{CallSpan, SpanError, install, shutdown};

#[test]
fn a_collector_that_hangs_costs_the_deadline_and_no_more() {
    // Connections are accepted by the system and never read.
    let silent = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let endpoint = format!("http://{}", silent.local_addr().unwrap());
    let environment = |name: &str| (name == "OTEL_EXPORTER_OTLP_ENDPOINT").then(|| endpoint.clone());
    assert!(install("test-service", &environment).unwrap());
    drop(CallSpan::begin("kitchen", "Ava"));

    let begun = Instant::now();
    let outcome = shutdown(Duration::from_millis(200));
    assert!(matches!(outcome, Err(SpanError::Flush { .. })), "{outcome:?}");
    assert!(begun.elapsed() < Duration::from_secs(4), "less than one request may take: {:?}", begun.elapsed());
}
