//! Stock LiveKit frontends against a real LiveKit server: their tokens really join, and only a join brings the worker.

#![allow(clippy::unwrap_used, clippy::expect_used, missing_docs)]

use std::os::unix::fs::PermissionsExt as _;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use proto::orders::Orders;
use proto::token_source::{ConnectionDetails, TokenSourceResponse};
use room::ffi::FfiConnector;
use room::{ConnectOptions, Connection, RoomConnector as _};
use serde_json::{Value, json};
use testkit::stack::{Stack, StackOptions};

const PATIENCE: Duration = Duration::from_secs(30);

/// A stack whose workers do nothing but note their room and wait.
struct Front {
    stack: Stack,
    connector: FfiConnector,
    folder: tempfile::TempDir,
}

impl Front {
    async fn start() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let personas = folder.path().join("personas");
        std::fs::create_dir(&personas).unwrap();
        std::fs::write(personas.join("ada.toml"), "name = \"Ada\"\ninstructions = \"Be kind.\"\n").unwrap();
        let worker = folder.path().join("noting-worker");
        let notes = "read -r orders; echo \"$* $orders\"";
        let script = format!(
            "#!/bin/sh\n[ $1 = variables ] && exit 0\n{notes} >> '{}'/starts\nread -r end\n",
            folder.path().display()
        );
        std::fs::write(&worker, script).unwrap();
        std::fs::set_permissions(&worker, std::fs::Permissions::from_mode(0o700)).unwrap();
        let arguments =
            ["--personas".to_owned(), personas.display().to_string(), "--dispatched-agents=helper".to_owned()];
        let options = StackOptions { worker_bin: Some(worker), arguments: arguments.into(), ..StackOptions::default() };
        let stack = Stack::start(options).await.unwrap();
        let library: PathBuf = assets::Assets::open().unwrap().path(assets::Asset::LivekitFfi).unwrap();
        Self { stack, connector: FfiConnector::load(&library).unwrap(), folder }
    }

    /// The status and body of an answer.
    async fn ask(&self, path: &str, body: Option<Value>) -> (u16, Value) {
        let url = format!("{}{path}", self.stack.url());
        let answer = tokio::task::spawn_blocking(move || {
            let agent: ureq::Agent =
                ureq::Agent::config_builder().http_status_as_error(false).timeout_global(Some(PATIENCE)).build().into();
            let mut answer = match body {
                Some(body) => agent.post(&url).header("X-Sandbox-ID", "box").send_json(&body).unwrap(),
                None => agent.get(&url).call().unwrap(),
            };
            (answer.status().as_u16(), answer.body_mut().read_json().unwrap())
        });
        answer.await.unwrap()
    }

    async fn token(&self, path: &str, body: Value) -> TokenSourceResponse {
        let (status, answer) = self.ask(path, Some(body)).await;
        assert_eq!(status, 201, "{answer}");
        serde_json::from_value(answer).unwrap()
    }

    async fn meet(&self, room: &str) -> ConnectionDetails {
        let (status, answer) =
            self.ask(&format!("/api/connection-details?roomName={room}&participantName=Mia"), None).await;
        assert_eq!(status, 200, "{answer}");
        serde_json::from_value(answer).unwrap()
    }

    async fn join(&self, url: &str, token: &str) -> Connection {
        self.connector.connect(url, token, ConnectOptions::default()).await.unwrap()
    }

    /// The arguments and orders of every worker that was ever started, a line each.
    fn notes(&self) -> String {
        std::fs::read_to_string(self.folder.path().join("starts")).unwrap_or_default()
    }

    /// The room of every worker that was ever started.
    fn starts(&self) -> Vec<String> {
        let notes = self.notes();
        let orders = notes.lines().map(|line| Orders::parse(&line[line.find('{').unwrap()..]).unwrap());
        orders.map(|orders| orders.room.to_string()).collect()
    }

    /// Waits until `room` has had `count` workers.
    async fn until_started(&self, room: &str, count: usize) {
        let deadline = Instant::now() + PATIENCE;
        while self.starts().iter().filter(|started| *started == room).count() < count {
            assert!(Instant::now() < deadline, "not {count} for {room}: {:?}\n{}", self.starts(), self.stack.log());
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn fifty_tokens_start_no_worker_and_whoever_joins_gets_exactly_one() {
    let front = Front::start().await;
    for number in 0..50 {
        match number % 4 {
            0 => drop(front.token("/token", json!({})).await),
            1 => drop(front.token("/token", json!({"room_name": "lobby", "participant_name": "Ghost"})).await),
            2 => drop(front.token("/api/v2/sandbox/connection-details", json!({"room_name": "lobby"})).await),
            _ => drop(front.meet("lobby").await),
        }
    }
    // Somebody with another kind of token sits in the very room that the ghosts have tokens for.
    let (_, plain) = front.ask("/token?roomName=lobby&name=Plain", None).await;
    let plain = front.join(&front.stack.sfu.url(), plain["token"].as_str().unwrap()).await;

    // One of each endpoint joins. Their workers prove that all this time somebody looked who is in the rooms.
    let starter = front.token("/token", json!({"participant_name": "Ada"})).await;
    let fresh_room = starter.room_name.to_string();
    let starter = front.join(&starter.server_url, &starter.participant_token).await;
    front.until_started(&fresh_room, 1).await;
    assert_eq!((starter.room.name(), starter.room.local().name), (fresh_room.clone(), "Ada".to_owned()));

    let sandbox = front.token("/api/v2/sandbox/connection-details", json!({"room_name": "beach"})).await;
    let sandbox = front.join(&sandbox.server_url, &sandbox.participant_token).await;
    front.until_started("beach", 1).await;

    // Two people, one room.
    let (mia, bob) = (front.meet("office").await, front.token("/token", json!({"room_name": "office"})).await);
    let mia = front.join(&mia.server_url, &mia.participant_token).await;
    let bob = front.join(&bob.server_url, &bob.participant_token).await;
    front.until_started("office", 1).await;
    let last = front.meet("last").await;
    let last = front.join(&last.server_url, &last.participant_token).await;
    front.until_started("last", 1).await;

    let mut rooms = front.starts();
    rooms.sort_unstable();
    let mut expected = vec!["beach".to_owned(), "last".to_owned(), "office".to_owned(), fresh_room];
    expected.sort_unstable();
    assert_eq!(rooms, expected, "{}", front.stack.log());
    for connection in [plain, starter, sandbox, mia, bob, last] {
        connection.room.disconnect().await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_comes_back_with_the_token_of_the_first_call_gets_a_worker_again() {
    let front = Front::start().await;
    let token = front.token("/token", json!({"room_name": "lobby", "participant_identity": "abel"})).await;
    let first = front.join(&token.server_url, &token.participant_token).await;
    front.until_started("lobby", 1).await;

    // Nobody may take the place of someone who is there.
    let taken = json!({"room_name": "lobby", "participant_identity": "abel"});
    let (status, answer) = front.ask("/token", Some(taken)).await;
    assert_eq!((status, &answer["error"]["code"]), (409, &json!("identity_taken")));

    first.room.disconnect().await.unwrap();
    for worker in front.stack.workers().unwrap() {
        kill(Pid::from_raw(i32::try_from(worker).unwrap()), Signal::SIGKILL).unwrap();
    }
    let second = front.join(&token.server_url, &token.participant_token).await;
    front.until_started("lobby", 2).await;
    second.room.disconnect().await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_persona_named_as_agent_comes_and_an_agent_of_others_is_left_to_the_livekit_server() {
    let front = Front::start().await;
    let asking =
        |room: &str, agent: &str| json!({"room_name": room, "room_config": {"agents": [{"agent_name": agent}]}});
    // The server dispatches this one itself (here nobody has registered for it): two agents would talk at once.
    let other = front.token("/token", asking("theirs", "helper")).await;
    let other = front.join(&other.server_url, &other.participant_token).await;
    let ada = front.token("/token", asking("ours", "ada")).await;
    let ada = front.join(&ada.server_url, &ada.participant_token).await;
    front.until_started("ours", 1).await;
    assert_eq!(front.starts(), ["ours"]);
    assert!(
        front.notes().contains("\"name\":\"Ada\"") && front.notes().contains("/personas/ada.toml"),
        "{}",
        front.notes()
    );
    for connection in [other, ada] {
        connection.room.disconnect().await.unwrap();
    }
}
