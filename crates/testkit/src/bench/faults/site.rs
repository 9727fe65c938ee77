//! Everything that runs in one half, and the ways in which it can be broken and mended.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::process::Stdio;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use calls::CallStore;
use nix::sys::signal::Signal;
use tempfile::TempDir;
use tokio::process::{Child, Command};
use tokio::time::{Instant, sleep};

use super::delaying::Delaying;
use super::disk::Disk;
use super::fault::{Fault, Half};
use super::redis::Redis;
use super::workers;
use crate::bench::family::Family;
use crate::process::{find_workspace_binary, kill_tree};
use crate::stack::{Stack, StackOptions};

/// Debian's package faketime.
const FAKETIME: &str = "/usr/lib/x86_64-linux-gnu/faketime/libfaketimeMT.so.1";
const PERSONA: &str = "name = \"Ava\"\ninstructions = \"Be kind.\"\ngreeting = \"Hello there.\"\n\n\
                       [face]\nenabled = false\n\n[engines]\npreset = \"openai\"\n\n[turns]\nend_of_turn = \"fixed\"\n";
/// How long things are away.
const SERVER_AWAY: Duration = Duration::from_secs(2);
const SFU_AWAY: Duration = Duration::from_secs(1);
const REDIS_AWAY: Duration = Duration::from_secs(2);
const HOST_AWAY: Duration = Duration::from_secs(5);
/// How long a store that is slow or full, or a clock that is wrong, is left so before anything else happens.
const SETTLE: Duration = Duration::from_secs(2);
const SLOW: Duration = Duration::from_millis(300);
/// Worker hosts, and what stands by in each, as beside the token server that starts workers itself.
const HOSTS: usize = 3;
const STANDBY: usize = 1;
const HOST_READY: Duration = Duration::from_secs(60);
/// How long workers may take to end when nobody needs them any more.
const END_PATIENCE: Duration = Duration::from_secs(30);
/// How long the store is asked.
const STORE_PATIENCE: Duration = Duration::from_secs(10);
const STORE_AGAIN: Duration = Duration::from_millis(200);

/// What a strike came to.
pub(super) struct Struck {
    /// From when on recovering is counted.
    pub(super) at: Instant,
    /// The rooms whose worker is gone.
    pub(super) replaced: BTreeSet<String>,
    /// Whether everybody lost the connection.
    pub(super) everybody: bool,
}

/// What is left when everybody has gone.
#[derive(Debug, Clone, Copy)]
pub(super) struct Left {
    /// Worker processes that nobody needs.
    pub(super) orphans: usize,
    /// Calls in the store.
    pub(super) calls: usize,
}

pub(super) struct Site {
    half: Half,
    stack: Stack,
    store: Arc<dyn CallStore>,
    /// What all worker processes have in their environment.
    mark: String,
    hosts: Vec<Child>,
    host: HostRecipe,
    disk: Option<Disk>,
    redis: Option<(Redis, Delaying)>,
    clock: PathBuf,
    folder: TempDir,
}

impl Site {
    pub(super) async fn begin(half: Half, engines: &str, key: &str) -> anyhow::Result<Self> {
        let folder = tempfile::Builder::new().prefix("visavis-faults-").tempdir()?;
        let (persona, clock) = (folder.path().join("persona.toml"), folder.path().join("clock"));
        std::fs::write(&persona, PERSONA)?;
        std::fs::write(&clock, "+0")?;
        anyhow::ensure!(std::path::Path::new(FAKETIME).exists(), "no {FAKETIME}; apt-get install faketime");
        let (disk, redis) = match half {
            Half::Process => (Some(Disk::mount()?), None),
            Half::Dispatch => {
                let redis = tokio::task::spawn_blocking(Redis::start).await??;
                let way = Delaying::before(redis.port()).await?;
                (None, Some((redis, way)))
            }
        };
        let (served, own) = match (&disk, &redis) {
            (Some(disk), _) => {
                let address = format!("sqlite:{}", disk.path().join("calls.db").display());
                (address.clone(), address)
            }
            (None, Some((redis, way))) => (Redis::address_by(way.port()), Redis::address_by(redis.port())),
            (None, None) => anyhow::bail!("no store"),
        };
        let engines =
            [("OPENAI_BASE_URL".to_owned(), engines.to_owned()), ("OPENAI_API_KEY".to_owned(), key.to_owned())];
        let faked = [
            ("LD_PRELOAD", FAKETIME.to_owned()),
            ("FAKETIME_TIMESTAMP_FILE", clock.display().to_string()),
            ("FAKETIME_CACHE_DURATION", "1".to_owned()),
            ("FAKETIME_DONT_FAKE_MONOTONIC", "1".to_owned()),
            ("VISAVIS_STORE", served.clone()),
        ];
        let mut arguments = vec!["--persona".to_owned(), persona.display().to_string()];
        let common =
            ["--max-workers", "100", "--on-server-exit", "leave", "--rate-limit", "0", "--global-rate-limit", "0"];
        arguments.extend(common.map(str::to_owned));
        if half == Half::Dispatch {
            arguments.extend(["--launcher", "dispatch"].map(str::to_owned));
        }
        let options = StackOptions {
            arguments,
            environment: engines.iter().cloned().chain(faked.map(|(name, value)| (name.to_owned(), value))).collect(),
            webhook: true,
            standby: if half == Half::Process { STANDBY } else { 0 },
            ..StackOptions::default()
        };
        let stack = Stack::start(options).await?;
        let host = HostRecipe {
            program: find_workspace_binary("agent-worker")?,
            persona,
            environment: vec![
                ("LIVEKIT_URL".to_owned(), stack.sfu.url()),
                ("LIVEKIT_API_KEY".to_owned(), stack.sfu.api_key().to_owned()),
                ("LIVEKIT_API_SECRET".to_owned(), stack.sfu.api_secret().to_owned()),
                ("VISAVIS_STORE".to_owned(), served),
            ]
            .into_iter()
            .chain(engines.iter().cloned())
            .collect(),
        };
        let mark = format!("{}={}", engines[0].0, engines[0].1);
        let store = calls::open(&own)?;
        let hosts = Vec::new();
        let mut site = Self { half, stack, store, mark, hosts, host, disk, redis, clock, folder };
        if half == Half::Dispatch {
            for _ in 0..HOSTS {
                site.add_host()?;
            }
            site.until_hosts_are_ready().await?;
        }
        Ok(site)
    }

    pub(super) fn url(&self) -> String {
        self.stack.url()
    }

    /// The most worker processes that so many calls need.
    pub(super) fn needed(&self, calls: usize) -> usize {
        match self.half {
            Half::Process => calls + STANDBY,
            Half::Dispatch => calls + HOSTS * (1 + STANDBY),
        }
    }

    /// Worker processes above those that so many calls need, some time after the last change.
    pub(super) async fn strays(&self, calls: usize) -> usize {
        let needed = self.needed(calls);
        workers::down_to(needed, &self.mark, END_PATIENCE).await.len().saturating_sub(needed)
    }

    /// Breaks something. Rooms are those of all calls; `room` is meant where one is.
    pub(super) async fn strike(&mut self, fault: Fault, room: &str, rooms: &[String]) -> anyhow::Result<Struck> {
        let one = |at| Struck { at, replaced: BTreeSet::from([room.to_owned()]), everybody: false };
        let none = |at| Struck { at, replaced: BTreeSet::new(), everybody: false };
        Ok(match fault {
            Fault::WorkerKilled => one(self.kill_worker(room, Signal::SIGKILL).await?),
            Fault::WorkerStopped => one(self.kill_worker(room, Signal::SIGSTOP).await?),
            Fault::TokenServerRestarted => {
                self.stack.kill_server().await?;
                let at = Instant::now();
                sleep(SERVER_AWAY).await;
                self.stack.start_server().await?;
                none(at)
            }
            Fault::WorkerLostMeanwhile => {
                self.stack.kill_server().await?;
                let at = self.kill_worker(room, Signal::SIGKILL).await?;
                sleep(SERVER_AWAY).await;
                self.stack.start_server().await?;
                one(at)
            }
            Fault::SfuRestarted => {
                self.stack.sfu.kill();
                sleep(SFU_AWAY).await;
                self.stack.sfu.restart().await?;
                Struck { at: Instant::now(), replaced: BTreeSet::new(), everybody: true }
            }
            Fault::RedisRestarted => {
                let worker = self.worker_of(room).await?;
                let (redis, _) = self.redis.as_mut().context("no Redis in this half")?;
                redis.kill()?;
                workers::send(worker, Signal::SIGKILL);
                let at = Instant::now();
                sleep(REDIS_AWAY).await;
                tokio::task::block_in_place(|| redis.start_again())?;
                one(at)
            }
            Fault::StoreDelayed => {
                self.way()?.delay(SLOW);
                sleep(SETTLE).await;
                one(self.kill_worker(room, Signal::SIGKILL).await?)
            }
            Fault::HostLost => self.lose_host(room, rooms).await?,
            Fault::DiskFull => {
                self.disk.as_ref().context("no disk in this half")?.fill()?;
                sleep(SETTLE).await;
                one(self.kill_worker(room, Signal::SIGKILL).await?)
            }
            Fault::ClockAhead => self.with_clock("+1h", room).await.map(one)?,
            Fault::ClockBehind => self.with_clock("-1h", room).await.map(one)?,
        })
    }

    /// What stays broken until everybody was asked is mended.
    pub(super) async fn mend(&mut self, fault: Fault) -> anyhow::Result<()> {
        match fault {
            Fault::StoreDelayed => self.way()?.delay(Duration::ZERO),
            Fault::DiskFull => self.disk.as_ref().context("no disk in this half")?.free()?,
            Fault::ClockAhead | Fault::ClockBehind => std::fs::write(&self.clock, "+0")?,
            Fault::HostLost => {
                sleep(HOST_AWAY).await;
                self.add_host()?;
                self.until_hosts_are_ready().await?;
            }
            Fault::WorkerKilled
            | Fault::WorkerStopped
            | Fault::TokenServerRestarted
            | Fault::WorkerLostMeanwhile
            | Fault::SfuRestarted
            | Fault::RedisRestarted => {}
        }
        Ok(())
    }

    /// Ends everything, and says what did not end by itself.
    pub(super) async fn end(self) -> anyhow::Result<Left> {
        let idle = self.needed(0);
        let orphans = workers::down_to(idle, &self.mark, END_PATIENCE).await.len().saturating_sub(idle);
        let calls = self.calls_left().await?;
        self.stack.signal_server(Signal::SIGTERM)?;
        for host in &self.hosts {
            host.id().into_iter().for_each(|pid| workers::send(pid, Signal::SIGTERM));
        }
        let left = workers::down_to(0, &self.mark, END_PATIENCE).await;
        for pid in &left {
            workers::send(*pid, Signal::SIGKILL);
        }
        Ok(Left { orphans: orphans.max(left.len()), calls })
    }

    /// What the token server and its workers logged.
    pub(super) fn log(&self) -> String {
        self.stack.log()
    }

    /// Keeps the logs in a folder of the operator's.
    pub(super) fn keep_logs(&self, folder: &std::path::Path) -> anyhow::Result<()> {
        std::fs::create_dir_all(folder)?;
        std::fs::write(folder.join(format!("token-server-{}.log", self.half.name())), self.stack.whole_log())?;
        if self.half == Half::Dispatch {
            std::fs::copy(self.folder.path().join(HOSTS_LOG), folder.join(HOSTS_LOG))?;
        }
        Ok(())
    }

    async fn with_clock(&self, offset: &str, room: &str) -> anyhow::Result<Instant> {
        std::fs::write(&self.clock, offset)?;
        sleep(SETTLE).await;
        self.kill_worker(room, Signal::SIGKILL).await
    }

    async fn lose_host(&mut self, room: &str, rooms: &[String]) -> anyhow::Result<Struck> {
        let worker = self.worker_of(room).await?;
        let mut places = Vec::new();
        for room in rooms {
            places.push((room.clone(), self.worker_of(room).await.ok()));
        }
        let family = |host: &Child| host.id().map(|head| Family { head }.members());
        let families: Vec<Vec<u32>> = self.hosts.iter().map(|host| family(host).unwrap_or_default()).collect();
        let index = families.iter().position(|family| family.contains(&worker)).context("no host has this worker")?;
        let mut host = self.hosts.swap_remove(index);
        kill_tree(host.id().context("the host has ended")?);
        let at = Instant::now();
        host.wait().await?;
        let lost = places.into_iter().filter(|(_, worker)| worker.is_some_and(|pid| families[index].contains(&pid)));
        Ok(Struck { at, replaced: lost.map(|(room, _)| room).collect(), everybody: false })
    }

    /// By the store's word.
    async fn worker_of(&self, room: &str) -> anyhow::Result<u32> {
        let deadline = Instant::now() + STORE_PATIENCE;
        loop {
            let found = self.store.find(room).await;
            // Our own connection may have been cut by an earlier fault, and a worker may just have followed another one.
            let known = found.as_ref().ok().and_then(Option::as_ref).and_then(|record| record.worker.as_ref());
            if let Some(place) = known {
                return Ok(place.pid);
            }
            anyhow::ensure!(Instant::now() < deadline, "the store knows no worker of {room}: {found:?}");
            sleep(STORE_AGAIN).await;
        }
    }

    /// Our own connection may have been cut by the last fault.
    async fn calls_left(&self) -> anyhow::Result<usize> {
        let deadline = Instant::now() + STORE_PATIENCE;
        loop {
            match calls::all_calls(&*self.store).await {
                Ok(calls) => return Ok(calls.len()),
                Err(error) if Instant::now() >= deadline => return Err(error.into()),
                Err(_) => sleep(STORE_AGAIN).await,
            }
        }
    }

    async fn kill_worker(&self, room: &str, signal: Signal) -> anyhow::Result<Instant> {
        workers::send(self.worker_of(room).await?, signal);
        Ok(Instant::now())
    }

    fn way(&self) -> anyhow::Result<&Delaying> {
        Ok(&self.redis.as_ref().context("no Redis in this half")?.1)
    }

    fn add_host(&mut self) -> anyhow::Result<()> {
        let host = self.host.start(&self.folder)?;
        self.hosts.push(host);
        Ok(())
    }

    /// Each has its process that stands by.
    async fn until_hosts_are_ready(&self) -> anyhow::Result<()> {
        let deadline = Instant::now() + HOST_READY;
        for host in &self.hosts {
            let family = Family { head: host.id().context("a worker host ended at once")? };
            while family.members().len() <= STANDBY {
                anyhow::ensure!(Instant::now() < deadline, "a worker host has nobody who stands by");
                sleep(Duration::from_millis(200)).await;
            }
        }
        Ok(())
    }
}

const HOSTS_LOG: &str = "worker-hosts.log";

/// How a worker host is started.
struct HostRecipe {
    program: PathBuf,
    persona: PathBuf,
    environment: Vec<(String, String)>,
}

impl HostRecipe {
    fn start(&self, folder: &TempDir) -> anyhow::Result<Child> {
        let log = std::fs::OpenOptions::new().create(true).append(true).open(folder.path().join(HOSTS_LOG))?;
        let given = ["start", "--max-jobs", "16", "--load-threshold", "1", "--listen", "127.0.0.1:0", "--drain", "5"];
        let mut command = Command::new(&self.program);
        command.args(given).args(["--standby", &STANDBY.to_string()]).arg("--persona").arg(&self.persona);
        for name in ["LIVEKIT_TOKEN", "VISAVIS_ADMIN_KEY"] {
            command.env_remove(name);
        }
        let environment = self.environment.iter().map(|(name, value)| (name, value));
        let child =
            command.envs(environment).stdin(Stdio::null()).stdout(log.try_clone()?).stderr(log).kill_on_drop(true);
        child.spawn().context("a worker host can't be started")
    }
}
