//! Puts the service's name into every log line, so that the lines of many processes can share one stream.

use crate::events::MACHINE_FIELDS;
use std::error::Error;
use std::fmt;
use tracing::field::{Field, Visit};
use tracing::{Event, Subscriber};
use tracing_subscriber::field::{MakeVisitor as _, RecordFields, VisitOutput as _};
use tracing_subscriber::fmt::FmtContext;
use tracing_subscriber::fmt::format::{DefaultFields, DefaultVisitor, FormatEvent, FormatFields, Writer};
use tracing_subscriber::registry::LookupSpan;

/// Wraps a JSON formatter: each object begins with `"service":"NAME"`.
pub(crate) struct ServiceJson<F> {
    /// A name of our own: it needs no escaping.
    pub(crate) service: &'static str,
    /// The formatter of the rest of the object.
    pub(crate) inner: F,
}

impl<S, N, F> FormatEvent<S, N> for ServiceJson<F>
where
    S: Subscriber + for<'a> LookupSpan<'a>,
    N: for<'a> FormatFields<'a> + 'static,
    F: FormatEvent<S, N>,
{
    fn format_event(&self, context: &FmtContext<'_, S, N>, mut writer: Writer<'_>, event: &Event<'_>) -> fmt::Result {
        let mut line = String::new();
        self.inner.format_event(context, Writer::new(&mut line), event)?;
        let fields = line.strip_prefix('{').ok_or(fmt::Error)?;
        write!(writer, "{{\"service\":\"{}\",{fields}", self.service)
    }
}

/// Wraps a formatter for people: each line begins with the service's name.
pub(crate) struct ServiceText<F> {
    /// The name.
    pub(crate) service: &'static str,
    /// The formatter of the rest of the line.
    pub(crate) inner: F,
}

impl<S, N, F> FormatEvent<S, N> for ServiceText<F>
where
    S: Subscriber + for<'a> LookupSpan<'a>,
    N: for<'a> FormatFields<'a> + 'static,
    F: FormatEvent<S, N>,
{
    fn format_event(&self, context: &FmtContext<'_, S, N>, mut writer: Writer<'_>, event: &Event<'_>) -> fmt::Result {
        write!(writer, "{} ", self.service)?;
        self.inner.format_event(context, writer, event)
    }
}

/// Fields for people: all but those that the message says in words already.
#[derive(Default)]
pub(crate) struct ReadableFields(DefaultFields);

impl<'writer> FormatFields<'writer> for ReadableFields {
    fn format_fields<R: RecordFields>(&self, writer: Writer<'writer>, fields: R) -> fmt::Result {
        let mut visitor = Readable(self.0.make_visitor(writer));
        fields.record(&mut visitor);
        visitor.0.finish()
    }
}

struct Readable<'a>(DefaultVisitor<'a>);

impl Visit for Readable<'_> {
    fn record_str(&mut self, field: &Field, value: &str) {
        if is_readable(field) {
            self.0.record_str(field, value);
        }
    }

    fn record_error(&mut self, field: &Field, value: &(dyn Error + 'static)) {
        if is_readable(field) {
            self.0.record_error(field, value);
        }
    }

    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        if is_readable(field) {
            self.0.record_debug(field, value);
        }
    }
}

fn is_readable(field: &Field) -> bool {
    !MACHINE_FIELDS.contains(&field.name())
}
