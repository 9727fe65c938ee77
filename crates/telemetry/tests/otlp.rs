//! A stub collector receives the spans of a call over OTLP: names, parents, times, and nothing that must stay here.
//!
//! One test, in a process of its own: the exporter is global.
#![allow(clippy::unwrap_used, clippy::expect_used)]

use axum::Router;
use axum::body::Bytes;
use axum::http::{HeaderMap, Uri};
use axum::routing::post;
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::tonic::common::v1::KeyValue;
use opentelemetry_proto::tonic::common::v1::any_value::Value;
use opentelemetry_proto::tonic::trace::v1::Span;
use prost::Message as _;
use std::collections::BTreeSet;
use std::sync::mpsc;
use std::time::{Duration, Instant, SystemTime};
use telemetry::events::TurnMeasured;
use telemetry::spans::{CallSpan, SpanError, install, shutdown};

/// More than a flush to the same machine needs, even on a busy one.
const DEADLINE: Duration = Duration::from_secs(30);

struct Received {
    path: String,
    content_type: String,
    body: Bytes,
}

/// Starts a collector on a runtime of its own, as the exporter blocks.
fn collector() -> (tokio::runtime::Runtime, String, mpsc::Receiver<Received>) {
    let (sender, receiver) = mpsc::sync_channel(64);
    let take = async move |uri: Uri, headers: HeaderMap, body: Bytes| {
        let content_type = headers["content-type"].to_str().unwrap().to_owned();
        sender.send(Received { path: uri.path().to_owned(), content_type, body }).unwrap();
    };
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    let listener = runtime.block_on(tokio::net::TcpListener::bind("127.0.0.1:0")).unwrap();
    let address = listener.local_addr().unwrap();
    let routes = Router::new().route("/v1/traces", post(take));
    runtime.spawn(async move { axum::serve(listener, routes).await });
    (runtime, format!("http://{address}"), receiver)
}

fn attribute<'a>(attributes: &'a [KeyValue], key: &str) -> &'a Value {
    let found = attributes.iter().find(|attribute| attribute.key == key);
    found.unwrap_or_else(|| panic!("no {key}")).value.as_ref().unwrap().value.as_ref().unwrap()
}

fn named<'a>(spans: &'a [Span], name: &str) -> &'a Span {
    let mut found = spans.iter().filter(|span| span.name == name);
    let span = found.next().unwrap_or_else(|| panic!("no span {name}"));
    assert!(found.next().is_none(), "two spans {name}");
    span
}

fn milliseconds(span: &Span) -> u64 {
    (span.end_time_unix_nano - span.start_time_unix_nano) / 1_000_000
}

fn one_turn(start: Instant) -> TurnMeasured {
    let after = |milliseconds| Some(start + Duration::from_millis(milliseconds));
    TurnMeasured {
        turn: 3,
        speech_ended: start,
        transcribed: after(140),
        turn_ended: start + Duration::from_millis(310),
        asked: after(150),
        first_token: after(250),
        first_clause: after(300),
        first_audio: after(400),
        first_sound: after(420),
        e2e_latency: Some(Duration::from_millis(437)),
        speculative: true,
    }
}

#[test]
fn a_call_and_its_turn_arrive_with_true_times_and_no_words() {
    let (_runtime, endpoint, received) = collector();
    let environment = |name: &str| (name == "OTEL_EXPORTER_OTLP_ENDPOINT").then(|| endpoint.clone());
    assert!(install("test-service", &environment).unwrap());
    assert!(matches!(install("test-service", &environment), Err(SpanError::AlreadyInstalled)));

    let begun = SystemTime::now();
    let call = CallSpan::begin("kitchen", "Ava");
    one_turn(Instant::now()).emit(&call);
    drop(call);
    shutdown(DEADLINE).unwrap();

    let mut spans = Vec::new();
    for request in received.try_iter() {
        assert_eq!((request.path.as_str(), request.content_type.as_str()), ("/v1/traces", "application/x-protobuf"));
        for resource in ExportTraceServiceRequest::decode(request.body).unwrap().resource_spans {
            let service = attribute(&resource.resource.as_ref().unwrap().attributes, "service.name").clone();
            assert_eq!(service, Value::StringValue("test-service".into()));
            spans.extend(resource.scope_spans.into_iter().flat_map(|scope| scope.spans));
        }
    }

    let (call, turn) = (named(&spans, "call"), named(&spans, "turn"));
    assert!(call.parent_span_id.is_empty());
    assert_eq!(attribute(&call.attributes, "lk.pii.room_name"), &Value::StringValue("kitchen".into()));
    assert_eq!(attribute(&call.attributes, "lk.agent_name"), &Value::StringValue("Ava".into()));
    assert_eq!(turn.parent_span_id, call.span_id);
    assert_eq!(milliseconds(turn), 420);
    let begun = u64::try_from(begun.duration_since(SystemTime::UNIX_EPOCH).unwrap().as_nanos()).unwrap();
    assert!((begun..begun + 60_000_000_000).contains(&turn.start_time_unix_nano), "wall-clock time");

    let at = |span: &Span| (span.start_time_unix_nano - turn.start_time_unix_nano) / 1_000_000;
    for (name, start, length) in
        [("end_of_turn", 0, 310), ("stt", 0, 140), ("llm", 150, 150), ("tts", 300, 100), ("playout", 400, 20)]
    {
        let stage = named(&spans, name);
        assert_eq!((at(stage), milliseconds(stage)), (start, length), "{name}");
        assert_eq!((&stage.parent_span_id, &stage.trace_id), (&turn.span_id, &call.trace_id), "{name}");
    }
    assert_eq!(spans.len(), 7);

    for (key, seconds) in [
        ("lk.end_of_turn_delay", 0.310),
        ("lk.transcription_delay", 0.140),
        ("visavis.llm_ttft", 0.100),
        ("visavis.tts_ttfb", 0.100),
        ("visavis.playout_delay", 0.020),
        ("lk.e2e_latency", 0.437),
    ] {
        let Value::DoubleValue(value) = attribute(&turn.attributes, key) else { panic!("{key} is no number") };
        assert!((value - seconds).abs() < 1e-6, "{key}: {value}");
    }

    // The only texts that leave are the two names above: everything else is a number or a truth value.
    let texts: BTreeSet<_> = spans
        .iter()
        .flat_map(|span| &span.attributes)
        .filter(|attribute| {
            let value = attribute.value.as_ref().unwrap().value.as_ref().unwrap();
            !matches!(value, Value::DoubleValue(_) | Value::IntValue(_) | Value::BoolValue(_))
        })
        .map(|attribute| attribute.key.as_str())
        .collect();
    assert_eq!(texts, BTreeSet::from(["lk.agent_name", "lk.pii.room_name"]));
}
