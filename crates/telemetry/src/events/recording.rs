//! For tests: what an event logged and counted, as typed values.
#![allow(clippy::unwrap_used, clippy::expect_used)]

use crate::MetricName;
use metrics_util::MetricKind;
use metrics_util::debugging::{DebugValue, DebuggingRecorder, Snapshot};
use std::fmt::{Debug, Write};
use std::sync::{Arc, Mutex};
use tracing::field::{Field, Visit};
use tracing::{Event, Metadata, Subscriber, span};

type Labels = Vec<(String, String)>;

/// What happened while [`record`] ran.
pub(crate) struct Recording {
    lines: Vec<String>,
    counters: Vec<(MetricName, Labels, u64)>,
    histograms: Vec<(MetricName, Labels, Vec<f64>)>,
}

impl Recording {
    pub(crate) fn lines(&self) -> Vec<String> {
        self.lines.clone()
    }

    pub(crate) fn counters(&self) -> Vec<(MetricName, Labels, u64)> {
        self.counters.clone()
    }

    pub(crate) fn histograms(&self) -> Vec<(MetricName, Labels, Vec<f64>)> {
        self.histograms.clone()
    }
}

/// Runs `code` with a logger and a recorder of its own, on this thread only.
pub(crate) fn record(code: impl FnOnce()) -> Recording {
    let recorder = DebuggingRecorder::new();
    let snapshotter = recorder.snapshotter();
    let lines = Arc::new(Mutex::new(Vec::new()));
    tracing::subscriber::with_default(Lines(lines.clone()), || metrics::with_local_recorder(&recorder, code));
    let lines = lines.lock().unwrap().clone();
    sort(lines, snapshotter.snapshot())
}

/// Checks that `code` logs this one line and counts one of `name` with these labels, and nothing else.
pub(crate) fn assert_recorded(code: impl FnOnce(), line: &str, name: MetricName, labels: &[(&str, &str)]) {
    let recording = record(code);
    let labels = labels.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect();
    assert_eq!(recording.lines(), [line]);
    assert_eq!(recording.counters(), [(name, labels, 1)]);
    assert!(recording.histograms().is_empty());
}

fn sort(lines: Vec<String>, snapshot: Snapshot) -> Recording {
    let mut recording = Recording { lines, counters: Vec::new(), histograms: Vec::new() };
    for (key, _, _, value) in snapshot.into_vec() {
        let kind = key.kind();
        let key = key.key();
        let name = MetricName::ALL.into_iter().find(|name| name.as_str() == key.name()).expect("a name of ours");
        let labels = key.labels().map(|label| (label.key().to_owned(), label.value().to_owned())).collect();
        match (kind, value) {
            (MetricKind::Counter, DebugValue::Counter(count)) => recording.counters.push((name, labels, count)),
            (MetricKind::Histogram, DebugValue::Histogram(values)) => {
                recording.histograms.push((name, labels, values.into_iter().map(|value| value.into_inner()).collect()));
            }
            (kind, value) => panic!("no event records {kind:?} {value:?}"),
        }
    }
    recording
}

/// Collects each event as `LEVEL message field=value …`.
struct Lines(Arc<Mutex<Vec<String>>>);

impl Subscriber for Lines {
    fn enabled(&self, _: &Metadata<'_>) -> bool {
        true
    }

    fn new_span(&self, _: &span::Attributes<'_>) -> span::Id {
        span::Id::from_u64(1)
    }

    fn record(&self, _: &span::Id, _: &span::Record<'_>) {}

    fn record_follows_from(&self, _: &span::Id, _: &span::Id) {}

    fn event(&self, event: &Event<'_>) {
        let mut line = Line::default();
        event.record(&mut line);
        let text = format!("{} {}{}", event.metadata().level(), line.message, line.fields);
        self.0.lock().unwrap().push(text);
    }

    fn enter(&self, _: &span::Id) {}

    fn exit(&self, _: &span::Id) {}
}

#[derive(Default)]
struct Line {
    message: String,
    fields: String,
}

impl Visit for Line {
    fn record_f64(&mut self, field: &Field, value: f64) {
        write!(self.fields, " {}={value}", field.name()).unwrap();
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        write!(self.fields, " {}={value}", field.name()).unwrap();
    }

    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        if field.name() == "message" {
            self.message = format!("{value:?}");
        } else {
            write!(self.fields, " {}={value:?}", field.name()).unwrap();
        }
    }
}
