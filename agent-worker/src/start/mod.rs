//! `start`: a worker of LiveKit's agent dispatch, which runs each call as a process of its own.
//!
//! ```text
//!  LiveKit server <── dispatch ──> jobs ── launches ──> agent-worker connect | standby    (one a room)
//!                        ^  |
//!           SIGTERM: drain  └── Snapshot ──> http: /healthz /readyz /metrics /jobs
//! ```

mod arguments;
mod http;
mod jobs;
mod left_behind;

use std::time::Duration;

use dispatch::core::Settings;
use dispatch::machine::{Machine, Usage};
use dispatch::{Config, Control, Profile, RunError, Server, ServerError, Snapshot};
use proto::room::{ATTRIBUTE_AGENT_NAME, ATTRIBUTE_AGENT_STATE, AgentState};
use proto::worker::{ENV_STORE, ExitCode};
use telemetry::prometheus::{self, PrometheusError};
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;
use worker_process::{OnOwnerExit, PoolSettings, Program, StandbyPool};

pub use arguments::{StartArguments, StartSettings};

use crate::configuration::inherited_variables;
use crate::engines::persona_schema;
use crate::settings_error::SettingsError;
use http::{Door, HttpError};
use jobs::Jobs;
use persona::PersonaErrors;

/// How long a job's process may take to be started: one that stands by takes milliseconds.
const START_DEADLINE: Duration = Duration::from_secs(10);

/// How long the store of calls may take to answer the host, which is in no hurry.
const STORE_DEADLINE: Duration = Duration::from_secs(5);

/// Why a worker could not work.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// A setting is missing or wrong.
    #[error(transparent)]
    Settings(#[from] SettingsError),
    /// The server can't be named.
    #[error(transparent)]
    Server(#[from] ServerError),
    /// The store of calls can't be used.
    #[error("VISAVIS_STORE: {0}")]
    Store(#[from] calls::StoreError),
    /// Limits that make no sense.
    #[error("{0}")]
    Limits(#[from] dispatch::core::SettingsError),
    /// The persona can't be had.
    #[error(transparent)]
    Persona(#[from] PersonaErrors),
    /// Its own port can't be served.
    #[error(transparent)]
    Http(#[from] HttpError),
    /// Numbers can't be recorded.
    #[error(transparent)]
    Metrics(#[from] PrometheusError),
    /// The LiveKit server does not want it.
    #[error("{0}; check LIVEKIT_API_KEY and LIVEKIT_API_SECRET")]
    Refused(#[from] RunError),
    /// Where this program lies is not known, or signals can't be heard.
    #[error("{0}")]
    System(#[from] std::io::Error),
}

impl StartError {
    /// The exit code that says so.
    #[must_use]
    pub fn exit_code(&self) -> ExitCode {
        match self {
            Self::Settings(_)
            | Self::Server(_)
            | Self::Store(_)
            | Self::Limits(_)
            | Self::Persona(_)
            | Self::Http(_) => ExitCode::Usage,
            Self::Refused(_) => ExitCode::Refused,
            Self::Metrics(_) | Self::System(_) => ExitCode::Internal,
        }
    }
}

/// Runs until it was told to end and its calls have ended.
///
/// # Errors
/// [`StartError`].
pub async fn start(settings: StartSettings) -> Result<ExitCode, StartError> {
    let persona = persona_schema().load(settings.persona.as_deref())?;
    let server = Server::new(&settings.url, &settings.api_key, &settings.api_secret)?;
    let limits = Settings {
        load_threshold: settings.load_threshold,
        drain_grace: settings.drain,
        seed: rand::random(),
        ..Settings::new(settings.max_jobs)?
    };
    let control = Control::default();
    tokio::spawn(pass_on_signals(signal(SignalKind::interrupt())?, signal(SignalKind::terminate())?, control.clone()));
    let store = settings.store.as_ref().map(|store| calls::open_with_deadline(store, STORE_DEADLINE)).transpose()?;
    let environment = settings.store.iter().map(|store| (ENV_STORE, store.expose())).collect();
    let program = Program {
        file: std::env::current_exe()?,
        on_owner_exit: OnOwnerExit::End,
        inherited: inherited_variables(),
        environment,
    };
    let pool_settings = PoolSettings {
        size: settings.standby,
        persona: settings.persona.clone(),
        largest_mib: settings.standby_memory,
    };
    let pool = StandbyPool::new(program.clone(), pool_settings);
    let (snapshots, shown) = watch::channel(Snapshot::default());
    let door = Door { shown, standby: pool.clone(), admin_key: settings.admin_key, metrics: prometheus::install()? };
    let _door = http::open(settings.listen, door).await?;
    let no_more = CancellationToken::new();
    let keeping = {
        let (pool, no_more) = (pool.clone(), no_more.clone());
        tokio::spawn(async move { pool.keep(no_more).await })
    };
    // Whoever drains needs nobody to stand by.
    tokio::spawn({
        let (drain, no_more) = (control.drain.clone(), no_more.clone());
        async move {
            drain.cancelled().await;
            no_more.cancel();
        }
    });
    let profile = Profile {
        agent_name: settings.agent_name,
        version: env!("CARGO_PKG_VERSION").to_owned(),
        participant_name: persona.name.clone(),
        participant_attributes: [
            (ATTRIBUTE_AGENT_STATE.to_owned(), AgentState::Initializing.as_str().to_owned()),
            (ATTRIBUTE_AGENT_NAME.to_owned(), persona.name.clone()),
        ]
        .into(),
    };
    let jobs = Jobs { program, pool, url: settings.url, persona: settings.persona, name: persona.name, store };
    let config = Config { server, profile, settings: limits, start_deadline: START_DEADLINE };
    let mut machine = Machine::default();
    let load = move |now| machine.measure(now).map(Usage::load);
    let result = dispatch::run(config, jobs, load, control, snapshots).await;
    no_more.cancel();
    // A panic of its own has been printed.
    let _ = keeping.await;
    result?;
    Ok(ExitCode::Ended)
}

/// The first signal drains, the second one ends.
async fn pass_on_signals(mut interrupt: Signal, mut terminate: Signal, control: Control) {
    for (token, meaning) in [
        (control.drain, "no more jobs; calls go on until they end, or until the next signal"),
        (control.stop, "ending at once"),
    ] {
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
        }
        tracing::info!("{meaning}");
        token.cancel();
    }
}
