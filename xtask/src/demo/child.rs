//! A server that runs as our child: its log, its early death, its end.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, Result, bail};

use crate::children::{Ending, OwnedChild};
use crate::command::tail;

/// A running server. Ended when dropped.
#[derive(Debug)]
pub(super) struct ChildServer {
    name: &'static str,
    child: OwnedChild,
    log: PathBuf,
}

impl ChildServer {
    /// Starts a server with its output in `<logs>/<name>.log`.
    pub(super) fn start(name: &'static str, mut command: Command, logs: &Path, ending: Ending) -> Result<ChildServer> {
        let log = logs.join(format!("{name}.log"));
        let output = File::create(&log).with_context(|| format!("cannot write {}", log.display()))?;
        command.stdin(Stdio::null()).stdout(output.try_clone()?).stderr(output);
        let child = OwnedChild::start(&mut command, ending).with_context(|| format!("cannot start {name}"))?;
        Ok(ChildServer { name, child, log })
    }

    /// Fails, with its last words, when the server is no longer running.
    pub(super) fn check_alive(&mut self) -> Result<()> {
        match self.child.try_wait().with_context(|| format!("cannot watch {}", self.name))? {
            None => Ok(()),
            Some(status) => {
                bail!("{} ended by itself with {status}; its last lines:\n{}", self.name, self.last_words())
            }
        }
    }

    /// The last lines of its log.
    pub(super) fn last_words(&self) -> String {
        let bytes = std::fs::read(&self.log).unwrap_or_default();
        tail(&String::from_utf8_lossy(&bytes))
    }

    /// Ends the server and what is left of its process group. Does nothing the second time.
    pub(super) fn end(&mut self) {
        self.child.end();
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used)]
    use super::*;
    use crate::command::tests::shell;

    #[test]
    fn a_server_that_dies_early_is_reported_with_its_last_words() {
        let logs = tempfile::tempdir().unwrap();
        let mut server =
            ChildServer::start("sfu", shell("echo no such port; exit 7"), logs.path(), Ending::Kill).unwrap();
        let message = loop {
            if let Err(error) = server.check_alive() {
                break error.to_string();
            }
            std::thread::yield_now();
        };
        assert!(message.contains("no such port") && message.contains("sfu") && message.contains('7'), "{message}");
    }
}
