//! What the operator decides: flags, environment and files, checked before anything starts.
//!
//! [`Args`] is the raw command line; [`Settings::resolve`] joins it with the environment and checks it, and each error
//! names the setting in one line.

mod address;
mod args;
mod capacity;
mod resolve;

pub use address::SfuAddress;
pub use args::Args;
pub use capacity::default_max_workers;
pub use resolve::{Environment, SettingsError};

use std::net::SocketAddr;
use std::num::NonZeroUsize;
use std::path::PathBuf;

use crate::personas::Personas;
use crate::secret::Secret;
use crate::web_app::WebApp;

/// Checked settings.
#[derive(Debug, Clone)]
pub struct Settings {
    /// Where to take requests.
    pub listen: SocketAddr,
    /// How server and workers reach the LiveKit server.
    pub livekit_url: SfuAddress,
    /// How clients reach the LiveKit server.
    pub livekit_public_url: SfuAddress,
    /// The LiveKit API key.
    pub api_key: String,
    /// The LiveKit API secret.
    pub api_secret: Secret,
    /// The keys of which callers must show one; none: everyone may call.
    pub client_keys: Vec<Secret>,
    /// The web app to serve, if any.
    pub web_app: Option<WebApp>,
    /// The worker's program.
    pub worker_bin: PathBuf,
    /// The most worker processes.
    pub max_workers: NonZeroUsize,
    /// Whom the workers can play.
    pub personas: Personas,
    /// The agents, beside our own, that callers may have the LiveKit server send for.
    pub dispatched_agents: Vec<String>,
    /// Whether workers end with the server.
    pub on_server_exit: OnServerExit,
    /// The form of log lines.
    pub log_format: telemetry::LogFormat,
}

/// What becomes of the workers when the server ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OnServerExit {
    /// They end too, within five seconds, even when the server is killed.
    End,
    /// They go on with their calls.
    Leave,
}
