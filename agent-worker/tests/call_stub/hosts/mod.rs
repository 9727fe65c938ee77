//! Worker hosts: `agent-worker start` as a process, seen through its own port.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::process::{ExitStatus, Stdio};
use std::time::Duration;

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use serde_json::Value;
use testkit::process::{children_named, find_workspace_binary, kill_tree};
use tokio::process::{Child, Command};
use tokio::time::Instant;

const PROGRAM: &str = "agent-worker";
const ADMIN_KEY: &str = "the-operator-of-these-hosts";
/// Logged with its address once its port is served.
const SERVED: &str = "health, readiness, metrics and jobs";
/// How long a host may take to start, to register, to notice a signal.
const DEADLINE: Duration = Duration::from_secs(30);
/// How often that is looked at.
const LOOK: Duration = Duration::from_millis(20);
/// How much of a log is quoted, in bytes.
const QUOTE: usize = 8000;

/// What hosts have in common.
pub struct Setting {
    /// Where their logs go.
    pub folder: PathBuf,
    pub persona: PathBuf,
    pub environment: Vec<(&'static str, String)>,
}

/// A running one. Dropping it kills it with its calls.
pub struct Host {
    process: Child,
    pid: u32,
    address: String,
    log: PathBuf,
}

impl Host {
    /// Starts one that takes as many calls as a test makes, and waits until it is registered.
    pub async fn start(name: &str, setting: &Setting) -> Self {
        let log = setting.folder.join(format!("{name}.log"));
        let mut command = Command::new(find_workspace_binary(PROGRAM).unwrap());
        command
            .args(["start", "--listen=127.0.0.1:0", "--max-jobs=8", "--load-threshold=1", "--standby=0", "--drain=600"])
            .arg("--persona")
            .arg(&setting.persona)
            .envs(setting.environment.iter().map(|(name, value)| (*name, value)))
            .env("VISAVIS_ADMIN_KEY", ADMIN_KEY)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(std::fs::File::create(&log).unwrap())
            .kill_on_drop(true);
        let process = command.spawn().unwrap();
        let pid = process.id().unwrap();
        let mut host = Self { process, pid, address: String::new(), log };
        host.address = host.until("its port is served", async |host| host.served()).await;
        host.until("it is registered", async |host| host.is_ready().await.then_some(())).await;
        host
    }

    /// The rooms of its calls.
    pub async fn rooms(&self) -> BTreeSet<String> {
        let jobs = self.jobs().await;
        let rooms = jobs["jobs"].as_array().unwrap().iter().map(|job| job["room_name"].as_str().unwrap().to_owned());
        rooms.collect()
    }

    /// The processes of its calls.
    pub fn processes(&self) -> Vec<u32> {
        children_named(self.pid, PROGRAM).unwrap()
    }

    pub fn runs(&mut self) -> bool {
        self.process.try_wait().unwrap().is_none()
    }

    pub async fn is_ready(&self) -> bool {
        self.get("/readyz").await.0 == 200
    }

    /// Sends SIGTERM.
    pub fn terminate(&self) {
        kill(Pid::from_raw(i32::try_from(self.pid).unwrap()), Signal::SIGTERM).unwrap();
    }

    pub async fn until_draining(&mut self) {
        self.until("it drains", async |host| (host.jobs().await["draining"] == true).then_some(())).await;
    }

    /// Waits until it, or one of its calls, has logged these words.
    pub async fn until_logged(&mut self, words: &str) {
        let logged = |host: &Self| String::from_utf8_lossy(&host.whole_log()).contains(words).then_some(());
        self.until(&format!("it logs \"{words}\""), async |host| logged(host)).await;
    }

    /// Waits until it has ended.
    pub async fn ended(&mut self, deadline: Duration) -> ExitStatus {
        let ended = tokio::time::timeout(deadline, self.process.wait()).await;
        ended.unwrap_or_else(|_| panic!("it still runs after {deadline:?}:\n{}", self.log())).unwrap()
    }

    /// What it and its calls logged (the end of it).
    pub fn log(&self) -> String {
        let log = self.whole_log();
        let from = log.len().saturating_sub(QUOTE);
        format!("{}:\n{}\n", self.log.display(), String::from_utf8_lossy(&log[from..]))
    }

    fn whole_log(&self) -> Vec<u8> {
        std::fs::read(&self.log).unwrap()
    }

    /// Its address, once it has said so.
    fn served(&self) -> Option<String> {
        let log = self.whole_log();
        // A line may not be complete yet.
        let lines = log.split(|byte| *byte == b'\n').filter_map(|line| serde_json::from_slice::<Value>(line).ok());
        let mut served = lines.filter(|line| line["message"] == SERVED);
        served.next().map(|line| line["address"].as_str().unwrap().to_owned())
    }

    async fn jobs(&self) -> Value {
        let (status, body) = self.get("/jobs").await;
        assert_eq!(status, 200, "{body}");
        serde_json::from_str(&body).unwrap()
    }

    async fn get(&self, path: &str) -> (u16, String) {
        let url = format!("http://{}{path}", self.address);
        let ask = move || {
            let config = ureq::Agent::config_builder();
            let config = config.timeout_global(Some(DEADLINE)).http_status_as_error(false).proxy(None).build();
            let request = ureq::Agent::from(config).get(&url).header("authorization", format!("Bearer {ADMIN_KEY}"));
            let mut answer = request.call().unwrap_or_else(|error| panic!("{url}: {error}"));
            (answer.status().as_u16(), answer.body_mut().read_to_string().unwrap())
        };
        tokio::task::spawn_blocking(ask).await.unwrap()
    }

    async fn until<T>(&mut self, what: &str, look: impl AsyncFn(&Self) -> Option<T>) -> T {
        let deadline = Instant::now() + DEADLINE;
        loop {
            if let Some(found) = look(self).await {
                return found;
            }
            assert!(
                self.runs() && Instant::now() < deadline,
                "{what}: it has ended, or not within {DEADLINE:?}:\n{}",
                self.log()
            );
            tokio::time::sleep(LOOK).await;
        }
    }
}

impl Drop for Host {
    fn drop(&mut self) {
        // Once it was seen to have ended, its number may be another's.
        if let Some(pid) = self.process.id() {
            kill_tree(pid);
        }
    }
}
