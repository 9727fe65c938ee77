//! The command line, as clap reads it. Values are text here: checking them is [`super::resolve`]'s, so that every
//! mistake is one line that names the setting, wherever it was made.

use std::path::PathBuf;

use clap::Parser;

/// Hands out tokens for LiveKit rooms and brings one AI person into each.
///
/// Endpoints: POST /join-room, GET /token, POST /invite-avatar, GET /personas, GET /healthz; for stock LiveKit frontends POST /token,
/// POST /api/v2/sandbox/connection-details, GET /api/connection-details; for the LiveKit server POST /webhook. GET /docs
/// describes them all, GET /openapi.json for programs.
#[derive(Debug, Clone, Default, Parser)]
#[command(name = "token-server", version, max_term_width = 100, after_help = AFTER_HELP)]
pub struct Args {
    /// Address of the LiveKit server for this server and its workers (ws:// or wss://) [env: LIVEKIT_URL]
    #[arg(long, value_name = "URL", help_heading = "LiveKit")]
    pub livekit_url: Option<String>,

    /// Address of the LiveKit server for clients [env: LIVEKIT_PUBLIC_URL] [default: the same]
    #[arg(long, value_name = "URL", help_heading = "LiveKit")]
    pub livekit_public_url: Option<String>,

    /// LiveKit API key [env: LIVEKIT_API_KEY]
    #[arg(long, value_name = "KEY", help_heading = "LiveKit")]
    pub livekit_api_key: Option<String>,

    /// Port to take requests on [env: PORT] [default: 3001]
    #[arg(long, value_name = "PORT", help_heading = "Front door")]
    pub port: Option<String>,

    /// IP address to take requests on; any but a loopback one needs VISAVIS_API_KEYS, a key for JWTs, or
    /// --insecure-open [default: 127.0.0.1]
    #[arg(long, value_name = "IP", help_heading = "Front door")]
    pub bind: Option<String>,

    /// Take requests from everyone who can reach a non-loopback address
    #[arg(long, help_heading = "Front door")]
    pub insecure_open: bool,

    /// Sites whose pages browsers let call this server, separated by commas, for example https://app.example.org
    /// [default: *, every site]
    #[arg(long, value_name = "ORIGINS", help_heading = "Front door")]
    pub cors_origins: Option<String>,

    /// Requests a second of each client (API key, `sub` of a JWT, or address), and how many at once; 0 is no limit
    /// [default: 20:60]
    #[arg(long, value_name = "RATE[:BURST]", help_heading = "Front door")]
    pub rate_limit: Option<String>,

    /// Requests a second of all clients together, and how many at once; 0 is no limit [default: 500:1000]
    #[arg(long, value_name = "RATE[:BURST]", help_heading = "Front door")]
    pub global_rate_limit: Option<String>,

    /// The most rooms with an agent that one client may have at once; 0 is no limit [default: 0]
    #[arg(long, value_name = "NUMBER", help_heading = "Front door")]
    pub max_agents_per_client: Option<String>,

    /// Proxies whose X-Forwarded-For is believed: addresses or networks, separated by commas [default: none]
    #[arg(long, value_name = "NETWORKS", help_heading = "Front door")]
    pub trusted_proxies: Option<String>,

    /// What the `aud` of callers' JWTs must be [env: VISAVIS_JWT_AUDIENCE] [default: anything]
    #[arg(long, value_name = "TEXT", help_heading = "Front door")]
    pub jwt_audience: Option<String>,

    /// What the `iss` of callers' JWTs must be [env: VISAVIS_JWT_ISSUER] [default: anything]
    #[arg(long, value_name = "TEXT", help_heading = "Front door")]
    pub jwt_issuer: Option<String>,

    /// Folder of a built web app, to be served at / (it has an index.html) [env: VISAVIS_WEB] [default: none]
    #[arg(long, value_name = "DIR", help_heading = "Front door")]
    pub web: Option<PathBuf>,

    /// Who finds workers: process (this server starts them on this machine) or dispatch (LiveKit's scheduler gives calls to
    /// `agent-worker start`, on any machine; needs VISAVIS_STORE, which the workers must share) [default: process]
    #[arg(long, value_name = "LAUNCHER", help_heading = "Workers")]
    pub launcher: Option<String>,

    /// With --launcher dispatch: the name that the workers registered with (their --agent-name) [default: visavis]
    #[arg(long, value_name = "NAME", help_heading = "Workers")]
    pub agent_name: Option<String>,

    /// The worker's program [env: VISAVIS_WORKER_BIN] [default: agent-worker beside this program]
    #[arg(long, value_name = "FILE", help_heading = "Workers")]
    pub worker_bin: Option<PathBuf>,

    /// The most worker processes; with `--launcher dispatch` the most calls of all token servers together [default: 4 per core, and 1 per GiB of memory beyond 2 GiB]
    #[arg(long, value_name = "NUMBER", help_heading = "Workers")]
    pub max_workers: Option<String>,

    /// Persona file for the workers [default: the built-in persona, "AI Assistant"]
    #[arg(long, value_name = "FILE", help_heading = "Workers")]
    pub persona: Option<PathBuf>,

    /// Folder of persona files (*.toml): more avatars to choose from, by name; GET /personas lists them [default: none]
    #[arg(long, value_name = "DIR", help_heading = "Workers")]
    pub personas: Option<PathBuf>,

    /// Agents of others that frontends may ask for in `room_config`, separated by commas: the LiveKit server dispatches
    /// them [default: none]
    #[arg(long, value_name = "NAMES", help_heading = "Workers")]
    pub dispatched_agents: Option<String>,

    /// What becomes of the workers when this server ends: end or leave [default: end]
    #[arg(long, value_name = "WHAT", help_heading = "Workers")]
    pub on_server_exit: Option<String>,

    /// Workers of the default persona that load their engines ahead and wait for a room, so that a call begins at once
    /// [default: 0]
    #[arg(long, value_name = "NUMBER", help_heading = "Workers")]
    pub standby: Option<String>,

    /// One that waits with more memory than this is replaced, in MiB [default: never]
    #[arg(long, value_name = "MIB", help_heading = "Workers")]
    pub standby_memory: Option<String>,

    /// Form of log lines: pretty, json or auto (pretty on a terminal) [default: auto]
    #[arg(long, value_name = "FORMAT")]
    pub log_format: Option<String>,
}

const AFTER_HELP: &str = "\
Secrets come from the environment or from files, never from flags:
  LIVEKIT_API_SECRET       LiveKit API secret, or
  LIVEKIT_API_SECRET_FILE  the file that holds it (required: one of the two)
  VISAVIS_API_KEYS         keys, separated by commas, of which callers must show one
                           (Authorization: Bearer KEY), or
  VISAVIS_API_KEYS_FILE    the file that holds them
  VISAVIS_JWT_SECRET       the secret that signs callers' JWTs (HS256; 32 characters or more), or
  VISAVIS_JWT_SECRET_FILE  the file that holds it, or
  VISAVIS_JWT_PUBLIC_KEY_FILE
                           the file with the public key for them (PEM; RS256, ES256 or EdDSA).
                           Claims: exp, and optionally nbf, aud, iss, sub, room, rooms
  VISAVIS_ADMIN_KEY        the operator's key, for GET /rooms, GET /rooms/NAME,
                           DELETE /rooms/NAME/agent and GET /metrics (404 without it), or
  VISAVIS_ADMIN_KEY_FILE   the file that holds it
  RUST_LOG                 which log lines to keep, for example info,token_server=debug

Exit status: 0 ended on request, 1 failed, 2 a flag or setting is missing or wrong.";
