//! The peer: an agent made with livekit-agents (Python), as `peer/agent.py` has it, on a LiveKit server of its own.

use std::process::Stdio;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, bail};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use tempfile::TempDir;
use tokio::process::{Child, Command};
use tokio::time::Instant;

use super::desk::Desk;
use super::family::Family;
use super::setting::{GREETING, INSTRUCTIONS, Setting};
use crate::peer::python;
use crate::sfu::LivekitServer;

/// Its program: `livekit.agents` loads it as a module.
const SCRIPT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/peer/agent.py");
/// Importing everything, warming a process, registering.
const START_DEADLINE: Duration = Duration::from_secs(60);
const POLL: Duration = Duration::from_millis(50);
/// What it logs once it takes rooms, and once a process waits warm.
const READY: [&str; 2] = ["registered worker", "process initialized"];
/// How much of its log an error quotes, in bytes.
const QUOTE: usize = 4000;

/// The running peer. Dropping it kills all its processes, each by its id.
pub(super) struct PythonPeer {
    /// It holds the LiveKit server, too.
    desk: Desk,
    child: Child,
    folder: TempDir,
}

impl PythonPeer {
    /// Starts it and waits until it takes rooms.
    ///
    /// # Errors
    /// When it is not installed, or does not come up; the message quotes its log.
    pub(super) async fn start(setting: &Setting) -> anyhow::Result<Self> {
        let python = python()?;
        // A server of its own: it comes into every room of its server, into ours too.
        let sfu = Arc::new(LivekitServer::start().await?);
        let folder = tempfile::Builder::new().prefix("visavis-peer-").tempdir()?;
        let log = std::fs::File::create(folder.path().join("agent.log"))?;
        let child = Command::new(&python)
            .args(["-m", "livekit.agents", "start", SCRIPT])
            .current_dir(folder.path())
            .env("LIVEKIT_URL", sfu.url())
            .env("LIVEKIT_API_KEY", sfu.api_key())
            .env("LIVEKIT_API_SECRET", sfu.api_secret())
            .env("OPENAI_BASE_URL", &setting.engines_url)
            .env("OPENAI_API_KEY", &setting.engines_key)
            .env("PEER_SILENCE_MS", setting.silence_ms.to_string())
            .env("PEER_GREETING", GREETING)
            .env("PEER_INSTRUCTIONS", INSTRUCTIONS)
            .env("PEER_LIFELINE", "1")
            .env("PYTHONDONTWRITEBYTECODE", "1")
            // Held open until the peer is to end, and closed by the system should this process die.
            .stdin(Stdio::piped())
            .stdout(log.try_clone()?)
            .stderr(log)
            .kill_on_drop(true)
            .spawn()
            .with_context(|| format!("{} can't be started", python.display()))?;
        let desk = Desk::open(sfu, "livekit-agents").await?;
        let mut peer = Self { desk, child, folder };
        let deadline = Instant::now() + START_DEADLINE;
        loop {
            let log = peer.log();
            if READY.iter().all(|line| log.contains(line)) {
                return Ok(peer);
            }
            if let Some(status) = peer.child.try_wait()? {
                bail!("livekit-agents ended at once ({status}):\n{}", quote(&log));
            }
            if Instant::now() > deadline {
                bail!("livekit-agents takes no rooms within {START_DEADLINE:?}:\n{}", quote(&log));
            }
            tokio::time::sleep(POLL).await;
        }
    }

    /// What the caller takes for a token server.
    pub(super) fn url(&self) -> String {
        self.desk.url()
    }

    /// All its processes.
    pub(super) fn family(&self) -> anyhow::Result<Family> {
        Ok(Family { head: self.child.id().context("livekit-agents has ended")? })
    }

    /// The end of its log.
    pub(super) fn last_words(&self) -> String {
        quote(&self.log()).to_owned()
    }

    fn log(&self) -> String {
        let bytes = std::fs::read(self.folder.path().join("agent.log")).unwrap_or_default();
        String::from_utf8_lossy(&bytes).into_owned()
    }
}

impl Drop for PythonPeer {
    fn drop(&mut self) {
        // Its children first: without their parent they are nobody's to find.
        for member in self.family().map(Family::members).unwrap_or_default().into_iter().rev() {
            if let Ok(member) = i32::try_from(member) {
                // Fails only when it is gone already; the runtime reaps the first one.
                let _ = kill(Pid::from_raw(member), Signal::SIGKILL);
            }
        }
    }
}

fn quote(log: &str) -> &str {
    let mut from = log.len().saturating_sub(QUOTE);
    while !log.is_char_boundary(from) {
        from += 1;
    }
    &log[from..]
}
