//! The one exporter of spans of this process: begun from the environment, flushed before the end.
//!
//! Variables as OpenTelemetry defines them: <https://opentelemetry.io/docs/specs/otel/protocol/exporter/>.

use super::transport::Transport;
use opentelemetry::KeyValue;
use opentelemetry::trace::TracerProvider as _;
use opentelemetry_otlp::{Protocol, SpanExporter, WithExportConfig as _, WithHttpConfig as _};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::trace::{SdkTracer, SdkTracerProvider};
use std::sync::OnceLock;
use std::time::Duration;

/// The collector's address; `/v1/traces` is appended.
const ENDPOINT: &str = "OTEL_EXPORTER_OTLP_ENDPOINT";
/// The whole address for spans; it wins.
const TRACES_ENDPOINT: &str = "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT";
/// `true` switches OpenTelemetry off.
const DISABLED: &str = "OTEL_SDK_DISABLED";
/// Another name for this service.
const SERVICE_NAME: &str = "OTEL_SERVICE_NAME";

static PROVIDER: OnceLock<SdkTracerProvider> = OnceLock::new();

/// Why spans can't be exported, or were not.
#[derive(Debug, thiserror::Error)]
pub enum SpanError {
    /// A variable is wrong.
    #[error(
        "spans: {variable} must begin with http:// or https:// (OTLP over HTTP, usually port 4318), without a user name or \
         password: put keys into OTEL_EXPORTER_OTLP_HEADERS"
    )]
    Endpoint {
        /// Which one. Its value is left out: it may hold a password.
        variable: &'static str,
    },
    /// The exporter can't be built.
    #[error("spans: the exporter can't be built: {message}")]
    Exporter {
        /// What its builder said.
        message: String,
    },
    /// The process exports its spans already.
    #[error("spans: they are exported already; call telemetry::spans::install once, in main")]
    AlreadyInstalled,
    /// Not everything was delivered before the deadline.
    #[error("spans: some were not delivered: {message}")]
    Flush {
        /// What the exporter said.
        message: String,
    },
}

/// Exports spans from now on, if `environment` names an OTLP collector; `service` is the name it gets to see. `false` when
/// none is named.
///
/// Read are `OTEL_EXPORTER_OTLP_ENDPOINT`, `OTEL_EXPORTER_OTLP_TRACES_ENDPOINT`, `OTEL_SDK_DISABLED` and
/// `OTEL_SERVICE_NAME`; the exporter itself reads `OTEL_EXPORTER_OTLP_HEADERS` (secrets belong there),
/// `OTEL_RESOURCE_ATTRIBUTES` and `OTEL_BSP_*` from the process's environment.
///
/// # Errors
/// [`SpanError::Endpoint`], [`SpanError::Exporter`] or [`SpanError::AlreadyInstalled`].
pub fn install(service: &'static str, environment: &dyn Fn(&str) -> Option<String>) -> Result<bool, SpanError> {
    let Some(endpoint) = endpoint(environment)? else { return Ok(false) };
    let exporter = SpanExporter::builder()
        .with_http()
        .with_http_client(Transport::new())
        .with_protocol(Protocol::HttpBinary)
        .with_endpoint(endpoint)
        .build()
        .map_err(|error| SpanError::Exporter { message: error.to_string() })?;
    let service = environment(SERVICE_NAME).filter(|name| !name.is_empty()).unwrap_or_else(|| service.to_owned());
    let resource = Resource::builder()
        .with_service_name(service)
        .with_attribute(KeyValue::new("service.version", env!("CARGO_PKG_VERSION")))
        .with_attribute(KeyValue::new("process.pid", i64::from(std::process::id())))
        .build();
    let provider = SdkTracerProvider::builder().with_batch_exporter(exporter).with_resource(resource).build();
    PROVIDER.set(provider).map_err(|_| SpanError::AlreadyInstalled)?;
    Ok(true)
}

/// Delivers what is still queued, and ends the exporter. Blocks for `deadline` at most: call it outside of async code, right
/// before the process ends. Fine to call when nothing was installed.
///
/// # Errors
/// [`SpanError::Flush`] when not everything was delivered in time.
pub fn shutdown(deadline: Duration) -> Result<(), SpanError> {
    let Some(provider) = PROVIDER.get() else { return Ok(()) };
    provider.shutdown_with_timeout(deadline).map_err(|error| SpanError::Flush { message: error.to_string() })
}

/// What makes spans; `None` when they are not exported.
pub(super) fn tracer() -> Option<SdkTracer> {
    PROVIDER.get().map(|provider| provider.tracer("visavis"))
}

/// Where spans go.
fn endpoint(environment: &dyn Fn(&str) -> Option<String>) -> Result<Option<String>, SpanError> {
    let set = |variable| environment(variable).map(|value| value.trim().to_owned()).filter(|value| !value.is_empty());
    if set(DISABLED).is_some_and(|value| value.eq_ignore_ascii_case("true")) {
        return Ok(None);
    }
    let (variable, address) = match (set(TRACES_ENDPOINT), set(ENDPOINT)) {
        (Some(address), _) => (TRACES_ENDPOINT, address),
        (None, Some(base)) => (ENDPOINT, format!("{}/v1/traces", base.trim_end_matches('/'))),
        (None, None) => return Ok(None),
    };
    let rest = address.strip_prefix("http://").or_else(|| address.strip_prefix("https://"));
    match rest.and_then(|rest| rest.split('/').next()) {
        // Addresses are logged when they fail; secrets must not be.
        Some(host) if !host.is_empty() && !host.contains('@') => Ok(Some(address)),
        Some(_) | None => Err(SpanError::Endpoint { variable }),
    }
}

#[cfg(test)]
#[path = "export_tests.rs"]
mod tests;
