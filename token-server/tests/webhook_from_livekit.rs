//! Reports as a real LiveKit server sends them: its signature, its form, its header.

#![allow(clippy::unwrap_used, clippy::expect_used)]

mod common;

use std::net::{Ipv4Addr, UdpSocket};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::SystemTime;

use axum::Router;
use axum::body::Bytes;
use axum::http::{HeaderMap, header};
use axum::routing::post;
use common::{API_KEY, API_SECRET, PATIENCE};
use livekit_api::services::room::RoomClient;
use token_server::secret::Secret;
use token_server::webhook::{CONTENT_TYPE, Event, Webhooks};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc;

/// A private livekit-server that reports to `webhook`; killed when this is dropped.
struct Sfu {
    process: Child,
    port: u16,
    _folder: tempfile::TempDir,
}

impl Sfu {
    async fn start(webhook: &str) -> Self {
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
        command.arg("--config").arg(path).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        let sfu = Self { process: command.spawn().unwrap(), port, _folder: folder };
        let answers = async {
            while TcpStream::connect((Ipv4Addr::LOCALHOST, port)).await.is_err() {
                tokio::time::sleep(std::time::Duration::from_millis(20)).await;
            }
        };
        tokio::time::timeout(PATIENCE, answers).await.expect("the LiveKit server does not answer");
        sfu
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

#[tokio::test]
async fn a_real_livekit_servers_reports_are_believed() {
    let _ = common::http_client();
    let webhooks = Arc::new(Webhooks::new(API_KEY, &Secret::new(API_SECRET)));
    let (sender, mut events) = mpsc::channel(16);
    let receive = move |headers: HeaderMap, body: Bytes| async move {
        let text = |name| headers.get(name).map(|value| value.to_str().unwrap().to_owned());
        let admitted = webhooks.admit(text(header::AUTHORIZATION).as_deref());
        let event = admitted.and_then(|admitted| webhooks.open(SystemTime::now(), &admitted, &body));
        sender.send((text(header::CONTENT_TYPE), event)).await.unwrap();
    };
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
    let url = format!("http://{}/webhook", listener.local_addr().unwrap());
    tokio::spawn(async move { axum::serve(listener, Router::new().route("/webhook", post(receive))).await });

    let sfu = Sfu::start(&url).await;
    let rooms = RoomClient::with_api_key(&format!("http://127.0.0.1:{}", sfu.port), API_KEY, API_SECRET);
    rooms.create_room("kitchen", Default::default()).await.unwrap();
    rooms.delete_room("kitchen").await.unwrap();
    for expected in
        [Event::RoomStarted { room: "kitchen".to_owned() }, Event::RoomFinished { room: "kitchen".to_owned() }]
    {
        let (content_type, event) = tokio::time::timeout(PATIENCE, events.recv()).await.unwrap().unwrap();
        assert_eq!((content_type.as_deref(), event), (Some(CONTENT_TYPE), Ok(expected)));
    }
}
