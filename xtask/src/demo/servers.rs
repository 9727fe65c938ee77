//! The LiveKit server and the token server of a demo: started, ready, ended.

use std::fs;
use std::io::Write;
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use serde_json::json;

use super::child::ChildServer;
use super::keys::Keys;
use super::network::{Ports, Reach};
use crate::children::{self, Ending};
use crate::command::past_proxies;
use crate::{screen, workspace};

/// How long a server may take until it answers.
const READY_DEADLINE: Duration = Duration::from_secs(20);
/// How long one question may take.
const QUESTION_DEADLINE: Duration = Duration::from_secs(2);
/// How often a starting server is asked.
const POLL: Duration = Duration::from_millis(50);
/// How long the token server may take to end its workers and itself.
const TERMINATE_PATIENCE: Duration = Duration::from_secs(5);
/// Settings of the person's own shell that must not reach the token server of a demo.
const FOREIGN_SETTINGS: [&str; 10] = [
    "VISAVIS_STORE",
    "VISAVIS_STORE_FILE",
    "LIVEKIT_URL",
    "LIVEKIT_PUBLIC_URL",
    "LIVEKIT_API_KEY",
    "LIVEKIT_API_SECRET",
    "LIVEKIT_API_SECRET_FILE",
    "VISAVIS_API_KEYS",
    "VISAVIS_API_KEYS_FILE",
    "VISAVIS_WEB",
];

/// Everything that is decided before a server starts.
pub(super) struct Plan {
    pub(super) livekit_server: PathBuf,
    pub(super) ports: Ports,
    pub(super) reach: Reach,
    pub(super) keys: Keys,
    pub(super) persona: Option<PathBuf>,
    /// Folder of the web app to serve.
    pub(super) web_app: Option<PathBuf>,
    /// Folder for the servers' logs.
    pub(super) logs: PathBuf,
}

impl Plan {
    /// The token server as this program reaches it.
    pub(super) fn token_server(&self) -> String {
        format!("http://127.0.0.1:{}", self.ports.token_server)
    }

    /// The token server as clients reach it.
    pub(super) fn public_token_server(&self) -> String {
        format!("http://{}:{}", self.reach.public_address(), self.ports.token_server)
    }

    /// The web app's page on this machine, where there is one.
    pub(super) fn page(&self) -> Option<String> {
        // A browser gives the microphone to this name as it does to https.
        self.web_app.as_ref().map(|_| format!("http://localhost:{}", self.ports.token_server))
    }

    /// The LiveKit server as clients reach it.
    pub(super) fn public_livekit(&self) -> String {
        format!("ws://{}:{}", self.reach.public_address(), self.ports.sfu)
    }

    /// The LiveKit server's configuration. YAML takes JSON as it is.
    fn sfu_config(&self) -> String {
        let rtc = match self.reach {
            // No media over TCP (port 0): the server would take it on every interface, whatever it is bound to.
            Reach::Loopback => json!({
                "tcp_port": 0,
                "udp_port": self.ports.media_udp,
                "use_external_ip": false,
                "enable_loopback_candidate": true,
                "interfaces": { "includes": ["lo"] },
            }),
            Reach::Lan(address) => json!({
                "tcp_port": self.ports.media_tcp,
                "udp_port": self.ports.media_udp,
                "use_external_ip": false,
                "node_ip": address,
            }),
        };
        json!({
            "port": self.ports.sfu,
            "bind_addresses": self.reach.sfu_addresses(),
            "rtc": rtc,
            "keys": { &self.keys.livekit_key: &self.keys.livekit_secret },
            "logging": { "level": "info" },
            // Whoever joins is met at once.
            "webhook": {
                "api_key": &self.keys.livekit_key,
                "urls": [format!("{}/webhook", self.token_server())],
            },
        })
        .to_string()
    }

    fn token_server_command(&self, program: &Path) -> Command {
        let mut command = Command::new(program);
        for name in FOREIGN_SETTINGS {
            command.env_remove(name);
        }
        past_proxies(&mut command);
        command.env("LIVEKIT_URL", format!("ws://127.0.0.1:{}", self.ports.sfu));
        command.env("LIVEKIT_PUBLIC_URL", self.public_livekit());
        command.env("LIVEKIT_API_KEY", &self.keys.livekit_key);
        command.env("LIVEKIT_API_SECRET", &self.keys.livekit_secret);
        command.env("PORT", self.ports.token_server.to_string());
        command.arg("--bind").arg(self.reach.token_server_address().to_string());
        // The first call begins at once, and so does the next one.
        command.args(["--standby", "1"]);
        if let Some(key) = &self.keys.token_server_key {
            command.env("VISAVIS_API_KEYS", key);
        }
        if let Some(persona) = &self.persona {
            command.arg("--persona").arg(persona);
        }
        if let Some(web_app) = &self.web_app {
            command.arg("--web").arg(web_app);
        }
        command
    }
}

#[cfg(test)]
impl Plan {
    /// A plan with the well-known ports.
    pub(super) fn example(reach: Reach) -> Plan {
        Plan {
            livekit_server: PathBuf::from("livekit-server"),
            ports: Ports { token_server: 3001, sfu: 7880, media_tcp: 7881, media_udp: 7882 },
            keys: Keys::generate(&reach),
            reach,
            persona: None,
            web_app: None,
            logs: PathBuf::from("."),
        }
    }
}

/// The running servers. Ended when dropped, the token server first.
pub(super) struct Servers {
    // Fields are dropped in this order.
    token_server: ChildServer,
    sfu: ChildServer,
    _config: tempfile::TempDir,
}

impl Servers {
    /// Starts both and waits until they answer.
    pub(super) fn start(plan: &Plan) -> Result<Servers> {
        let program = workspace::program("token-server")?;
        let config = write_config(&plan.sfu_config())?;
        let mut command = Command::new(&plan.livekit_server);
        command.arg("--config").arg(config.path().join(CONFIG_FILE));
        // SIGTERM would make it wait for its participants.
        let mut sfu = ChildServer::start("livekit-server", command, &plan.logs, Ending::Kill)?;
        wait_ready(&mut sfu, &format!("http://127.0.0.1:{}/", plan.ports.sfu))?;
        screen::line(&format!("LiveKit server: {}", plan.public_livekit()));
        let ending = Ending::Terminate(TERMINATE_PATIENCE);
        let command = plan.token_server_command(&program);
        let mut token_server = ChildServer::start("token-server", command, &plan.logs, ending)?;
        wait_ready(&mut token_server, &format!("{}/healthz", plan.token_server()))?;
        screen::line(&format!("token server: {}", plan.public_token_server()));
        screen::line(&format!("logs: {}", plan.logs.display()));
        Ok(Servers { token_server, sfu, _config: config })
    }

    /// Fails as soon as one of them is no longer running.
    pub(super) fn check_alive(&mut self) -> Result<()> {
        self.token_server.check_alive()?;
        self.sfu.check_alive()
    }

    /// Ends both, the token server first: it takes its workers along.
    pub(super) fn end(&mut self) {
        self.token_server.end();
        self.sfu.end();
    }
}

const CONFIG_FILE: &str = "livekit.yaml";

/// Writes the configuration, which holds a secret, where only this user can read it.
fn write_config(text: &str) -> Result<tempfile::TempDir> {
    let owner_only = fs::Permissions::from_mode(0o700);
    let folder = tempfile::Builder::new().prefix("visavis-sfu-").permissions(owner_only).tempdir()?;
    let mut file =
        fs::File::options().create_new(true).write(true).mode(0o600).open(folder.path().join(CONFIG_FILE))?;
    file.write_all(text.as_bytes()).context("cannot write the LiveKit server's configuration")?;
    Ok(folder)
}

/// Asks servers on this machine, past any proxy that the environment names.
pub(super) fn loopback_agent(deadline: Duration) -> ureq::Agent {
    ureq::Agent::config_builder().timeout_global(Some(deadline)).proxy(None).build().into()
}

fn wait_ready(server: &mut ChildServer, url: &str) -> Result<()> {
    let agent = loopback_agent(QUESTION_DEADLINE);
    let started = Instant::now();
    loop {
        server.check_alive()?;
        if children::interrupted() {
            bail!("interrupted");
        }
        // Any answer but success, a refused connection included, means: not yet.
        let Err(error) = agent.get(url).call() else { return Ok(()) };
        if started.elapsed() > READY_DEADLINE {
            let seconds = READY_DEADLINE.as_secs();
            bail!("{url} does not answer after {seconds} s ({error}); last lines of the log:\n{}", server.last_words());
        }
        thread::sleep(POLL);
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used)]
    use std::net::Ipv4Addr;

    use super::*;

    fn bind_addresses(plan: &Plan) -> serde_json::Value {
        serde_json::from_str::<serde_json::Value>(&plan.sfu_config()).unwrap()["bind_addresses"].clone()
    }

    #[test]
    fn nothing_listens_beyond_loopback_unless_asked_to() {
        assert_eq!(bind_addresses(&Plan::example(Reach::Loopback)), json!(["127.0.0.1"]));
        let lan = Plan::example(Reach::Lan(Ipv4Addr::new(192, 168, 1, 2)));
        assert_eq!(bind_addresses(&lan), json!(["127.0.0.1", "192.168.1.2"]));
        assert_eq!(lan.public_livekit(), "ws://192.168.1.2:7880");
    }

    #[test]
    fn no_secret_stands_on_a_command_line() {
        let mut plan = Plan::example(Reach::Lan(Ipv4Addr::new(192, 168, 1, 2)));
        plan.web_app = Some(PathBuf::from("dist/web"));
        let command = plan.token_server_command(Path::new("token-server"));
        let line: Vec<String> = command.get_args().map(|part| part.to_string_lossy().into_owned()).collect();
        assert_eq!(line, ["--bind", "0.0.0.0", "--standby", "1", "--web", "dist/web"]);
        assert!(command.get_envs().any(|(name, value)| name == "VISAVIS_API_KEYS" && value.is_some()));
    }

    #[test]
    fn a_proxy_is_never_asked_for_this_machine() {
        let command = Plan::example(Reach::Loopback).token_server_command(Path::new("token-server"));
        assert!(command.get_envs().any(|(name, value)| name == "http_proxy" && value.is_none()));
    }

    #[test]
    fn the_configuration_is_for_its_owner_alone() {
        let folder = write_config("secret").unwrap();
        let mode = fs::metadata(folder.path().join(CONFIG_FILE)).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
    }
}
