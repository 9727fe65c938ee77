//! The flags of `start`, and what they and the environment come to.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::time::Duration;

use proto::worker::DEFAULT_AGENT_NAME;

use crate::configuration::{Configuration, ENV_ADMIN_KEY, KeyPair};
use crate::settings_error::SettingsError;

/// Jobs a core, unless the operator says otherwise: see docs/deployment.md.
const JOBS_PER_CORE: usize = 4;
/// Where `/healthz` and the rest are served.
const DEFAULT_LISTEN: SocketAddr = SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 8081);

/// The flags of `start`.
#[derive(Debug, Clone, Default, clap::Args)]
pub struct StartArguments {
    /// The name under which the agent is asked for. An empty one: the LiveKit server sends it to every new room.
    #[arg(long, value_name = "NAME", default_value = DEFAULT_AGENT_NAME)]
    pub agent_name: String,
    /// Who the agent is: a persona file [default: the built-in assistant].
    #[arg(long, value_name = "FILE")]
    pub persona: Option<PathBuf>,
    /// The most calls at a time [default: 4 per core].
    #[arg(long, value_name = "NUMBER")]
    pub max_jobs: Option<usize>,
    /// The load of the machine, 0 to 1, from which no more calls are taken; with 1 only their number counts.
    #[arg(long, value_name = "SHARE", default_value_t = 0.75)]
    pub load_threshold: f32,
    /// Processes that load their engines ahead and wait for a call.
    #[arg(long, value_name = "NUMBER", default_value_t = 1)]
    pub standby: usize,
    /// One that waits with more memory than this is replaced, in MiB [default: never].
    #[arg(long, value_name = "MIB")]
    pub standby_memory: Option<u32>,
    /// How long calls may go on after the first SIGTERM, in seconds.
    #[arg(long, value_name = "SECONDS", default_value_t = 1800)]
    pub drain: u64,
    /// Where /healthz, /readyz, /metrics and /jobs are served; any address but a loopback one needs VISAVIS_ADMIN_KEY or
    /// --insecure-open [default: 127.0.0.1:8081].
    #[arg(long, value_name = "ADDRESS")]
    pub listen: Option<SocketAddr>,
    /// Serve them at a non-loopback address without a key.
    #[arg(long)]
    pub insecure_open: bool,
}

/// What `start` was asked to do, checked.
#[derive(Clone)]
pub struct StartSettings {
    /// The LiveKit server.
    pub url: String,
    /// Its API key.
    pub api_key: String,
    /// And secret.
    pub api_secret: String,
    /// See [`StartArguments::agent_name`].
    pub agent_name: String,
    /// The persona file.
    pub persona: Option<PathBuf>,
    /// The most calls at a time.
    pub max_jobs: usize,
    /// The load from which no more are taken.
    pub load_threshold: f32,
    /// Processes that wait for a call.
    pub standby: usize,
    /// The most memory of one of them, in MiB.
    pub standby_memory: Option<f64>,
    /// How long calls may go on when it drains.
    pub drain: Duration,
    /// Its own port.
    pub listen: SocketAddr,
    /// What the operator must show.
    pub admin_key: Option<String>,
    /// Where calls are kept, so that they outlive their processes; shared with the token server.
    pub store: Option<calls::Address>,
}

impl StartSettings {
    /// Checks the flags.
    ///
    /// # Errors
    /// Names the first setting that is missing or wrong.
    pub fn resolve(arguments: StartArguments, configuration: &Configuration) -> Result<Self, SettingsError> {
        let wrong = |setting: &'static str, message: String| SettingsError { setting, message };
        let KeyPair { key, secret } = configuration.key_pair("; a worker of the dispatch registers with it")?;
        let (api_key, api_secret) = (key.to_owned(), secret.to_owned());
        let url = configuration.livekit_url()?;
        let (admin_key, store) = (configuration.admin_key()?, configuration.store()?);
        let listen = arguments.listen.unwrap_or(DEFAULT_LISTEN);
        if !listen.ip().is_loopback() && admin_key.is_none() && !arguments.insecure_open {
            let message = format!("others can reach {listen}; set {ENV_ADMIN_KEY}, or say --insecure-open");
            return Err(wrong("--listen", message));
        }
        let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
        let max_jobs = arguments.max_jobs.unwrap_or(cores * JOBS_PER_CORE);
        if arguments.standby > max_jobs {
            return Err(wrong("--standby", format!("must be at most {max_jobs}, the most calls")));
        }
        Ok(Self {
            url,
            api_key,
            api_secret,
            agent_name: arguments.agent_name,
            persona: arguments.persona.map(|file| std::path::absolute(&file).unwrap_or(file)),
            max_jobs,
            load_threshold: arguments.load_threshold,
            standby: arguments.standby,
            standby_memory: arguments.standby_memory.map(f64::from),
            drain: Duration::from_secs(arguments.drain),
            listen,
            admin_key,
            store,
        })
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used)]

    use super::*;
    use crate::configuration::configuration;

    const COMPLETE: [(&str, &str); 3] =
        [("LIVEKIT_URL", "ws://h"), ("LIVEKIT_API_KEY", "k"), ("LIVEKIT_API_SECRET", "s")];

    fn refused(change: impl FnOnce(&mut StartArguments), more: &[(&str, &str)]) -> Option<&'static str> {
        let mut arguments = StartArguments::default();
        change(&mut arguments);
        let read = configuration(&[more, COMPLETE.as_slice()].concat());
        StartSettings::resolve(arguments, &read).err().map(|error| error.setting)
    }

    #[test]
    fn what_is_missing_or_wrong_is_named() {
        assert_eq!(refused(|_| {}, &[]), None);
        assert_eq!(refused(|_| {}, &[("LIVEKIT_URL", "http://h")]), Some("LIVEKIT_URL"));
        assert_eq!(refused(|_| {}, &[("LIVEKIT_API_SECRET", " ")]), Some("LIVEKIT_API_SECRET"));
        assert_eq!(refused(|arguments| (arguments.max_jobs, arguments.standby) = (Some(2), 3), &[]), Some("--standby"));
        assert_eq!(refused(|_| {}, &[("VISAVIS_ADMIN_KEY", "short")]), Some("VISAVIS_ADMIN_KEY"));
        assert_eq!(refused(|_| {}, &[("VISAVIS_STORE", "mysql://h")]), Some("VISAVIS_STORE"));
    }

    #[test]
    fn its_port_is_closed_to_others_by_default() {
        let open = |arguments: &mut StartArguments| arguments.listen = Some("0.0.0.0:8081".parse().unwrap());
        assert_eq!(refused(open, &[]), Some("--listen"));
        assert_eq!(refused(open, &[("VISAVIS_ADMIN_KEY", "a-key-of-sixteen-bytes")]), None);
        assert_eq!(refused(|arguments| (open(arguments), arguments.insecure_open = true).1, &[]), None);
    }
}
