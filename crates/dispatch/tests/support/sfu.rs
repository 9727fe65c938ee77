//! A private livekit-server on loopback: `LIVEKIT_SERVER_BIN`, else `livekit-server` in `PATH` or where
//! `cargo xtask setup` puts it. It is killed with its owner.

use std::fs::File;
use std::net::{Ipv4Addr, SocketAddr, TcpListener, UdpSocket};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use livekit_api::access_token::{AccessToken, VideoGrants};
use livekit_api::services::ServiceResult;
use livekit_api::services::agent_dispatch::AgentDispatchClient;
use livekit_api::services::room::RoomClient;
use livekit_protocol::{
    AgentDispatch, CreateAgentDispatchRequest, CreateRoomRequest, Job, RoomAgentDispatch, RoomConfiguration,
};
use tempfile::TempDir;
use tokio::net::TcpStream;

use super::participant::Participant;
use super::{PATIENCE, soon};

pub const API_KEY: &str = "test-key";
pub const API_SECRET: &str = "a secret that is long enough for a key of this server";
/// Attempts with other ports, when one was taken in between.
const ATTEMPTS: usize = 5;
/// Logged by the server after it has bound all its ports.
const STARTED: &str = "starting LiveKit server";

pub struct Sfu {
    folder: TempDir,
    port: u16,
    process: Option<Child>,
}

impl Sfu {
    pub async fn start() -> Self {
        Self::start_with("").await
    }

    /// One node of several: they are one server, as they share a Redis at this `HOST:PORT`.
    pub async fn node(redis: &str, password: &str) -> Self {
        Self::start_with(&format!("redis:\n  address: {redis}\n  password: {password}\n")).await
    }

    async fn start_with(more: &str) -> Self {
        for _ in 0..ATTEMPTS {
            let folder = tempfile::tempdir().unwrap();
            let port = configure(folder.path(), more);
            let mut sfu = Self { folder, port, process: None };
            // Another program may have taken one of the ports since they were found free.
            if sfu.runs().await {
                return sfu;
            }
        }
        panic!("livekit-server does not start");
    }

    /// Ends it as a crash would.
    pub fn kill(&mut self) {
        if let Some(mut process) = self.process.take() {
            let _ = process.kill();
            let _ = process.wait();
        }
    }

    /// Starts it again, at the same address with the same keys.
    pub async fn run(&mut self) {
        assert!(self.runs().await, "livekit-server does not start again:\n{}", self.log());
    }

    /// Starts it. Returns whether it answers; it does not when it ends instead.
    async fn runs(&mut self) -> bool {
        let log = File::options().create(true).append(true).open(self.folder.path().join("log")).unwrap();
        let starts = self.starts();
        let mut command = Command::new(binary());
        command.arg("--config").arg(self.folder.path().join("config")).stdin(Stdio::null());
        self.process = Some(command.stdout(log.try_clone().unwrap()).stderr(log).spawn().unwrap());
        soon("the LiveKit server answers or ends", async {
            loop {
                if self.process.as_mut().is_none_or(|process| process.try_wait().unwrap().is_some()) {
                    return false;
                }
                // What answers before it has bound its ports may be another program.
                if self.starts() > starts && TcpStream::connect(self.address()).await.is_ok() {
                    return true;
                }
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        })
        .await
    }

    fn starts(&self) -> usize {
        self.log().matches(STARTED).count()
    }

    pub fn log(&self) -> String {
        std::fs::read_to_string(self.folder.path().join("log")).unwrap()
    }

    pub fn server(&self) -> dispatch::Server {
        self.server_with_secret(API_SECRET)
    }

    pub fn server_with_secret(&self, secret: &str) -> dispatch::Server {
        dispatch::Server::new(&self.url(), API_KEY, secret).unwrap()
    }

    pub fn url(&self) -> String {
        format!("ws://{}", self.address())
    }

    pub fn address(&self) -> SocketAddr {
        (Ipv4Addr::LOCALHOST, self.port).into()
    }

    fn http(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    pub fn rooms(&self) -> RoomClient {
        RoomClient::with_api_key(&self.http(), API_KEY, API_SECRET).with_failover(false).with_request_timeout(PATIENCE)
    }

    pub fn dispatches(&self) -> AgentDispatchClient {
        AgentDispatchClient::with_api_key(&self.http(), API_KEY, API_SECRET)
            .with_failover(false)
            .with_request_timeout(PATIENCE)
    }

    /// Sends for an agent.
    pub async fn dispatch(&self, room: &str, agent_name: &str, metadata: &str) -> AgentDispatch {
        self.try_dispatch(room, agent_name, metadata).await.unwrap()
    }

    pub async fn try_dispatch(&self, room: &str, agent_name: &str, metadata: &str) -> ServiceResult<AgentDispatch> {
        let request = CreateAgentDispatchRequest {
            agent_name: agent_name.to_owned(),
            room: room.to_owned(),
            metadata: metadata.to_owned(),
            ..CreateAgentDispatchRequest::default()
        };
        self.dispatches().create_dispatch(request).await
    }

    /// Creates a room that sends for an agent; the client of `livekit-api` cannot say so.
    pub async fn create_room(&self, room: &str, agent_name: &str, metadata: &str) {
        let grants = VideoGrants { room_create: true, ..VideoGrants::default() };
        let token = AccessToken::with_api_key(API_KEY, API_SECRET).with_grants(grants).to_jwt().unwrap();
        let agent = RoomAgentDispatch {
            agent_name: agent_name.to_owned(),
            metadata: metadata.to_owned(),
            ..RoomAgentDispatch::default()
        };
        let request = CreateRoomRequest { name: room.to_owned(), agents: vec![agent], ..CreateRoomRequest::default() };
        let _ = rustls::crypto::ring::default_provider().install_default();
        let client = reqwest::Client::builder().no_proxy().build().unwrap();
        let answer = client
            .post(format!("{}/twirp/livekit.RoomService/CreateRoom", self.http()))
            .bearer_auth(token)
            .header("content-type", "application/protobuf")
            .body(prost::Message::encode_to_vec(&request))
            .send();
        assert_eq!(soon("a room", answer).await.unwrap().status(), 200);
    }

    /// A user joins with a token that names an agent.
    pub async fn join(&self, room: &str, identity: &str, agent_name: &str) -> Participant {
        let agent = RoomAgentDispatch { agent_name: agent_name.to_owned(), ..RoomAgentDispatch::default() };
        let config = RoomConfiguration { agents: vec![agent], ..RoomConfiguration::default() };
        Participant::join(&self.url(), &token(room, identity).with_room_config(config).to_jwt().unwrap()).await
    }

    /// A user joins.
    pub async fn enter(&self, room: &str, identity: &str) -> Participant {
        Participant::join(&self.url(), &token(room, identity).to_jwt().unwrap()).await
    }

    /// The jobs of a room's dispatches, as the server sees them.
    pub async fn jobs(&self, room: &str) -> Vec<Job> {
        let dispatches = self.dispatches().list_dispatch(room).await.unwrap();
        dispatches.into_iter().flat_map(|dispatch| dispatch.state.unwrap_or_default().jobs).collect()
    }

    /// Asks for the jobs of a room until they are as wanted.
    pub async fn until_jobs(&self, what: &str, room: &str, condition: impl Fn(&[Job]) -> bool) -> Vec<Job> {
        soon(what, async {
            loop {
                let jobs = self.jobs(room).await;
                if condition(&jobs) {
                    return jobs;
                }
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        })
        .await
    }
}

/// What the server logs.
impl Sfu {
    /// Waits until the server has heard how a job ended: its log is the only place that tells.
    pub async fn until_ended(&self, job: &str, status: &str) {
        let heard = |line: &str| line.contains("job ended") && line.contains(job) && line.contains(status);
        soon("the server hears of the end", async {
            while !self.log().lines().any(heard) {
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        })
        .await;
    }
}

impl Drop for Sfu {
    fn drop(&mut self) {
        self.kill();
    }
}

/// Writes a configuration with three free ports. Returns the one of its API.
fn configure(folder: &Path, more: &str) -> u16 {
    let (http, tcp) = (TcpListener::bind((Ipv4Addr::LOCALHOST, 0)), TcpListener::bind((Ipv4Addr::LOCALHOST, 0)));
    let udp = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).unwrap().local_addr().unwrap().port();
    let (port, tcp) = (http.unwrap().local_addr().unwrap().port(), tcp.unwrap().local_addr().unwrap().port());
    let config = format!(
        "port: {port}\nbind_addresses: [127.0.0.1]\nrtc:\n  tcp_port: {tcp}\n  udp_port: {udp}\n  \
         use_external_ip: false\n  node_ip: 127.0.0.1\nkeys:\n  {API_KEY}: \"{API_SECRET}\"\nlogging:\n  \
         level: debug\n{more}"
    );
    let mut file = File::options().write(true).create_new(true).mode(0o600).open(folder.join("config")).unwrap();
    std::io::Write::write_all(&mut file, config.as_bytes()).unwrap();
    port
}

fn token(room: &str, identity: &str) -> AccessToken {
    let grants = VideoGrants { room_join: true, room: room.to_owned(), ..VideoGrants::default() };
    AccessToken::with_api_key(API_KEY, API_SECRET).with_identity(identity).with_grants(grants)
}

fn binary() -> PathBuf {
    if let Some(path) = std::env::var_os("LIVEKIT_SERVER_BIN") {
        return path.into();
    }
    let cache = std::env::var_os("VISAVIS_CACHE").map(PathBuf::from).or_else(|| {
        let home = std::env::var_os("HOME").map(PathBuf::from);
        home.map(|home| home.join(".cache/visavis"))
    });
    let in_path = std::env::var_os("PATH").unwrap_or_default();
    let folders = std::env::split_paths(&in_path).chain(cache.map(|cache| cache.join("bin")));
    let mut programs = folders.map(|folder| folder.join("livekit-server"));
    programs.find(|path| path.is_file()).expect("no livekit-server: run `cargo xtask setup`, or set LIVEKIT_SERVER_BIN")
}
