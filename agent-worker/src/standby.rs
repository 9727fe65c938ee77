//! `standby`: everything is loaded, then orders are awaited; from there on it is `connect`.
//!
//! ```text
//!  stdin ── EOF ──> ends       stdin ── Orders ──> serve        engines loaded ──> stdout: standing by
//! ```

use std::io::Write as _;

use persona::Persona;
use proto::orders::STANDING_BY_LINE;
use proto::worker::ExitCode;
use session::failures::for_telemetry;

use crate::configuration::Configuration;
use crate::connect::serve;
use crate::connect_error::OrderedError;
use crate::ending::{asked_to_end, watch_for_end_with_owner};
use crate::lifeline::{Owner, owner};
use crate::prepared::Prepared;
use crate::priority;
use crate::settings::ConnectSettings;

/// Prepares a call as `persona`, waits for orders, serves them.
///
/// # Errors
/// [`OrderedError`].
pub async fn stand_by(persona: Persona, configuration: &Configuration) -> Result<ExitCode, OrderedError> {
    // Before the first thread of an engine: threads inherit it.
    let mut lowered = priority::lower();
    let Owner { mut orders, gone } = owner();
    let (ending, tell_tied) = watch_for_end_with_owner(gone);
    let mut prepared = Prepared::begin(persona, configuration)?;
    let mut loading = prepared.loading();
    let mut loaded = false;
    let orders = loop {
        tokio::select! {
            received = &mut orders => match received {
                Ok(orders) => break orders?,
                Err(_) => return Ok(ExitCode::OwnerGone),
            },
            reason = asked_to_end(ending.clone()) => {
                tracing::info!(?reason, "nobody needed this worker");
                return Ok(ExitCode::Ended);
            }
            engine = prepared.failed() => {
                tracing::error!(engine = ?for_telemetry(engine), "this worker can't stand by");
                return Ok(ExitCode::EngineLost);
            }
            ready = loading.wait_for(|engines| *engines == 0), if !loaded => {
                if ready.is_err() {
                    // The engine that failed is about to say so.
                    loaded = true;
                    continue;
                }
                loaded = true;
                if let Some(lowered) = lowered.take() {
                    lowered.restore();
                }
                // Without an owner to read it the end of the orders is next.
                let _ = writeln!(std::io::stdout(), "{STANDING_BY_LINE}");
            }
        }
    };
    if let Some(lowered) = lowered.take() {
        lowered.restore();
    }
    // The receiver is gone only when a signal came first, which `serve` sees.
    let _ = tell_tied.send(orders.lifeline);
    let settings = ConnectSettings::ordered(orders, configuration)?;
    Ok(serve(prepared, settings, configuration, ending).await?)
}
