//! The span of a call, and how a turn hangs its own spans below it.

use super::export::tracer;
use opentelemetry::trace::{Span as _, SpanBuilder, TraceContextExt as _, Tracer as _};
use opentelemetry::{Context, KeyValue};
use opentelemetry_sdk::trace::SdkTracer;
use std::time::{Instant, SystemTime};

/// The root span of a call. It ends when this is dropped.
pub struct CallSpan(Option<Live>);

struct Live {
    tracer: SdkTracer,
    context: Context,
    anchor: Anchor,
}

/// One moment on both clocks.
#[derive(Clone, Copy)]
struct Anchor {
    instant: Instant,
    system: SystemTime,
}

impl Anchor {
    fn system(self, instant: Instant) -> SystemTime {
        match instant.checked_duration_since(self.instant) {
            Some(after) => self.system + after,
            None => self.system - self.instant.duration_since(instant),
        }
    }
}

/// From when to when.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct SpanTimes {
    pub(crate) start: Instant,
    pub(crate) end: Instant,
}

/// One stage of a turn.
#[derive(Debug, Clone)]
pub(crate) struct StageSpan {
    pub(crate) name: &'static str,
    pub(crate) times: SpanTimes,
    pub(crate) attributes: Vec<KeyValue>,
}

impl CallSpan {
    /// Begins the span `call`, now. `room` and `agent` are names; they go to the collector that the operator configured.
    ///
    /// The room's name has LiveKit's newest key for it, which marks it as personal.
    #[must_use]
    pub fn begin(room: &str, agent: &str) -> Self {
        let Some(tracer) = tracer() else { return Self::none() };
        let anchor = Anchor { instant: Instant::now(), system: SystemTime::now() };
        let span = SpanBuilder::from_name("call")
            .with_start_time(anchor.system)
            .with_attributes([
                KeyValue::new("lk.pii.room_name", room.to_owned()),
                KeyValue::new("lk.agent_name", agent.to_owned()),
            ])
            .start_with_context(&tracer, &Context::new());
        Self(Some(Live { tracer, context: Context::new().with_span(span), anchor }))
    }

    /// A span that goes nowhere: for tests, and for what belongs to no call.
    #[must_use]
    pub const fn none() -> Self {
        Self(None)
    }

    /// Adds a `turn` with its stages, all of them over.
    pub(crate) fn add_turn(&self, times: SpanTimes, attributes: Vec<KeyValue>, stages: Vec<StageSpan>) {
        let Some(Live { tracer, context, anchor }) = &self.0 else { return };
        let builder = |name, times: SpanTimes, attributes| {
            SpanBuilder::from_name(name)
                .with_start_time(anchor.system(times.start))
                .with_attributes::<Vec<_>>(attributes)
        };
        let turn = tracer.build_with_context(builder("turn", times, attributes), context);
        let turn_context = context.with_span(turn);
        for stage in stages {
            let mut span = tracer.build_with_context(builder(stage.name, stage.times, stage.attributes), &turn_context);
            span.end_with_timestamp(anchor.system(stage.times.end));
        }
        turn_context.span().end_with_timestamp(anchor.system(times.end));
    }
}

impl Drop for CallSpan {
    fn drop(&mut self) {
        if let Some(Live { context, anchor, .. }) = &self.0 {
            context.span().end_with_timestamp(anchor.system(Instant::now()));
        }
    }
}
