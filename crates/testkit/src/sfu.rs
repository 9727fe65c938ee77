//! A private livekit-server: one process on free loopback ports, with keys of its own, ended with its owner.

use std::collections::VecDeque;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{Ipv4Addr, TcpListener, UdpSocket};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use anyhow::{Context, bail};
use livekit_api::access_token::{AccessToken, VideoGrants};
use tempfile::TempDir;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::Instant;

const API_KEY: &str = "devkey";
const LOOPBACK: &str = "lo";
/// How long a server may take until it answers.
const START_DEADLINE: Duration = Duration::from_secs(10);
/// How long one attempt to reach it may take, and the pause between two.
const PROBE_TIMEOUT: Duration = Duration::from_secs(1);
const PROBE_INTERVAL: Duration = Duration::from_millis(20);
/// Attempts with other ports, when one was taken in between.
const ATTEMPTS: usize = 5;
/// Log lines kept for error messages.
const LOG_LINES: usize = 40;
/// Logged by the server after it has bound all its ports: what answers before may be another program.
const STARTED: &str = "starting LiveKit server";

/// A running livekit-server. Dropping it kills the process (SIGKILL: on SIGTERM the server waits for its rooms).
pub struct LivekitServer {
    binary: PathBuf,
    directory: TempDir,
    ports: Ports,
    interface: String,
    /// Where it reports who comes and goes, if anywhere.
    webhook: Option<String>,
    secret: String,
    process: Option<Process>,
}

/// What is special about a server.
#[derive(Debug, Clone, Default)]
pub struct SfuOptions {
    /// The network interface of its media, such as `eth0`; the loopback when `None`. Its address stays on the loopback.
    pub interface: Option<String>,
    /// Where it reports who comes and goes, signed with its key.
    pub webhook: Option<String>,
}

#[derive(Clone, Copy)]
struct Ports {
    http: u16,
    rtc_tcp: u16,
    rtc_udp: u16,
}

impl LivekitServer {
    /// Starts a server and waits until it answers, at most ten seconds.
    ///
    /// The binary is `LIVEKIT_SERVER_BIN`, else `livekit-server` in `PATH`, else the one that `cargo xtask setup`
    /// installed.
    ///
    /// # Errors
    /// When there is no binary, or the server does not come up; the message ends with its last log lines.
    pub async fn start() -> anyhow::Result<Self> {
        Self::start_with(SfuOptions::default()).await
    }

    /// The same with options.
    ///
    /// # Errors
    /// As [`Self::start`].
    pub async fn start_with(options: SfuOptions) -> anyhow::Result<Self> {
        let binary = find_binary()?;
        let mut server = Self {
            binary,
            directory: tempfile::Builder::new().prefix("visavis-sfu-").tempdir()?,
            ports: Ports::free()?,
            interface: options.interface.unwrap_or_else(|| LOOPBACK.to_owned()),
            webhook: options.webhook,
            secret: random_secret()?,
            process: None,
        };
        let mut attempt = 1;
        while let Err(error) = server.run().await {
            // Another program may have taken one of the ports between our look and the server's.
            if attempt == ATTEMPTS || !error.to_string().contains("address already in use") {
                return Err(error);
            }
            attempt += 1;
            server.ports = Ports::free()?;
        }
        Ok(server)
    }

    /// Its process; `None` while it does not run.
    #[must_use]
    pub fn pid(&self) -> Option<u32> {
        self.process.as_ref().map(|process| process.child.id())
    }

    /// Kills the server, as a crash would. Its address and keys stay, for [`Self::restart`].
    pub fn kill(&mut self) {
        self.process = None;
    }

    /// Kills the server and starts it again at the same address, with the same keys.
    ///
    /// # Errors
    /// As [`Self::start`], and when one of its ports was taken meanwhile.
    pub async fn restart(&mut self) -> anyhow::Result<()> {
        self.kill();
        self.run().await
    }

    /// Where participants connect: `ws://127.0.0.1:PORT`.
    #[must_use]
    pub fn url(&self) -> String {
        format!("ws://127.0.0.1:{}", self.ports.http)
    }

    /// Where the server's own API answers: `http://127.0.0.1:PORT`.
    #[must_use]
    pub fn http_url(&self) -> String {
        format!("http://127.0.0.1:{}", self.ports.http)
    }

    /// The key that tokens are signed with.
    #[must_use]
    pub fn api_key(&self) -> &str {
        API_KEY
    }

    /// Its secret, made for this server alone.
    #[must_use]
    pub fn api_secret(&self) -> &str {
        &self.secret
    }

    /// A person's token for one room: may publish, subscribe and send data.
    #[must_use]
    pub fn token(&self, identity: &str, room: &str) -> String {
        self.sign(AccessToken::with_api_key(API_KEY, &self.secret), identity, room, false)
    }

    /// A person's token that is no longer taken after this long: for tests of its end.
    #[must_use]
    pub fn short_token(&self, identity: &str, room: &str, lasts: Duration) -> String {
        self.sign(AccessToken::with_api_key(API_KEY, &self.secret).with_ttl(lasts), identity, room, false)
    }

    /// An agent's token for one room: participant kind agent, and may change its own attributes.
    #[must_use]
    pub fn agent_token(&self, identity: &str, room: &str) -> String {
        self.sign(AccessToken::with_api_key(API_KEY, &self.secret).with_kind("agent"), identity, room, true)
    }

    /// The server's last log lines.
    #[must_use]
    pub fn log(&self) -> String {
        self.process.as_ref().map(|process| process.log.text()).unwrap_or_default()
    }

    #[expect(clippy::expect_used, reason = "signing fails only with an empty key or secret, and ours are made here")]
    fn sign(&self, token: AccessToken, identity: &str, room: &str, can_update_own_metadata: bool) -> String {
        let grants = VideoGrants {
            room_join: true,
            room: room.to_owned(),
            can_publish: Some(true),
            can_subscribe: Some(true),
            can_publish_data: Some(true),
            can_update_own_metadata: Some(can_update_own_metadata),
            ..Default::default()
        };
        let token = token.with_identity(identity).with_name(identity).with_grants(grants);
        token.to_jwt().expect("a key and a secret are set")
    }

    fn config(&self) -> String {
        let mut config = self.ports.config(&self.interface, &self.secret);
        if let Some(url) = &self.webhook {
            config.push_str(&format!("webhook:\n  api_key: {API_KEY}\n  urls: [\"{url}\"]\n"));
        }
        config
    }

    async fn run(&mut self) -> anyhow::Result<()> {
        let config = self.directory.path().join("livekit.yaml");
        write_private(&config, &self.config())?;
        let mut process = Process::spawn(&self.binary, &config)?;
        let deadline = Instant::now() + START_DEADLINE;
        loop {
            if let Some(status) = process.child.try_wait()? {
                process.log.finish();
                bail!("livekit-server ended at once ({status}):\n{}", process.log.text());
            }
            if process.log.has_started() && answers(self.ports.http).await {
                break;
            }
            if Instant::now() > deadline {
                bail!("livekit-server does not answer within {START_DEADLINE:?}:\n{}", process.log.text());
            }
            tokio::time::sleep(PROBE_INTERVAL).await;
        }
        self.process = Some(process);
        Ok(())
    }
}

/// Whether the server says that it is healthy: `GET /` is answered with 200.
async fn answers(port: u16) -> bool {
    let probe = async {
        let mut connection = TcpStream::connect((Ipv4Addr::LOCALHOST, port)).await?;
        connection.write_all(b"GET / HTTP/1.0\r\n\r\n").await?;
        let mut status = [0; 12];
        connection.read_exact(&mut status).await?;
        std::io::Result::Ok(status.ends_with(b" 200"))
    };
    matches!(tokio::time::timeout(PROBE_TIMEOUT, probe).await, Ok(Ok(true)))
}

impl Ports {
    /// Three ports that nobody uses right now. All are held until all are found, so that they differ.
    fn free() -> anyhow::Result<Self> {
        let http = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
        let rtc_tcp = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
        let rtc_udp = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0))?;
        Ok(Self {
            http: http.local_addr()?.port(),
            rtc_tcp: rtc_tcp.local_addr()?.port(),
            rtc_udp: rtc_udp.local_addr()?.port(),
        })
    }

    fn config(self, interface: &str, secret: &str) -> String {
        let Self { http, rtc_tcp, rtc_udp } = self;
        let loopback = interface == LOOPBACK;
        format!(
            "port: {http}\n\
             bind_addresses: [127.0.0.1]\n\
             rtc:\n  \
               tcp_port: {rtc_tcp}\n  \
               udp_port: {rtc_udp}\n  \
               use_external_ip: false\n  \
               enable_loopback_candidate: {loopback}\n  \
               interfaces:\n    \
                 includes: [{interface}]\n\
             keys:\n  \
               {API_KEY}: \"{secret}\"\n\
             logging:\n  \
               level: info\n"
        )
    }
}

/// The server's process and what it said.
struct Process {
    child: Child,
    log: Log,
}

impl Process {
    fn spawn(binary: &Path, config: &Path) -> anyhow::Result<Self> {
        let mut child = Command::new(binary)
            .arg("--config")
            .arg(config)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .with_context(|| format!("{} can't be started", binary.display()))?;
        let log = Log::default();
        let readers = [
            child.stdout.take().map(|output| log.follow(output)),
            child.stderr.take().map(|output| log.follow(output)),
        ];
        log.keep(readers.into_iter().flatten().collect());
        Ok(Self { child, log })
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // Both fail only when the process is gone already.
        let _ = self.child.kill();
        let _ = self.child.wait();
        self.log.finish();
    }
}

/// The last lines of a process, read by threads of their own, which end with the process.
#[derive(Default)]
struct Log {
    lines: Arc<Mutex<Lines>>,
    readers: Mutex<Vec<std::thread::JoinHandle<()>>>,
}

#[derive(Default)]
struct Lines {
    last: VecDeque<String>,
    started: bool,
}

impl Log {
    fn follow(&self, output: impl Read + Send + 'static) -> std::thread::JoinHandle<()> {
        let lines = self.lines.clone();
        std::thread::spawn(move || {
            for line in BufReader::new(output).lines().map_while(Result::ok) {
                let mut lines = lines.lock().unwrap_or_else(PoisonError::into_inner);
                lines.started |= line.contains(STARTED);
                if lines.last.len() == LOG_LINES {
                    lines.last.pop_front();
                }
                lines.last.push_back(line);
            }
        })
    }

    fn keep(&self, readers: Vec<std::thread::JoinHandle<()>>) {
        *self.readers.lock().unwrap_or_else(PoisonError::into_inner) = readers;
    }

    /// Waits for the last lines of a process that has ended.
    fn finish(&self) {
        let readers = std::mem::take(&mut *self.readers.lock().unwrap_or_else(PoisonError::into_inner));
        for reader in readers {
            drop(reader.join());
        }
    }

    fn has_started(&self) -> bool {
        self.lines.lock().unwrap_or_else(PoisonError::into_inner).started
    }

    fn text(&self) -> String {
        let lines = self.lines.lock().unwrap_or_else(PoisonError::into_inner);
        lines.last.iter().map(String::as_str).collect::<Vec<_>>().join("\n")
    }
}

fn find_binary() -> anyhow::Result<PathBuf> {
    if let Some(path) = std::env::var_os("LIVEKIT_SERVER_BIN").map(PathBuf::from) {
        if path.is_file() {
            return Ok(path);
        }
        bail!("LIVEKIT_SERVER_BIN: {} is not a file", path.display());
    }
    let in_path = std::env::var_os("PATH").unwrap_or_default();
    let installed = assets::Assets::open()?.cache_dir().join("bin");
    std::env::split_paths(&in_path)
        .chain([installed])
        .map(|directory| directory.join("livekit-server"))
        .find(|path| path.is_file())
        .context("livekit-server was not found: run `cargo xtask setup`, or set LIVEKIT_SERVER_BIN")
}

fn random_secret() -> anyhow::Result<String> {
    let mut bytes = [0; 24];
    std::fs::File::open("/dev/urandom")?.read_exact(&mut bytes)?;
    Ok(bytes.iter().map(|byte| format!("{byte:02x}")).collect())
}

/// The secret goes through a file that only we can read, never through the arguments.
fn write_private(path: &Path, text: &str) -> anyhow::Result<()> {
    let mut file = std::fs::OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(path)?;
    file.write_all(text.as_bytes())?;
    Ok(())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used)]

    use super::*;

    #[tokio::test]
    async fn a_server_answers_dies_and_comes_back_at_its_address() {
        let mut server = LivekitServer::start().await.unwrap();
        let port = server.ports.http;
        assert!(answers(port).await);
        server.kill();
        assert!(!answers(port).await);
        server.restart().await.unwrap();
        assert!(answers(port).await);
        drop(server);
        assert!(!answers(port).await);
    }

    #[tokio::test]
    async fn two_servers_live_side_by_side_with_keys_of_their_own() {
        let (one, other) = (LivekitServer::start().await.unwrap(), LivekitServer::start().await.unwrap());
        assert_ne!(one.url(), other.url());
        assert_ne!(one.api_secret(), other.api_secret());
        assert!(one.api_secret().len() >= 32);
    }

    #[test]
    fn a_token_is_for_one_person_in_one_room() {
        let server = LivekitServer {
            binary: PathBuf::new(),
            directory: tempfile::tempdir().unwrap(),
            ports: Ports { http: 1, rtc_tcp: 2, rtc_udp: 3 },
            interface: LOOPBACK.to_owned(),
            webhook: None,
            secret: random_secret().unwrap(),
            process: None,
        };
        let verifier = livekit_api::access_token::TokenVerifier::with_api_key(server.api_key(), server.api_secret());
        let claims = verifier.verify(&server.agent_token("agent-1", "lounge")).unwrap();
        assert_eq!((claims.sub.as_str(), claims.kind.as_str()), ("agent-1", "agent"));
        assert_eq!((claims.video.room.as_str(), claims.video.room_join), ("lounge", true));
        let claims = verifier.verify(&server.token("ada", "lounge")).unwrap();
        assert_eq!((claims.sub.as_str(), claims.kind.as_str()), ("ada", ""));
    }
}
