//! The web app as the token server serves it.

use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use testkit::browser::{Page, id};
use testkit::stack::{Stack, StackOptions};

use super::LONG;

/// Names the folder of the built app, instead of where `cargo xtask web` puts it.
const VARIABLE: &str = "VISAVIS_WEB";
const FOLDER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../mobile-client/dist/web");

pub fn folder() -> PathBuf {
    let folder = std::env::var_os(VARIABLE).map_or_else(|| PathBuf::from(FOLDER), PathBuf::from);
    assert!(folder.join("index.html").is_file(), "{}: no web app; run `cargo xtask web`", folder.display());
    folder
}

/// A stack that serves the app.
pub fn options() -> StackOptions {
    StackOptions { arguments: vec!["--web".into(), folder().display().to_string()], ..StackOptions::default() }
}

/// The same with workers that never come into the room: they only wait for their end.
pub fn options_without_agents(folder: &Path) -> StackOptions {
    let worker = folder.join("absent-worker");
    std::fs::write(&worker, "#!/bin/sh\nread line\n").unwrap();
    std::fs::set_permissions(&worker, std::fs::Permissions::from_mode(0o700)).unwrap();
    StackOptions { worker_bin: Some(worker), ..options() }
}

/// Fills in the join screen and goes on to the call.
pub async fn join(page: &Page, room: &str) {
    page.visible(&id("join-submit"), LONG).await.unwrap();
    page.fill(&id("join-name"), "Ada").await.unwrap();
    page.fill(&id("join-room"), room).await.unwrap();
    page.click(&id("join-submit")).await.unwrap();
    page.visible(&id("call-screen"), LONG).await.unwrap();
}

/// Waits until the call itself is on screen, whoever is in it.
pub async fn in_call(page: &Page, stack: &Stack) {
    let shown = page.visible(&id("camera-button"), LONG).await;
    shown.unwrap_or_else(|error| panic!("{error:#}\n{}", stack.log()));
}

/// Leaves, and comes back to the join screen.
pub async fn leave(page: &Page) {
    page.click(&id("leave-button")).await.unwrap();
    page.visible(&id("call-ended"), LONG).await.unwrap();
}
