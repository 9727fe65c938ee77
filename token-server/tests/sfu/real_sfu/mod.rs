//! A real LiveKit server on free ports of this machine.

#![allow(clippy::unwrap_used, clippy::expect_used, dead_code, unreachable_pub)]

use std::net::{Ipv4Addr, UdpSocket};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};

use tokio::net::TcpStream;

use crate::common::{API_KEY, API_SECRET, PATIENCE};

/// Attempts with other ports, when one was taken in between.
const ATTEMPTS: usize = 5;
/// Logged by the server after it has bound all its ports.
const STARTED: &str = "starting LiveKit server";

/// A private livekit-server; killed when this is dropped.
pub struct Sfu {
    process: Child,
    port: u16,
    _folder: tempfile::TempDir,
}

impl Sfu {
    /// One that reports to `webhook`.
    pub async fn start(webhook: &str) -> Self {
        for _ in 0..ATTEMPTS {
            // Another program may have taken one of the ports since they were found free.
            if let Some(sfu) = Self::try_start(webhook).await {
                return sfu;
            }
        }
        panic!("the LiveKit server ends at once, {ATTEMPTS} times");
    }

    /// `None` when it ends instead of answering.
    async fn try_start(webhook: &str) -> Option<Self> {
        let (port, tcp, udp) = free_ports();
        // The same lines as in docs/deployment.md.
        let config = format!(
            "port: {port}\nbind_addresses: [127.0.0.1]\nrtc:\n  tcp_port: {tcp}\n  udp_port: {udp}\n  \
             use_external_ip: false\nkeys:\n  {API_KEY}: \"{API_SECRET}\"\n\
             webhook:\n  api_key: {API_KEY}\n  urls:\n    - {webhook}\n"
        );
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("livekit.yaml");
        std::fs::write(&path, config).unwrap();
        let mut command = Command::new(binary());
        let log = folder.path().join("log");
        let output = std::fs::File::create(&log).unwrap();
        command.arg("--config").arg(path).stdin(Stdio::null()).stdout(output.try_clone().unwrap()).stderr(output);
        let mut sfu = Self { process: command.spawn().unwrap(), port, _folder: folder };
        let answers = async {
            loop {
                if sfu.process.try_wait().unwrap().is_some() {
                    return false;
                }
                // What answers before it has bound its ports may be another program.
                let started = std::fs::read_to_string(&log).unwrap().contains(STARTED);
                if started && TcpStream::connect((Ipv4Addr::LOCALHOST, port)).await.is_ok() {
                    return true;
                }
                tokio::time::sleep(std::time::Duration::from_millis(20)).await;
            }
        };
        let answers = tokio::time::timeout(PATIENCE, answers).await.expect("the LiveKit server does not answer");
        answers.then_some(sfu)
    }

    /// Its address.
    pub fn url(&self, scheme: &str) -> String {
        format!("{scheme}://127.0.0.1:{}", self.port)
    }
}

impl Drop for Sfu {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// Three ports that nobody uses right now.
fn free_ports() -> (u16, u16, u16) {
    let bind = || std::net::TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let (http, tcp, udp) = (bind(), bind(), UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).unwrap());
    let port = |address: std::io::Result<std::net::SocketAddr>| address.unwrap().port();
    (port(http.local_addr()), port(tcp.local_addr()), port(udp.local_addr()))
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
