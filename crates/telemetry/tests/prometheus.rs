//! The numbers, as a scraper reads them. One test, in a process of its own: the recorder is global.
#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::io::{Read as _, Write as _};
use std::net::{Ipv4Addr, SocketAddr, TcpStream};
use std::time::{Duration, Instant};
use telemetry::events::{CallEnded, CallExit, Interrupted, Speculated, SpeculationOutcome, TurnMeasured};
use telemetry::prometheus::{PrometheusError, install, serve};
use telemetry::spans::CallSpan;

const LOOPBACK: SocketAddr = SocketAddr::new(std::net::IpAddr::V4(Ipv4Addr::LOCALHOST), 0);

/// The whole answer to one request. Blocks.
fn get(address: SocketAddr, path: &str) -> String {
    let mut stream = TcpStream::connect(address).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(30))).unwrap();
    write!(stream, "GET {path} HTTP/1.1\r\nHost: a\r\n\r\n").unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    answer
}

fn turn() -> TurnMeasured {
    let now = Instant::now();
    TurnMeasured {
        turn: 1,
        speech_ended: now,
        transcribed: None,
        turn_ended: now + Duration::from_millis(310),
        asked: None,
        first_token: None,
        first_clause: None,
        first_audio: None,
        first_sound: None,
        e2e_latency: Some(Duration::from_millis(812)),
        speculative: false,
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_scraper_reads_buckets_and_counters() {
    let handle = install().unwrap();
    assert!(matches!(install(), Err(PrometheusError::AlreadyInstalled)));
    turn().emit(&CallSpan::none());
    Interrupted.emit();
    Speculated { outcome: SpeculationOutcome::Discarded }.emit();
    CallEnded { exit: CallExit::CallerLeft, seconds: 70.0 }.emit();

    let listener = serve(handle.clone(), LOOPBACK).await.unwrap();
    let address = listener.address();
    let answers =
        tokio::task::spawn_blocking(move || ["/metrics", "/healthz", "/other"].map(|path| get(address, path)));
    let [metrics, health, other] = answers.await.unwrap();
    assert!(metrics.starts_with("HTTP/1.1 200") && metrics.contains("text/plain; version=0.0.4"), "{metrics}");
    for line in [
        "# TYPE visavis_e2e_latency_ms histogram",
        "visavis_e2e_latency_ms_bucket{le=\"800\"} 0",
        "visavis_e2e_latency_ms_bucket{le=\"1000\"} 1",
        "visavis_e2e_latency_ms_sum 812",
        "visavis_end_of_turn_delay_ms_bucket{le=\"400\"} 1",
        "visavis_interruptions_total 1",
        "visavis_speculations_total{outcome=\"discarded\"} 1",
        "visavis_call_seconds_bucket{exit=\"caller_left\",le=\"120\"} 1",
        "# HELP visavis_interruptions_total Answers cut short by the user",
    ] {
        assert!(metrics.lines().any(|found| found == line), "{line} is missing in:\n{metrics}");
    }
    assert!(health.starts_with("HTTP/1.1 200") && health.ends_with("ok\n"), "{health}");
    assert!(other.starts_with("HTTP/1.1 404"), "{other}");

    let taken = serve(handle, address).await.unwrap_err();
    assert!(taken.to_string().contains(&address.to_string()), "{taken}");
}
