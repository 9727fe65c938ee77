//! The remote control's process: commands to it, and its answers.

use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use anyhow::{Context as _, bail};
use serde::Serialize;
use serde_json::Value;
use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader, Lines};
use tokio::process::{Child, ChildStdin, ChildStdout};
use tokio::sync::Mutex;

use super::install;
use super::protocol::{Command, Reply};
use crate::process::kill_tree;

/// How much longer than its own deadline a command's answer may take.
const GRACE: Duration = Duration::from_secs(30);
/// What Node and Chromium say beside the answers.
const LOG: &str = "driver.log";
/// How much of it an error quotes, in bytes.
const QUOTE: usize = 3000;

/// The remote control's process. Commands go one after the other.
pub(super) struct Pipe {
    child: Child,
    talk: Mutex<Talk>,
    folder: tempfile::TempDir,
}

struct Talk {
    commands: ChildStdin,
    answers: Lines<BufReader<ChildStdout>>,
    last: u64,
}

#[derive(Serialize)]
struct Numbered<'a> {
    id: u64,
    #[serde(flatten)]
    command: &'a Command<'a>,
}

impl Pipe {
    pub(super) fn start(node: &Path) -> anyhow::Result<Self> {
        let folder = tempfile::Builder::new().prefix("visavis-browser-").tempdir()?;
        let log = std::fs::File::create(folder.path().join(LOG))?;
        let mut child = tokio::process::Command::new(node)
            .arg("run.mjs")
            .current_dir(install::FOLDER)
            // Chromium's profile goes with it.
            .env("TMPDIR", folder.path())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(log)
            .kill_on_drop(true)
            .spawn()
            .with_context(|| format!("{} can't be started", node.display()))?;
        let commands = child.stdin.take().context("it has no input")?;
        let answers = BufReader::new(child.stdout.take().context("it has no output")?).lines();
        Ok(Self { child, talk: Mutex::new(Talk { commands, answers, last: 0 }), folder })
    }

    /// Sends a command and waits for its answer, somewhat longer than `deadline`.
    pub(super) async fn ask(&self, command: &Command<'_>, deadline: Duration) -> anyhow::Result<Value> {
        let asked = tokio::time::timeout(deadline + GRACE, async {
            let mut talk = self.talk.lock().await;
            talk.last += 1;
            let id = talk.last;
            let mut line = serde_json::to_vec(&Numbered { id, command })?;
            line.push(b'\n');
            talk.commands.write_all(&line).await?;
            while let Some(line) = talk.answers.next_line().await? {
                let reply: Reply = serde_json::from_str(&line).with_context(|| format!("not an answer: {line}"))?;
                // An answer to a command that was given up comes late.
                if reply.id == id {
                    return match reply.error {
                        Some(error) => Err(anyhow::anyhow!(error)),
                        None => Ok(reply.ok),
                    };
                }
            }
            bail!("the remote control ended:\n{}", self.log())
        });
        let answer = asked.await.map_err(|_| anyhow::anyhow!("no answer from the browser:\n{}", self.log()))?;
        answer.with_context(|| format!("{command:?}"))
    }

    fn log(&self) -> String {
        let bytes = std::fs::read(self.folder.path().join(LOG)).unwrap_or_default();
        String::from_utf8_lossy(&bytes[bytes.len().saturating_sub(QUOTE)..]).into_owned()
    }
}

impl Drop for Pipe {
    fn drop(&mut self) {
        // Chromium's processes would notice that nobody talks to them any more, but only after a while.
        if let Some(pid) = self.child.id() {
            kill_tree(pid);
        }
    }
}

pub(super) fn millis(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}
