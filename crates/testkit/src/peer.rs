//! Scripts for the peer, livekit-agents (Python), as tests run them: `crates/testkit/peer/*.py`.
//!
//! The peer is 500 MB of packages, installed into the cache by `cargo xtask bench peer` alone. Where it is missing, a test
//! that needs it says so and leaves it at that.

use std::path::PathBuf;
use std::process::Stdio;
use std::time::Duration;

use anyhow::{Context as _, bail};
use serde_json::Value;
use tokio::io::{AsyncBufReadExt as _, BufReader, Lines};
use tokio::process::{Child, ChildStdout, Command};

/// Where the scripts lie.
const SCRIPTS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/peer");
/// Where Python's packages are installed, in the cache.
const PYTHON: &str = "peer/bin/python3";
/// How much of its log an error quotes, in bytes.
const QUOTE: usize = 6000;

/// The Python that has livekit-agents.
///
/// # Errors
/// When it is not installed; the message says what installs it.
pub fn python() -> anyhow::Result<PathBuf> {
    let python = assets::Assets::open()?.cache_dir().join(PYTHON);
    if !python.is_file() {
        bail!("{} is missing: `cargo xtask bench peer` installs livekit-agents", python.display());
    }
    Ok(python)
}

/// A running script. Each line that it prints is a JSON object. Dropping it kills its process.
pub struct PeerScript {
    child: Child,
    lines: Lines<BufReader<ChildStdout>>,
    folder: tempfile::TempDir,
}

impl PeerScript {
    /// Starts `peer/NAME` with this environment.
    ///
    /// # Errors
    /// When the peer is not installed or can't be started.
    pub fn start(name: &str, environment: &[(&str, &str)]) -> anyhow::Result<Self> {
        let python = python()?;
        let folder = tempfile::Builder::new().prefix("visavis-peer-").tempdir()?;
        let log = std::fs::File::create(folder.path().join("script.log"))?;
        let mut child = Command::new(&python)
            .arg(format!("{SCRIPTS}/{name}"))
            .current_dir(folder.path())
            .envs(environment.iter().copied())
            .env("PYTHONDONTWRITEBYTECODE", "1")
            .env("PYTHONUNBUFFERED", "1")
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(log)
            .kill_on_drop(true)
            .spawn()
            .with_context(|| format!("{} can't be started", python.display()))?;
        let output = child.stdout.take().context("the script has no output")?;
        Ok(Self { child, lines: BufReader::new(output).lines(), folder })
    }

    /// The next object whose `event` is this one; others are passed over.
    ///
    /// # Errors
    /// When it does not come in time, or the script ends before; the message quotes its log.
    pub async fn event(&mut self, event: &str, deadline: Duration) -> anyhow::Result<Value> {
        let found = tokio::time::timeout(deadline, async {
            while let Some(line) = self.lines.next_line().await? {
                let value: Value = serde_json::from_str(&line).unwrap_or_default();
                if value["event"] == event {
                    return anyhow::Ok(Some(value));
                }
            }
            Ok(None)
        });
        match found.await {
            Ok(Ok(Some(value))) => Ok(value),
            Ok(Ok(None)) => bail!("the script ended before `{event}`:\n{}", self.log()),
            Ok(Err(error)) => Err(error).with_context(|| format!("the script's output:\n{}", self.log())),
            Err(_) => bail!("no `{event}` within {deadline:?}:\n{}", self.log()),
        }
    }

    /// Its process, while it runs.
    #[must_use]
    pub fn pid(&self) -> Option<u32> {
        self.child.id()
    }

    /// The end of its log.
    #[must_use]
    pub fn log(&self) -> String {
        let bytes = std::fs::read(self.folder.path().join("script.log")).unwrap_or_default();
        String::from_utf8_lossy(&bytes[bytes.len().saturating_sub(QUOTE)..]).into_owned()
    }
}
