//! Joins flags, environment and files into [`Settings`], or says which setting is wrong.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::num::NonZeroUsize;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use proto::names::AvatarName;
use worker_process::OnOwnerExit;

use super::variables::{Environment, SettingsError, Variables, malformed};
use super::{Args, Deadlines, Settings, SfuAddress, capacity, front_door, launcher, store};
use crate::persona::Persona;
use crate::personas::Personas;
use crate::secret::Secret;
use crate::web_app::WebApp;

const LIVEKIT_URL: &str = "LIVEKIT_URL";
const LIVEKIT_PUBLIC_URL: &str = "LIVEKIT_PUBLIC_URL";
const LIVEKIT_API_KEY: &str = "LIVEKIT_API_KEY";
const LIVEKIT_API_SECRET: &str = "LIVEKIT_API_SECRET";
const LIVEKIT_API_SECRET_FILE: &str = "LIVEKIT_API_SECRET_FILE";
const VISAVIS_API_KEYS: &str = "VISAVIS_API_KEYS";
const VISAVIS_API_KEYS_FILE: &str = "VISAVIS_API_KEYS_FILE";
const VISAVIS_ADMIN_KEY: &str = "VISAVIS_ADMIN_KEY";
const VISAVIS_ADMIN_KEY_FILE: &str = "VISAVIS_ADMIN_KEY_FILE";
const VISAVIS_WORKER_BIN: &str = "VISAVIS_WORKER_BIN";
const VISAVIS_WEB: &str = "VISAVIS_WEB";
const PORT: &str = "PORT";

/// The shortest admin key.
const MIN_ADMIN_KEY_BYTES: usize = 16;
const DEFAULT_PORT: u16 = 3001;
/// The most calls that one server dispatches, unless the operator says otherwise.
const MOST_DISPATCHED: NonZeroUsize = NonZeroUsize::MIN.saturating_add(999);
const WORKER_PROGRAM: &str = "agent-worker";
/// The secret that `livekit-server --dev` uses; everyone knows it.
const DEVELOPMENT_SECRET: &str = "secret";

impl Settings {
    /// Joins and checks.
    ///
    /// # Errors
    /// [`SettingsError`] for the first setting that is missing or wrong.
    pub fn resolve(args: Args, environment: Environment<'_>) -> Result<Self, SettingsError> {
        let env = Variables(environment);
        let livekit_url = match env.or_flag(args.livekit_url, LIVEKIT_URL)? {
            Some(text) => address(LIVEKIT_URL, &text)?,
            None => {
                let hint = "the address of the LiveKit server, for example ws://127.0.0.1:7880";
                return Err(SettingsError::Missing { setting: LIVEKIT_URL, hint });
            }
        };
        let livekit_public_url = match env.or_flag(args.livekit_public_url, LIVEKIT_PUBLIC_URL)? {
            Some(text) => address(LIVEKIT_PUBLIC_URL, &text)?,
            None => livekit_url.clone(),
        };
        let api_key = api_key(env.or_flag(args.livekit_api_key, LIVEKIT_API_KEY)?)?;
        let api_secret = api_secret(&env)?;
        let client_keys = client_keys(&env)?;
        let admin_key = admin_key(&env, &client_keys)?;
        let caller_tokens = front_door::caller_tokens(&env, args.jwt_audience, args.jwt_issuer, &api_secret)?;

        let bind = match args.bind {
            Some(text) => text.trim().parse().map_err(|_| malformed("--bind", "is not an IP address"))?,
            None => IpAddr::V4(Ipv4Addr::LOCALHOST),
        };
        let port = match env.or_flag(args.port, PORT)? {
            Some(text) => text.parse().map_err(|_| malformed(PORT, "is not a port number (0 to 65535)"))?,
            None => DEFAULT_PORT,
        };
        if !bind.is_loopback() {
            let is_locked = !client_keys.is_empty() || caller_tokens.is_some();
            check_open(bind, args.insecure_open || is_locked, &api_secret)?;
        }

        let web_app = match args.web.or_else(|| env.raw(VISAVIS_WEB).map(PathBuf::from)) {
            Some(folder) => {
                let folder = std::path::absolute(&folder).unwrap_or(folder);
                Some(WebApp::open(folder).map_err(|error| malformed(VISAVIS_WEB, error.to_string()))?)
            }
            None => None,
        };
        let worker_bin = worker_bin(args.worker_bin.or_else(|| env.raw(VISAVIS_WORKER_BIN).map(PathBuf::from)))?;
        let max_workers = match args.max_workers {
            Some(text) => text
                .trim()
                .parse::<NonZeroUsize>()
                .map_err(|_| malformed("--max-workers", "is not a number of at least 1"))?,
            // Worker hosts have limits of their own; this one bounds what this server keeps in mind.
            None if args.launcher.as_deref() == Some("dispatch") => MOST_DISPATCHED,
            None => capacity::of_this_machine(),
        };
        let persona = match args.persona {
            Some(file) => {
                // Workers get this path; it must not depend on anyone's working directory.
                let file = std::path::absolute(&file).unwrap_or(file);
                let shown = file.display().to_string();
                Persona::from_file(file).map_err(|error| malformed("--persona", format!("{shown} {error}")))?
            }
            None => Persona::built_in().map_err(|error| malformed("--persona", format!("the built-in one {error}")))?,
        };
        let personas = match args.personas {
            Some(folder) => {
                let folder = std::path::absolute(&folder).unwrap_or(folder);
                Personas::with_folder(persona, &folder).map_err(|error| malformed("--personas", error.to_string()))?
            }
            None => Personas::only(persona),
        };
        let dispatched_agents = dispatched_agents(args.dispatched_agents.as_deref())?;
        let on_server_exit = match args.on_server_exit.as_deref() {
            Some("end") | None => OnOwnerExit::End,
            Some("leave") => OnOwnerExit::Leave,
            Some(_) => return Err(malformed("--on-server-exit", "must be end or leave")),
        };
        let store = store::resolve(&env, &livekit_url)?;
        let dispatch = launcher::resolve(args.launcher.as_deref(), args.agent_name, &env)?;
        let standby = match args.standby.as_deref() {
            Some(text) => text.parse().ok().filter(|standby| *standby <= max_workers.get()).ok_or_else(|| {
                malformed("--standby", format!("must be a number from 0 to {max_workers}, the most workers"))
            })?,
            None => 0,
        };
        let standby_largest_mib = match args.standby_memory.as_deref() {
            Some(text) => {
                let mib = text.parse::<u32>().ok().filter(|mib| *mib > 0);
                Some(f64::from(mib.ok_or_else(|| malformed("--standby-memory", "must be a number of MiB"))?))
            }
            None => None,
        };
        let log_format = match args.log_format.as_deref() {
            Some(text) => text.parse().map_err(|_| malformed("--log-format", "must be pretty, json or auto"))?,
            None => telemetry::LogFormat::default(),
        };
        Ok(Self {
            listen: SocketAddr::new(bind, port),
            livekit_url,
            livekit_public_url,
            api_key,
            api_secret,
            client_keys,
            caller_tokens,
            cors_origins: front_door::origins(args.cors_origins.as_deref())?,
            trusted_proxies: front_door::trusted_proxies(args.trusted_proxies.as_deref())?,
            rate_limits: front_door::rate_limits(args.rate_limit.as_deref(), args.global_rate_limit.as_deref())?,
            max_agents_per_client: front_door::max_agents(args.max_agents_per_client.as_deref())?,
            deadlines: Deadlines::default(),
            web_app,
            admin_key,
            worker_bin,
            max_workers,
            personas,
            dispatched_agents,
            on_server_exit,
            store,
            dispatch,
            standby,
            standby_largest_mib,
            log_format,
        })
    }
}

fn address(setting: &'static str, text: &str) -> Result<SfuAddress, SettingsError> {
    SfuAddress::parse(text).map_err(|error| malformed(setting, error.to_string()))
}

fn api_key(key: Option<String>) -> Result<String, SettingsError> {
    let Some(key) = key else {
        let hint = "the API key from the LiveKit server's configuration";
        return Err(SettingsError::Missing { setting: LIVEKIT_API_KEY, hint });
    };
    if is_printable(&key) { Ok(key) } else { Err(malformed(LIVEKIT_API_KEY, UNPRINTABLE)) }
}

fn api_secret(env: &Variables<'_>) -> Result<Secret, SettingsError> {
    let Some((setting, text)) = env.text_or_file(LIVEKIT_API_SECRET, LIVEKIT_API_SECRET_FILE)? else {
        let hint = "the secret of LIVEKIT_API_KEY, in this variable or in the file that LIVEKIT_API_SECRET_FILE names";
        return Err(SettingsError::Missing { setting: LIVEKIT_API_SECRET, hint });
    };
    if is_printable(&text) { Ok(Secret::new(text)) } else { Err(malformed(setting, UNPRINTABLE)) }
}

fn client_keys(env: &Variables<'_>) -> Result<Vec<Secret>, SettingsError> {
    let Some((setting, text)) = env.text_or_file(VISAVIS_API_KEYS, VISAVIS_API_KEYS_FILE)? else {
        return Ok(Vec::new());
    };
    let keys: Vec<&str> = text.split([',', '\n']).map(str::trim).filter(|key| !key.is_empty()).collect();
    if keys.is_empty() {
        // Someone meant to lock this door; leaving it open would be the worst reading.
        return Err(malformed(setting, "holds no key"));
    }
    if keys.iter().any(|key| !is_printable(key)) {
        return Err(malformed(setting, UNPRINTABLE));
    }
    Ok(keys.into_iter().map(Secret::new).collect())
}

/// The operator's key: long enough not to be guessed, and not one that callers have.
fn admin_key(env: &Variables<'_>, client_keys: &[Secret]) -> Result<Option<Secret>, SettingsError> {
    let Some((setting, text)) = env.text_or_file(VISAVIS_ADMIN_KEY, VISAVIS_ADMIN_KEY_FILE)? else { return Ok(None) };
    if !is_printable(&text) {
        return Err(malformed(setting, UNPRINTABLE));
    }
    if text.len() < MIN_ADMIN_KEY_BYTES {
        return Err(malformed(setting, format!("must have at least {MIN_ADMIN_KEY_BYTES} characters")));
    }
    if client_keys.iter().any(|key| key.matches(&text)) {
        return Err(malformed(setting, "is also one of VISAVIS_API_KEYS: callers would be operators"));
    }
    Ok(Some(Secret::new(text)))
}

fn dispatched_agents(list: Option<&str>) -> Result<Vec<String>, SettingsError> {
    let names = list.unwrap_or_default().split(',').map(str::trim).filter(|name| !name.is_empty());
    let checked = names.map(|name| AvatarName::parse(name).map(String::from));
    checked.collect::<Result<_, _>>().map_err(|error| malformed("--dispatched-agents", error.to_string()))
}

const UNPRINTABLE: &str = "must not be empty or contain spaces or characters other than ASCII";

fn is_printable(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_graphic())
}

/// Closed by default: an address that others reach needs a lock, or an explicit "no lock", and never the keys that
/// everyone knows.
fn check_open(bind: IpAddr, may_be_open: bool, api_secret: &Secret) -> Result<(), SettingsError> {
    let refused = |problem| Err(SettingsError::Open { address: bind, problem });
    if api_secret.matches(DEVELOPMENT_SECRET) {
        return refused("LIVEKIT_API_KEY and LIVEKIT_API_SECRET are the development pair, which everyone knows");
    }
    if !may_be_open {
        return refused("set VISAVIS_API_KEYS or a key for JWTs (--help), or say --insecure-open");
    }
    Ok(())
}

/// Finds the worker's program and makes sure that it can be run.
fn worker_bin(given: Option<PathBuf>) -> Result<PathBuf, SettingsError> {
    let program = match given {
        Some(program) => std::path::absolute(&program).unwrap_or(program),
        None => {
            let here = std::env::current_exe()
                .map_err(|error| malformed(VISAVIS_WORKER_BIN, format!("has no default here: {error}")))?;
            here.with_file_name(WORKER_PROGRAM)
        }
    };
    match executable(&program) {
        Ok(()) => Ok(program),
        Err(problem) => Err(malformed(
            VISAVIS_WORKER_BIN,
            format!("({}) {problem}; build agent-worker, or name it with --worker-bin", program.display()),
        )),
    }
}

fn executable(program: &Path) -> Result<(), String> {
    let metadata = std::fs::metadata(program).map_err(|error| format!("cannot be used: {error}"))?;
    if !metadata.is_file() {
        return Err("is not a file".to_owned());
    }
    if metadata.permissions().mode() & 0o111 == 0 {
        return Err("is not executable".to_owned());
    }
    Ok(())
}
