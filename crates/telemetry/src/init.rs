//! The one set-up of logging: where lines go, in which form, and which are kept.

use crate::service_line::{ReadableFields, ServiceJson, ServiceText};
use std::io::IsTerminal;
use std::str::FromStr;
use tracing_subscriber::EnvFilter;
use tracing_subscriber::fmt::MakeWriter;
use tracing_subscriber::fmt::format::{Format, JsonFields};
use tracing_subscriber::util::SubscriberInitExt;

/// What is kept when `RUST_LOG` is not set: our own news, and only the troubles of the libraries below us.
const DEFAULT_FILTER: &str = "info,llama-cpp-2=warn,llama_cpp_2=warn,ort=warn,hyper=warn,hyper_util=warn,h2=warn,reqwest=warn,rustls=warn,tower_http=warn,opentelemetry=warn,ureq=warn";

/// How log lines look.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum LogFormat {
    /// One line for people, coloured on a terminal.
    Pretty,
    /// One JSON object per line, for machines.
    Json,
    /// [`LogFormat::Pretty`] on a terminal, else [`LogFormat::Json`].
    #[default]
    Auto,
}

impl FromStr for LogFormat {
    type Err = TelemetryError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "pretty" => Ok(Self::Pretty),
            "json" => Ok(Self::Json),
            "auto" => Ok(Self::Auto),
            unknown => Err(TelemetryError::UnknownFormat { text: unknown.to_owned() }),
        }
    }
}

/// Why logging could not be set up.
#[derive(Debug, thiserror::Error)]
pub enum TelemetryError {
    /// The process has a logger already.
    #[error("telemetry: logging is set up already in this process; call telemetry::init once, at the start of main")]
    AlreadySet,
    /// `RUST_LOG` cannot be read as a filter.
    #[error("telemetry: RUST_LOG is not a filter ({message}); write for example RUST_LOG=info,room=debug")]
    Filter {
        /// What the parser said.
        message: String,
    },
    /// No such log format.
    #[error("telemetry: unknown log format {text:?}; use pretty, json or auto")]
    UnknownFormat {
        /// What was asked for.
        text: String,
    },
}

/// Sets up logging for the whole process: lines for `service` go to standard error, filtered by `RUST_LOG`
/// (default: `info`, libraries from `warn`).
///
/// Colour appears on a terminal only, and never when `NO_COLOR` is set (<https://no-color.org>).
///
/// # Errors
/// [`TelemetryError::AlreadySet`] on a second call, [`TelemetryError::Filter`] when `RUST_LOG` is malformed.
pub fn init(service: &'static str, format: LogFormat) -> Result<(), TelemetryError> {
    let look = Look {
        terminal: std::io::stderr().is_terminal(),
        no_color: std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty()),
    };
    let filter = filter(std::env::var("RUST_LOG").ok().as_deref())?;
    subscriber(service, format, look, filter, std::io::stderr).try_init().map_err(|_| TelemetryError::AlreadySet)
}

/// What standard error can show.
#[derive(Debug, Clone, Copy)]
struct Look {
    terminal: bool,
    no_color: bool,
}

fn filter(rust_log: Option<&str>) -> Result<EnvFilter, TelemetryError> {
    let directives = match rust_log {
        Some(text) if !text.trim().is_empty() => text,
        Some(_) | None => DEFAULT_FILTER,
    };
    EnvFilter::try_new(directives).map_err(|error| TelemetryError::Filter { message: error.to_string() })
}

fn subscriber<W>(
    service: &'static str,
    format: LogFormat,
    look: Look,
    filter: EnvFilter,
    writer: W,
) -> Box<dyn tracing::Subscriber + Send + Sync>
where
    W: for<'a> MakeWriter<'a> + Send + Sync + 'static,
{
    let json = match format {
        LogFormat::Pretty => false,
        LogFormat::Json => true,
        LogFormat::Auto => !look.terminal,
    };
    let builder = tracing_subscriber::fmt().with_env_filter(filter).with_writer(writer);
    if json {
        let inner = Format::default().json().flatten_event(true);
        let fields = JsonFields::new();
        Box::new(builder.with_ansi(false).fmt_fields(fields).event_format(ServiceJson { service, inner }).finish())
    } else {
        let inner = Format::default();
        let ansi = look.terminal && !look.no_color;
        let builder = builder.with_ansi(ansi).fmt_fields(ReadableFields::default());
        Box::new(builder.event_format(ServiceText { service, inner }).finish())
    }
}

#[cfg(test)]
#[path = "init_tests.rs"]
mod tests;
