//! `cargo xtask setup`, also the first stage of `test` and `demo`.
//!
//! A second run touches no network and takes well under two seconds.

mod debian;
mod livekit_server;
mod prerequisites;

pub(crate) use prerequisites::check_components;

use std::path::PathBuf;
use std::thread::{self, JoinHandle};
use std::time::Duration;

use anyhow::{Result, anyhow, bail};
use assets::{Assets, Group};

use crate::{assets_command, children, screen, workspace};

/// How often the installation of livekit-server is looked at; it has a deadline of its own.
const POLL: Duration = Duration::from_millis(20);

/// What setup leaves behind.
pub(crate) struct Ready {
    livekit_server: PendingServer,
}

enum PendingServer {
    Found(PathBuf),
    Installing(JoinHandle<Result<PathBuf>>),
}

/// `cargo xtask setup`.
pub(crate) fn run() -> Result<()> {
    let ready = start()?;
    let server = ready.livekit_server()?;
    screen::line(&format!("livekit-server: {}", server.display()));
    screen::success("everything is here");
    Ok(())
}

/// Checks and brings everything; only a missing livekit-server may still be compiling in the background afterwards.
pub(crate) fn start() -> Result<Ready> {
    prepare(debian::Use::Run)
}

/// The same, with what only tests want.
pub(crate) fn start_for_tests() -> Result<Ready> {
    prepare(debian::Use::Tests)
}

/// Checks what compiling and the fast tests need, and downloads nothing but Debian packages.
pub(crate) fn start_for_fast_tests() -> Result<()> {
    prerequisites::check(prerequisites::Needs { package_clients: false, go: false })?;
    debian::check(&workspace::root()?, debian::Use::FastTests)
}

fn prepare(used: debian::Use) -> Result<Ready> {
    screen::heading("setup");
    let root = workspace::root()?;
    let assets = Assets::open()?;
    let found_server = livekit_server::find(assets.cache_dir())?;
    let needed = [Group::Worker.assets(), Group::Test.assets()].concat();
    let assets_missing = needed.iter().any(|asset| assets.path(*asset).is_err());
    prerequisites::check(prerequisites::Needs { package_clients: assets_missing, go: found_server.is_none() })?;
    debian::check(&root, used)?;
    let livekit_server = match found_server {
        Some(path) => PendingServer::Found(path),
        None => {
            screen::line("livekit-server: compiling it in the background (about 5 minutes, once)");
            let cache = assets.cache_dir().to_owned();
            PendingServer::Installing(thread::spawn(move || livekit_server::install(&cache)))
        }
    };
    assets_command::fetch(&assets, &needed)?;
    Ok(Ready { livekit_server })
}

impl Ready {
    /// The livekit-server binary; waits for its installation where one is under way.
    pub(crate) fn livekit_server(self) -> Result<PathBuf> {
        match self.livekit_server {
            PendingServer::Found(path) => Ok(path),
            PendingServer::Installing(installation) => {
                if !installation.is_finished() {
                    screen::line("waiting for livekit-server to be compiled");
                }
                while !installation.is_finished() {
                    if children::interrupted() {
                        bail!("interrupted");
                    }
                    thread::sleep(POLL);
                }
                installation.join().map_err(|_| anyhow!("installing livekit-server panicked"))?
            }
        }
    }
}
