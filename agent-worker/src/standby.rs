//! `standby`: everything is loaded, then orders are awaited; from there on it is `connect`.
//!
//! ```text
//!  stdin ── EOF ──> ends       stdin ── Orders ──> serve        engines loaded ──> stdout: standing by
//! ```

use std::io::Write as _;
use std::path::{Path, PathBuf};

use proto::orders::{Orders, OrdersError, STANDING_BY_LINE};
use proto::worker::{
    ENV_CALL, ENV_GENERATION, ENV_LIVEKIT_AVATAR_TOKEN, ENV_LIVEKIT_PUBLIC_URL, ENV_LIVEKIT_TOKEN, ENV_LIVEKIT_URL,
    ExitCode,
};

use crate::connect::serve;
use crate::connect_error::ConnectError;
use crate::ending::{asked_to_end, watch_for_end_or};
use crate::lifeline::{Owner, owner};
use crate::prepared::Prepared;
use crate::priority;
use crate::recordings_folder::folder_for;
use crate::settings::{ConnectFlags, ConnectSettings, SettingsError};
use persona::Persona;
use session::failures::for_telemetry;

/// Why a worker that stood by serves nobody.
#[derive(Debug, thiserror::Error)]
pub enum StandbyError {
    /// The call could not be prepared or begun.
    #[error(transparent)]
    Connect(#[from] ConnectError),
    /// What the owner wrote is no orders.
    #[error("standard input: {0}")]
    Orders(#[from] OrdersError),
    /// The orders name something that can't be.
    #[error("orders: {0}")]
    Settings(#[from] SettingsError),
}

impl StandbyError {
    /// The exit code that says so.
    #[must_use]
    pub fn exit_code(&self) -> ExitCode {
        match self {
            Self::Connect(error) => error.exit_code(),
            Self::Orders(_) | Self::Settings(_) => ExitCode::Usage,
        }
    }
}

/// Prepares a call as `persona`, waits for orders, serves them.
///
/// # Errors
/// [`StandbyError`].
pub async fn stand_by(persona: Persona, file: Option<&Path>) -> Result<ExitCode, StandbyError> {
    // Before the first thread of an engine: threads inherit it.
    let mut lowered = priority::lower();
    let Owner { mut orders, gone } = owner();
    let (go_on, may_go_on) = tokio::sync::oneshot::channel::<bool>();
    // Until there are orders nothing is tied to the owner but by them; afterwards only if they say so.
    let ending = watch_for_end_or(async move {
        if may_go_on.await.unwrap_or(true) {
            drop(gone.await);
        } else {
            std::future::pending::<()>().await;
        }
    });
    let mut prepared = Prepared::begin(persona)?;
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
    let _ = go_on.send(orders.lifeline);
    let environment = environment_of(&orders);
    let flags = ConnectFlags {
        room: orders.room.to_string(),
        identity: Some(orders.identity.clone()),
        name: orders.name.clone(),
        persona: file.map(PathBuf::from),
        record: folder_for(orders.room.as_str()),
    };
    let settings = ConnectSettings::resolve(flags, &environment, &prepared.persona.name)?;
    Ok(serve(prepared, settings, &environment, ending).await?)
}

/// What would be this process's environment, had it been started for these orders.
fn environment_of(orders: &Orders) -> impl Fn(&str) -> Option<String> + use<> {
    let orders = orders.clone();
    move |name| match name {
        ENV_LIVEKIT_URL => Some(orders.url.clone()),
        ENV_LIVEKIT_TOKEN => Some(orders.token.clone()),
        ENV_LIVEKIT_AVATAR_TOKEN => orders.avatar_token.clone(),
        ENV_LIVEKIT_PUBLIC_URL => orders.public_url.clone(),
        ENV_CALL => orders.call.as_ref().map(|call| call.id.clone()),
        ENV_GENERATION => orders.call.as_ref().map(|call| call.generation.to_string()),
        _ => std::env::var(name).ok(),
    }
}
