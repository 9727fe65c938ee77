//! `cargo xtask screenshots`: pictures of the web app, taken in Chromium during a real call.

use std::process::Command;
use std::time::Duration;

use anyhow::Result;

use crate::command::{past_proxies, run_shown};
use crate::{cargo, children, clients, screen, setup, workspace};

/// Where the pictures go.
const FOLDER: &str = "docs/screenshots";
/// A call, some failures that the app waits for before it tells of them, and a hundred pictures.
const DEADLINE: Duration = Duration::from_secs(15 * 60);

pub(crate) fn run() -> Result<()> {
    let root = workspace::root()?;
    let ready = setup::start_for_tests()?;
    screen::heading("build");
    // The targets of `cargo xtask test`: with others, cargo would choose other features, and everything heavy compiles anew.
    cargo::run(&root, &["build", "--workspace", "--all-targets"])?;
    let web = clients::build_web()?;
    clients::install_browser()?;
    let server = ready.livekit_server()?;
    screen::heading("screenshots");
    let mut command = Command::new(workspace::program("screenshots")?);
    command.current_dir(&root).arg(FOLDER).env("VISAVIS_WEB", web).env(children::LIVEKIT_SERVER_VARIABLE, server);
    past_proxies(&mut command);
    run_shown(command, DEADLINE)?;
    screen::success(&format!("written: {FOLDER}"));
    Ok(())
}
