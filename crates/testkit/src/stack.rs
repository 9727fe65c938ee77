//! The whole service for one test: a private livekit-server and the real token server, on free loopback ports.

use std::path::PathBuf;
use std::process::Stdio;
use std::time::Duration;

use anyhow::{Context, bail};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use proto::http::{HEALTH_PATH, JOIN_ROOM_PATH};
use proto::worker::ENV_STORE;
use tempfile::TempDir;
use tokio::io::{AsyncBufReadExt as _, BufReader, Lines};
use tokio::process::{Child, ChildStdout, Command};
use tokio::sync::{Semaphore, SemaphorePermit};

use crate::process::{children_named, find_workspace_binary};
use crate::sfu::{LivekitServer, SfuOptions};

/// Stacks run one after the other: the engines of two calls at once would be too slow to judge on a small machine, and tests
/// of one program run in parallel.
static TURN: Semaphore = Semaphore::const_new(1);
/// How long a test may wait for its turn: every other test of its program may come first.
const TURN_DEADLINE: Duration = Duration::from_secs(900);
/// How long the token server may take until it takes requests.
const START_DEADLINE: Duration = Duration::from_secs(10);
/// What it prints then, before its address.
const LISTENING: &str = "token-server listening on ";
/// Names the worker's program, instead of the one that this workspace built.
const WORKER_VARIABLE: &str = "VISAVIS_WORKER_BIN";
/// Settings of the machine that must not leak into a test.
const NOT_INHERITED: [&str; 7] = [
    "VISAVIS_STORE_FILE",
    "VISAVIS_WEB",
    "LIVEKIT_PUBLIC_URL",
    "LIVEKIT_API_SECRET_FILE",
    "VISAVIS_API_KEYS",
    "VISAVIS_API_KEYS_FILE",
    "LIVEKIT_TOKEN",
];
/// What it logs when a worker has loaded its engines ahead.
const STANDING_BY: &str = "a worker stands by";
/// How long that may take, and how often it is looked for.
const STANDBY_DEADLINE: Duration = Duration::from_secs(60);
const POLL: Duration = Duration::from_millis(50);
/// How long the token server may take to say how it is.
const HEALTH_DEADLINE: Duration = Duration::from_secs(5);
/// The file that they log to.
const LOG: &str = "token-server.log";
/// How much of the token server's log an error quotes, in bytes.
const QUOTE: usize = 4000;

/// What is special about a stack.
#[derive(Debug, Clone, Default)]
pub struct StackOptions {
    /// The worker's program; `VISAVIS_WORKER_BIN`, else this workspace's `agent-worker`, when `None`.
    pub worker_bin: Option<PathBuf>,
    /// More arguments for the token server, such as `--max-workers 2`.
    pub arguments: Vec<String>,
    /// More environment for the token server. Of these, workers get only the names that the token server passes on.
    pub environment: Vec<(String, String)>,
    /// The network interface that media takes; the loopback when `None`.
    pub interface: Option<String>,
    /// Whether the LiveKit server reports to the token server who comes and goes, as it does in production.
    pub webhook: bool,
    /// How many workers stand by; they do when the stack has started.
    pub standby: usize,
}

/// A running service, the only one of this process. Dropping it kills every process of it, workers included, and lets
/// the next one start.
pub struct Stack {
    /// The LiveKit server.
    pub sfu: LivekitServer,
    server: TokenServer,
    recipe: Recipe,
    worker_name: String,
    folder: TempDir,
    /// Given back last, when everything else is gone.
    _turn: SemaphorePermit<'static>,
}

impl Stack {
    /// Starts everything and waits until `POST /join-room` can be sent: at most 20 s once no other stack runs in this
    /// process. Who holds a stack must drop it before starting another.
    ///
    /// # Errors
    /// When a program is not built or installed, or does not come up; the message says which, and quotes its log.
    pub async fn start(options: StackOptions) -> anyhow::Result<Self> {
        let turn = tokio::time::timeout(TURN_DEADLINE, TURN.acquire()).await;
        let turn = turn.context("another stack of this process never ended; drop it before starting the next")??;
        let program = find_workspace_binary("token-server")?;
        let worker = options.worker_bin.map_or_else(worker_program, Ok)?;
        let worker_name = worker.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        // Whoever reports to the token server must know its port before that runs.
        let port = if options.webhook { free_port()? } else { 0 };
        let webhook = options.webhook.then(|| format!("http://127.0.0.1:{port}/webhook"));
        let sfu = LivekitServer::start_with(SfuOptions { interface: options.interface, webhook }).await?;
        let folder = tempfile::Builder::new().prefix("visavis-stack-").tempdir()?;
        let recipe = Recipe {
            program,
            worker,
            arguments: options.arguments,
            environment: options.environment,
            standby: options.standby,
        };
        let server = recipe.launch(&sfu, &folder, port).await?;
        let stack = Self { sfu, server, recipe, worker_name, folder, _turn: turn };
        stack.until_standing_by(options.standby).await?;
        Ok(stack)
    }

    /// Kills the token server, as a crash would (SIGKILL). Its workers are left to themselves.
    ///
    /// # Errors
    /// When it can't be killed.
    pub async fn kill_server(&mut self) -> anyhow::Result<()> {
        Ok(self.server.process.kill().await?)
    }

    /// Starts the token server again, at its address.
    ///
    /// # Errors
    /// When it does not come up, or its port was taken meanwhile.
    pub async fn start_server(&mut self) -> anyhow::Result<()> {
        let port = self.server.address.rsplit(':').next().and_then(|port| port.parse().ok());
        self.server = self.recipe.launch(&self.sfu, &self.folder, port.context("an address without a port")?).await?;
        Ok(())
    }

    /// Waits until so many workers have stood by since the start.
    ///
    /// # Errors
    /// When they do not within a minute.
    pub async fn until_standing_by(&self, count: usize) -> anyhow::Result<()> {
        let deadline = tokio::time::Instant::now() + STANDBY_DEADLINE;
        while self.whole_log().matches(STANDING_BY).count() < count {
            if tokio::time::Instant::now() > deadline {
                bail!("{count} workers do not stand by within {STANDBY_DEADLINE:?}:\n{}", self.log());
            }
            tokio::time::sleep(POLL).await;
        }
        Ok(())
    }

    /// The token server, such as `http://127.0.0.1:40001`: what [`crate::caller::CallerPlan`] takes.
    #[must_use]
    pub fn url(&self) -> String {
        self.server.address.clone()
    }

    /// Where `POST /join-room` goes.
    #[must_use]
    pub fn join_url(&self) -> String {
        format!("{}{JOIN_ROOM_PATH}", self.server.address)
    }

    /// The token server's process; `None` once it was seen to have ended.
    #[must_use]
    pub fn server_pid(&self) -> Option<u32> {
        self.server.process.id()
    }

    /// The worker processes that the token server started and that run now.
    ///
    /// Once the token server is gone they are no children of its any more: take the list before, and ask
    /// [`crate::process::is_running`].
    ///
    /// # Errors
    /// When `/proc` can't be read.
    pub fn workers(&self) -> anyhow::Result<Vec<u32>> {
        let Some(server) = self.server.process.id() else { return Ok(Vec::new()) };
        Ok(children_named(server, &self.worker_name)?)
    }

    /// How many workers serve a room, by the token server's own word: those that stand by do not count.
    ///
    /// # Errors
    /// When the token server does not answer.
    pub async fn serving(&self) -> anyhow::Result<u64> {
        let url = format!("{}{HEALTH_PATH}", self.server.address);
        let ask = move || -> anyhow::Result<u64> {
            let config = ureq::Agent::config_builder().timeout_global(Some(HEALTH_DEADLINE)).proxy(None);
            let agent: ureq::Agent = config.build().into();
            let health: serde_json::Value = agent.get(&url).call()?.body_mut().read_json()?;
            health["workers"].as_u64().context("the token server does not say how many workers it has")
        };
        tokio::task::spawn_blocking(ask).await?
    }

    /// Sends a signal to the token server, for tests of its end.
    ///
    /// # Errors
    /// When it is gone already.
    pub fn signal_server(&self, signal: Signal) -> anyhow::Result<()> {
        let server = self.server.process.id().context("the token server has ended")?;
        Ok(kill(process_id(server)?, signal)?)
    }

    /// Waits until the token server has ended.
    ///
    /// # Errors
    /// When it still runs after `deadline`.
    pub async fn server_ended(&mut self, deadline: Duration) -> anyhow::Result<std::process::ExitStatus> {
        let ended = tokio::time::timeout(deadline, self.server.process.wait()).await;
        Ok(ended.with_context(|| format!("the token server still runs after {deadline:?}"))??)
    }

    /// What the token server and its workers logged so far (the end of it).
    #[must_use]
    pub fn log(&self) -> String {
        read_log(&self.folder)
    }

    /// Everything that they logged, for looking for what must not be there.
    #[must_use]
    pub fn whole_log(&self) -> String {
        let log = std::fs::read(self.folder.path().join(LOG)).unwrap_or_default();
        String::from_utf8_lossy(&log).into_owned()
    }
}

impl Drop for Stack {
    fn drop(&mut self) {
        // A failed wait says what it saw, not why.
        if std::thread::panicking() {
            eprintln!("the stack's log:\n{}", self.log());
        }
        // Workers first: they would outlive their server by some seconds.
        for worker in self.workers().unwrap_or_default() {
            if let Ok(worker) = process_id(worker) {
                let _ = kill(worker, Signal::SIGKILL);
            }
        }
        // Fails only when the server is gone already; the runtime reaps it.
        let _ = self.server.process.start_kill();
    }
}

/// How the token server is started, and started again.
struct Recipe {
    program: PathBuf,
    worker: PathBuf,
    arguments: Vec<String>,
    environment: Vec<(String, String)>,
    standby: usize,
}

/// Its process.
struct TokenServer {
    process: Child,
    address: String,
    drain: tokio::task::JoinHandle<()>,
}

impl Drop for TokenServer {
    fn drop(&mut self) {
        self.drain.abort();
    }
}

impl Recipe {
    async fn launch(&self, sfu: &LivekitServer, folder: &TempDir, port: u16) -> anyhow::Result<TokenServer> {
        let log = std::fs::OpenOptions::new().create(true).append(true).open(folder.path().join(LOG))?;
        let mut command = Command::new(&self.program);
        for name in NOT_INHERITED {
            command.env_remove(name);
        }
        command
            .args(&self.arguments)
            .env("LIVEKIT_URL", sfu.url())
            .env("LIVEKIT_API_KEY", sfu.api_key())
            .env("LIVEKIT_API_SECRET", sfu.api_secret())
            .env("PORT", port.to_string())
            .env(ENV_STORE, format!("sqlite:{}", folder.path().join("calls.db").display()))
            .args(["--standby", &self.standby.to_string()])
            .env(WORKER_VARIABLE, &self.worker)
            .envs(self.environment.iter().map(|(name, value)| (name, value)))
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(log)
            .kill_on_drop(true);
        let program = &self.program;
        let mut process = command.spawn().with_context(|| format!("{} can't be started", program.display()))?;
        let output = process.stdout.take().context("the token server has no output")?;
        let mut lines = BufReader::new(output).lines();
        let address = match tokio::time::timeout(START_DEADLINE, listening(&mut lines)).await {
            Ok(Ok(Some(address))) => address,
            Ok(Ok(None)) => bail!("the token server ended at once:\n{}", read_log(folder)),
            Ok(Err(error)) => return Err(error).context("the token server's output can't be read"),
            Err(_) => bail!("the token server does not listen within {START_DEADLINE:?}:\n{}", read_log(folder)),
        };
        // A full pipe would block the server.
        let drain = tokio::spawn(async move { while let Ok(Some(_)) = lines.next_line().await {} });
        Ok(TokenServer { process, address, drain })
    }
}

/// A port that nobody uses right now.
fn free_port() -> anyhow::Result<u16> {
    Ok(std::net::TcpListener::bind((std::net::Ipv4Addr::LOCALHOST, 0))?.local_addr()?.port())
}

async fn listening(lines: &mut Lines<BufReader<ChildStdout>>) -> std::io::Result<Option<String>> {
    while let Some(line) = lines.next_line().await? {
        if let Some(address) = line.strip_prefix(LISTENING) {
            return Ok(Some(address.trim().to_owned()));
        }
    }
    Ok(None)
}

/// The worker's program: `VISAVIS_WORKER_BIN`, or else this workspace's `agent-worker`.
///
/// # Errors
/// When it is not built.
pub fn worker_program() -> anyhow::Result<PathBuf> {
    match std::env::var_os(WORKER_VARIABLE) {
        Some(path) => Ok(path.into()),
        None => Ok(find_workspace_binary("agent-worker")?),
    }
}

fn read_log(folder: &TempDir) -> String {
    let log = std::fs::read(folder.path().join(LOG)).unwrap_or_default();
    String::from_utf8_lossy(&log[log.len().saturating_sub(QUOTE)..]).into_owned()
}

fn process_id(pid: u32) -> anyhow::Result<Pid> {
    Ok(Pid::from_raw(i32::try_from(pid).context("not a process id")?))
}
