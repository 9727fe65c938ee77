//! What the tests of the token server share: a fake worker that leaves records, a server on a free port, and waiting
//! for something to become true.

#![allow(clippy::unwrap_used, clippy::expect_used, dead_code, unreachable_pub)]

use std::collections::HashMap;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use livekit_api::access_token::{Claims, TokenVerifier};
use nix::errno::Errno;
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use proto::orders::{CallOrders, Orders};
use reqwest::{Client, Response};
use serde_json::Value;
use token_server::serve::Server;
use token_server::settings::{Args, Settings};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

pub const API_KEY: &str = "test-key";
pub const API_SECRET: &str = "test-secret-that-nobody-else-may-see";

/// The variable that a fake worker's engine reads.
pub const ENGINE_VARIABLE: &str = "AN_ENGINES_KEY";

/// What is waited for at most, unless a test is about time.
pub const PATIENCE: Duration = Duration::from_secs(20);

/// Looks again and again until `look` finds something; fails the test when it does not in time.
pub async fn eventually<T>(what: &str, limit: Duration, mut look: impl FnMut() -> Option<T>) -> T {
    let start = Instant::now();
    loop {
        if let Some(found) = look() {
            return found;
        }
        assert!(start.elapsed() < limit, "not within {limit:?}: {what}");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

/// Whether there is no such process, not even an unreaped one.
pub fn is_reaped(pid: i32) -> bool {
    kill(Pid::from_raw(pid), None) == Err(Errno::ESRCH)
}

/// Whether the process runs no more. An orphan's parent may be slow to reap it: that is not the server's doing.
pub fn is_dead(pid: i32) -> bool {
    match std::fs::read_to_string(format!("/proc/{pid}/stat")) {
        Ok(stat) => stat.rsplit(')').next().is_some_and(|rest| rest.trim_start().starts_with('Z')),
        Err(_) => true,
    }
}

/// What a fake worker does once it has left its record.
pub enum Behaviour {
    /// Ends when its standard input does.
    Obedient,
    /// Ends when it is killed (or after a while, should a test forget it).
    Stubborn,
    /// The first one ends as after a call as soon as `FakeWorker::let_go` is called; the next ones are obedient.
    EndsItsCall,
    /// The first one says that it is leaving as soon as `FakeWorker::let_go` is called, and then takes its time; the
    /// next ones are obedient.
    LeavesSlowly,
}

/// A shell script in the worker's place.
pub struct FakeWorker {
    folder: tempfile::TempDir,
}

/// What one start of a fake worker left behind.
#[derive(Debug, Clone)]
pub struct Record {
    pub pid: i32,
    pub arguments: Vec<String>,
    pub environment: HashMap<String, String>,
    orders: Option<Orders>,
}

impl Record {
    /// The line that it was given.
    pub fn orders(&self) -> &Orders {
        self.orders.as_ref().expect("it was given orders")
    }

    /// The call that it was to serve.
    pub fn call(&self) -> &CallOrders {
        self.orders().call.as_ref().expect("its owner keeps calls")
    }
}

impl FakeWorker {
    pub fn new(behaviour: &Behaviour) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().display();
        let tail = match behaviour {
            Behaviour::Obedient => "exec cat > /dev/null".to_owned(),
            Behaviour::Stubborn => "exec sleep 60".to_owned(),
            Behaviour::EndsItsCall => format!(
                "if mkdir '{path}/first' 2>/dev/null; then read word < '{path}/go'; exit 0; fi\nexec cat > /dev/null"
            ),
            Behaviour::LeavesSlowly => format!(
                "if mkdir '{path}/first' 2>/dev/null; then read word < '{path}/go'; echo '{}'; fi\nexec cat > /dev/null",
                proto::worker::ENDING_LINE
            ),
        };
        nix::unistd::mkfifo(&folder.path().join("go"), nix::sys::stat::Mode::S_IRWXU).unwrap();
        let script = format!(
            "#!/bin/sh\n[ \"$1\" = variables ] && {{ echo {ENGINE_VARIABLE}; exit 0; }}\n\
             printf '%s\\n' \"$@\" > '{path}'/$$.arguments\n\
             [ \"$2\" = --orders ] && {{ read -r line; printf '%s\\n' \"$line\" > '{path}'/$$.orders; }}\n\
             env > '{path}'/$$.environment\n\
             mv '{path}'/$$.environment '{path}'/$$.record\necho 'the fake worker is here' >&2\n{tail}\n"
        );
        let (source, program) = (folder.path().join("source"), folder.path().join("worker"));
        std::fs::write(&source, script).unwrap();
        // Another test that forks meanwhile holds what this process writes: "Text file busy". So another process writes it.
        let copied = std::process::Command::new("install").args(["-m", "755"]).args([&source, &program]).status();
        assert!(copied.unwrap().success());
        Self { folder }
    }

    pub fn program(&self) -> PathBuf {
        self.folder.path().join("worker")
    }

    /// Every start so far.
    pub fn records(&self) -> Vec<Record> {
        let entries = std::fs::read_dir(self.folder.path()).unwrap().map(|entry| entry.unwrap().path());
        entries
            .filter(|path| path.extension().is_some_and(|extension| extension == "record"))
            .map(read_record)
            .collect()
    }

    /// Waits until there have been `count` starts.
    pub async fn started(&self, count: usize) -> Vec<Record> {
        eventually(&format!("{count} workers started"), PATIENCE, || {
            Some(self.records()).filter(|records| records.len() >= count)
        })
        .await
    }

    /// See [`Behaviour::EndsItsCall`] and [`Behaviour::LeavesSlowly`].
    pub async fn let_go(&self) {
        let fifo = self.folder.path().join("go");
        tokio::task::spawn_blocking(move || std::fs::write(fifo, "go\n").unwrap()).await.unwrap();
    }
}

fn read_record(path: PathBuf) -> Record {
    let environment = std::fs::read_to_string(&path).unwrap();
    Record {
        pid: path.file_stem().unwrap().to_str().unwrap().parse().unwrap(),
        arguments: std::fs::read_to_string(path.with_extension("arguments"))
            .unwrap()
            .lines()
            .map(str::to_owned)
            .collect(),
        orders: std::fs::read_to_string(path.with_extension("orders")).ok().map(|line| Orders::parse(&line).unwrap()),
        environment: environment
            .lines()
            .filter_map(|line| line.split_once('='))
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .collect(),
    }
}

/// Settings of a server for tests, to be changed with a closure.
pub fn settings(worker: &Path, more_env: &[(&str, &str)], change: impl FnOnce(&mut Args)) -> Settings {
    let mut env = HashMap::from([
        ("LIVEKIT_URL", "ws://127.0.0.1:9"),
        ("LIVEKIT_API_KEY", API_KEY),
        ("LIVEKIT_API_SECRET", API_SECRET),
        ("PORT", "0"),
        // Tests share neither rooms nor calls, and leave nothing behind.
        ("VISAVIS_STORE", "none"),
    ]);
    env.extend(more_env.iter().copied());
    let mut args = Args { worker_bin: Some(worker.to_owned()), max_workers: Some("8".to_owned()), ..Args::default() };
    change(&mut args);
    // Before any test signs a token, else LiveKit's own provider is there, which knows no public keys.
    token_server::callers::install_signatures();
    Settings::resolve(args, &|name| env.get(name).map(OsString::from)).unwrap()
}

/// A client without a proxy.
pub fn http_client() -> Client {
    // `livekit-api` switches TLS on in `reqwest` without choosing a provider; a client cannot be built before someone
    // does. Only the first choice counts, and they are all the same.
    let _ = rustls::crypto::ring::default_provider().install_default();
    Client::builder().no_proxy().build().unwrap()
}

/// A server in this process.
pub struct TestServer {
    pub base: String,
    pub client: Client,
    stop: CancellationToken,
    task: JoinHandle<()>,
}

impl TestServer {
    pub async fn start(settings: Settings) -> Self {
        let server = Server::bind(settings).await.unwrap();
        let base = format!("http://{}", server.address());
        let stop = CancellationToken::new();
        let task = tokio::spawn(server.run(stop.clone(), CancellationToken::new()));
        Self { base, client: http_client(), stop, task }
    }

    pub async fn with_worker(worker: &FakeWorker) -> Self {
        Self::start(settings(&worker.program(), &[], |_| {})).await
    }

    pub async fn post(&self, path: &str, body: &Value) -> Response {
        self.client.post(format!("{}{path}", self.base)).json(body).send().await.unwrap()
    }

    pub async fn get(&self, path_and_query: &str) -> Response {
        self.client.get(format!("{}{path_and_query}", self.base)).send().await.unwrap()
    }

    /// Joins a room and expects to be let in.
    pub async fn join(&self, room: &str) -> Value {
        let answer = self.post("/join-room", &serde_json::json!({"room_name": room, "participant_name": "Abel"})).await;
        assert_eq!(answer.status(), 200);
        answer.json().await.unwrap()
    }

    pub async fn invite(&self, room: &str) -> Value {
        let answer = self.post("/invite-avatar", &serde_json::json!({"room_name": room})).await;
        assert_eq!(answer.status(), 200);
        answer.json().await.unwrap()
    }

    pub async fn workers(&self) -> u64 {
        let health: Value = self.get("/healthz").await.json().await.unwrap();
        health["workers"].as_u64().unwrap()
    }

    /// Waits until the server counts `count` workers.
    pub async fn until_workers(&self, count: u64) {
        let start = Instant::now();
        while self.workers().await != count {
            assert!(start.elapsed() < PATIENCE, "the server never counted {count} workers");
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    }

    pub async fn shut_down(self) {
        self.stop.cancel();
        self.task.await.unwrap();
    }
}

/// The claims of a token of this server, verified.
pub fn verified(token: &Value) -> Claims {
    TokenVerifier::with_api_key(API_KEY, API_SECRET).verify(token.as_str().unwrap()).unwrap()
}

pub fn send_signal(pid: i32, signal: Signal) {
    kill(Pid::from_raw(pid), signal).unwrap();
}
