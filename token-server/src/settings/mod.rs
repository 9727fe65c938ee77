//! What the operator decides: flags, environment and files, checked before anything starts.
//!
//! [`Args`] is the raw command line; [`Settings::resolve`] joins it with the environment and checks it, and each error
//! names the setting in one line.

mod address;
mod args;
mod capacity;
mod front_door;
mod launcher;
mod resolve;
mod store;
mod variables;

pub use address::SfuAddress;
pub use args::Args;
pub use capacity::default_max_workers;
pub use front_door::{Deadlines, Origins};
pub use variables::{Environment, SettingsError};

use std::net::SocketAddr;
use std::num::NonZeroUsize;
use std::path::PathBuf;

use crate::callers::peers::TrustedProxies;
use crate::callers::rates::RateLimits;
use crate::callers::tokens::CallerTokens;
use crate::personas::Personas;
use crate::secret::Secret;
use crate::web_app::WebApp;
use calls::Address;
use worker_process::OnOwnerExit;

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
    /// The keys of which callers must show one; none of these and no [`Self::caller_tokens`]: everyone may call.
    pub client_keys: Vec<Secret>,
    /// The JWTs that callers may show instead.
    pub caller_tokens: Option<CallerTokens>,
    /// Which pages of other sites may call.
    pub cors_origins: Origins,
    /// The proxies that say whom a request comes from.
    pub trusted_proxies: TrustedProxies,
    /// How often callers may call.
    pub rate_limits: RateLimits,
    /// The most rooms with an agent that one client may have.
    pub max_agents_per_client: Option<NonZeroUsize>,
    /// How long things may take.
    pub deadlines: Deadlines,
    /// The web app to serve, if any.
    pub web_app: Option<WebApp>,
    /// The key that the operator must show; none: there is nothing for the operator.
    pub admin_key: Option<Secret>,
    /// The worker's program.
    pub worker_bin: PathBuf,
    /// The most worker processes.
    pub max_workers: NonZeroUsize,
    /// Whom the workers can play.
    pub personas: Personas,
    /// The agents, beside our own, that callers may have the LiveKit server send for.
    pub dispatched_agents: Vec<String>,
    /// Whether workers end with the server.
    pub on_server_exit: OnOwnerExit,
    /// Where calls are kept; `None`: nowhere.
    pub store: Option<Address>,
    /// The name of the agents that LiveKit's scheduler is asked for; `None`: this server starts workers itself.
    pub dispatch: Option<String>,
    /// How many workers stand by for the default persona.
    pub standby: usize,
    /// One that stands by with more memory than this, in MiB, is replaced.
    pub standby_largest_mib: Option<f64>,
    /// The form of log lines.
    pub log_format: telemetry::LogFormat,
}
