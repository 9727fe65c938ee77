//! The web app as the token server serves it: where it is, and the ways through it.

use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context as _, bail};

use super::{Page, id};
use crate::stack::{Stack, StackOptions};

/// Names the folder of the built app, instead of where `cargo xtask web` puts it.
const VARIABLE: &str = "VISAVIS_WEB";
const FOLDER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../mobile-client/dist/web");
/// How long a step may take where browser and engines share two slow cores.
const DEADLINE: Duration = Duration::from_secs(60);

/// A stack that serves the app.
///
/// # Errors
/// When it is not built.
pub fn options() -> anyhow::Result<StackOptions> {
    let folder = std::env::var_os(VARIABLE).map_or_else(|| PathBuf::from(FOLDER), PathBuf::from);
    if !folder.join("index.html").is_file() {
        bail!("{}: no web app; run `cargo xtask web`", folder.display());
    }
    Ok(StackOptions { arguments: vec!["--web".into(), folder.display().to_string()], ..StackOptions::default() })
}

/// The same with workers that never come into the room: they only wait for their end. Their program is written to `folder`.
///
/// # Errors
/// When the app is not built, or nothing can be written.
pub fn options_without_agents(folder: &Path) -> anyhow::Result<StackOptions> {
    let worker = folder.join("absent-worker");
    std::fs::write(&worker, "#!/bin/sh\n[ $1 = variables ] && exit 0\nread line; read line\n")?;
    std::fs::set_permissions(&worker, std::fs::Permissions::from_mode(0o700))?;
    Ok(StackOptions { worker_bin: Some(worker), ..options()? })
}

/// Fills in the join screen and goes on to the call.
///
/// # Errors
/// When the app does not get there.
pub async fn join(page: &Page, room: &str) -> anyhow::Result<()> {
    page.visible(&id("join-submit"), DEADLINE).await?;
    page.fill(&id("join-name"), "Ada").await?;
    page.fill(&id("join-room"), room).await?;
    page.click(&id("join-submit")).await?;
    page.visible(&id("call-screen"), DEADLINE).await.map(drop)
}

/// Waits until the call itself is on screen, whoever is in it.
///
/// # Errors
/// When it is not in time; the message quotes the stack's log.
pub async fn in_call(page: &Page, stack: &Stack) -> anyhow::Result<()> {
    page.visible(&id("camera-button"), DEADLINE).await.map(drop).with_context(|| stack.log())
}

/// Leaves, and comes back to the join screen.
///
/// # Errors
/// When the app does not get there.
pub async fn leave(page: &Page) -> anyhow::Result<()> {
    page.click(&id("leave-button")).await?;
    page.visible(&id("call-ended"), DEADLINE).await.map(drop)
}
