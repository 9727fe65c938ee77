//! A Redis of the run's own, set up as docs/deployment.md says, that can be killed and comes back with what it had written.

use std::io::{BufRead as _, BufReader, Write as _};
use std::net::{Ipv4Addr, TcpListener};
use std::process::{Child, Command, Stdio};

use anyhow::Context as _;
use tempfile::TempDir;

const PASSWORD: &str = "fault-run";
const READY: &str = "Ready to accept connections";

pub(super) struct Redis {
    process: Child,
    port: u16,
    folder: TempDir,
}

impl Redis {
    /// On a free port. Blocking, some tenths of a second.
    pub(super) fn start() -> anyhow::Result<Self> {
        let folder = tempfile::Builder::new().prefix("visavis-redis-").tempdir()?;
        let port = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()?.port();
        Ok(Self { process: launch(port, &folder)?, port, folder })
    }

    pub(super) fn port(&self) -> u16 {
        self.port
    }

    /// Its address, when it is reached by this port.
    pub(super) fn address_by(port: u16) -> String {
        format!("redis://:{PASSWORD}@127.0.0.1:{port}")
    }

    pub(super) fn kill(&mut self) -> anyhow::Result<()> {
        self.process.kill()?;
        self.process.wait()?;
        Ok(())
    }

    /// At its port, with its files.
    pub(super) fn start_again(&mut self) -> anyhow::Result<()> {
        self.process = launch(self.port, &self.folder)?;
        Ok(())
    }
}

impl Drop for Redis {
    fn drop(&mut self) {
        // Fails only when it is gone.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// Returns when it takes connections.
fn launch(port: u16, folder: &TempDir) -> anyhow::Result<Child> {
    let mut process = Command::new("redis-server")
        .arg("-")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .context("redis-server can't be started; apt-get install redis-server")?;
    let settings = format!(
        "port {port}\nbind 127.0.0.1\nrequirepass {PASSWORD}\ndir {}\nsave \"\"\nappendonly yes\nappendfsync everysec\n",
        folder.path().display()
    );
    process.stdin.take().context("no input")?.write_all(settings.as_bytes())?;
    let mut lines = BufReader::new(process.stdout.take().context("no output")?).lines().map_while(Result::ok);
    if lines.any(|line| line.contains(READY)) {
        // It ends when nobody reads what it says.
        std::thread::spawn(move || lines.for_each(drop));
        return Ok(process);
    }
    anyhow::bail!("redis-server ended at once: {}", process.wait()?)
}
