//! `cargo xtask demo`: the whole system on this machine, and a way into a call.
//!
//! ```text
//!   setup ─► cargo build ─► web app ─► SFU ─► token server ─► ready ─┬─► how to join ─► Ctrl-C
//!                                                                   └─► scripted caller ─► its exit status
//!   whatever happens: the token server is ended first (it ends its workers), then the SFU
//! ```

mod child;
mod headless;
mod invitation;
mod keys;
mod network;
mod servers;
mod turns;

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::thread;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use clap::Args;

use crate::command::tail;
use crate::{cargo, children, clients, screen, setup, workspace};
use servers::{Plan, Servers};
use turns::Turns;

/// How often the running servers are looked at.
const POLL: Duration = Duration::from_millis(100);
/// The room that the printed link leads to.
const ROOM: &str = "demo";

/// Flags of `cargo xtask demo`.
#[derive(Debug, Args)]
pub(crate) struct DemoArgs {
    /// Port of the token server [default: 3001; with --headless: a free one]
    #[arg(long, value_name = "PORT")]
    port: Option<u16>,
    /// Port of the LiveKit server; it also takes the two ports above [default: 7880; with --headless: free ones]
    #[arg(long, value_name = "PORT")]
    sfu_port: Option<u16>,
    /// Serve phones and other machines on the local network, with keys made for the occasion
    #[arg(long, conflicts_with = "headless")]
    lan: bool,
    /// Persona file of the AI person
    #[arg(long, value_name = "FILE")]
    persona: Option<PathBuf>,
    /// Let a scripted caller join, say its turns, and judge the answers
    #[arg(long)]
    headless: bool,
    #[command(flatten)]
    turns: Turns,
    /// The caller speaks over the answer to turn N with what it says next (repeatable, with --headless)
    #[arg(long, value_name = "N", requires = "headless")]
    interrupt: Vec<usize>,
    /// Where logs and, with --headless, call.wav, call.png and call.json go
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
    /// Print machine-readable results on standard output
    #[arg(long)]
    json: bool,
    /// Use the programs as they were built last
    #[arg(long)]
    no_build: bool,
}

/// `cargo xtask demo`; the exit status is the scripted caller's with `--headless`.
pub(crate) fn run(args: &DemoArgs) -> Result<ExitCode> {
    if args.headless && args.turns.is_empty() {
        bail!("--headless: nothing to say; add --say TEXT or --wav FILE");
    }
    if !args.headless && !args.turns.is_empty() {
        bail!("--say and --wav are for the scripted caller: add --headless");
    }
    let persona = args.persona.as_deref().map(absolute).transpose()?;
    let turns = args.turns.with_absolute_files()?;
    // Refused before minutes are spent on building.
    let choose_ports = || network::Ports::choose(args.headless, args.port, args.sfu_port);
    let mut ports = choose_ports()?;
    let reach = if args.lan { network::Reach::Lan(network::lan_address()?) } else { network::Reach::Loopback };
    ports.check_free(&reach)?;

    let ready = setup::start()?;
    if !args.no_build {
        screen::heading("build");
        cargo::run(&workspace::root()?, &["build", "--workspace", "--bins"])?;
    }
    let web_app = if args.headless { None } else { web_app(args.no_build)? };
    let livekit_server = ready.livekit_server()?;

    screen::heading("start");
    let folder = OutFolder::open(args.out.as_deref(), args.headless)?;
    if args.headless {
        // What was free before the build may be taken by now.
        ports = choose_ports()?;
    }
    let keys = keys::Keys::generate(&reach);
    let plan = Plan { livekit_server, ports, reach, keys, persona, web_app, logs: folder.path.clone() };
    let result = serve(args, &plan, &turns);
    if result.is_err() && !children::interrupted() {
        folder.keep();
    }
    result
}

/// The page that people open; the demo is worth having without it.
fn web_app(as_built_last: bool) -> Result<Option<PathBuf>> {
    if as_built_last {
        return Ok(clients::last_built());
    }
    screen::heading("web app");
    let built = clients::build_web();
    if children::interrupted() {
        bail!("interrupted");
    }
    Ok(or_without_it(built))
}

/// Says why there is none, and what to do about it.
fn or_without_it(built: Result<PathBuf>) -> Option<PathBuf> {
    match built {
        Ok(folder) => Some(folder),
        Err(error) => {
            screen::line("the web app could not be built:");
            screen::line(&tail(&format!("{error:#}")));
            screen::line("the demo goes on without it; `cargo xtask web` tries again, and shows more");
            None
        }
    }
}

/// Starts the servers and keeps them until the call, or the person's patience, ends.
fn serve(args: &DemoArgs, plan: &Plan, turns: &Turns) -> Result<ExitCode> {
    // From here on, leaving this function by any way ends the servers: they are ended when dropped.
    let mut servers = Servers::start(plan)?;
    if args.headless {
        let call = headless::Call { turns, interrupt: &args.interrupt, out: &plan.logs, as_json: args.json };
        return headless::run(plan, &mut servers, &call);
    }
    invitation::print(plan, ROOM, args.json)?;
    while !children::interrupted() {
        servers.check_alive()?;
        thread::sleep(POLL);
    }
    screen::line("ending");
    servers.end();
    Ok(ExitCode::SUCCESS)
}

/// Where logs and results go; a temporary folder is removed at the end, unless it is kept.
struct OutFolder {
    path: PathBuf,
    temporary: Option<tempfile::TempDir>,
}

impl OutFolder {
    fn open(chosen: Option<&Path>, headless: bool) -> Result<OutFolder> {
        let path = match chosen {
            Some(path) => path.to_owned(),
            None if headless => workspace::root()?.join("out/demo"),
            None => {
                let temporary = tempfile::Builder::new().prefix("visavis-demo-").tempdir()?;
                return Ok(OutFolder { path: temporary.path().to_owned(), temporary: Some(temporary) });
            }
        };
        std::fs::create_dir_all(&path).with_context(|| format!("cannot create {}", path.display()))?;
        Ok(OutFolder { path: absolute(&path)?, temporary: None })
    }

    /// Leaves the logs for whoever wants to know what failed, and says where.
    fn keep(self) {
        if let Some(temporary) = self.temporary {
            let _ = temporary.keep();
        }
        screen::line(&format!("the logs are kept in {}", self.path.display()));
    }
}

fn absolute(path: &Path) -> Result<PathBuf> {
    path.canonicalize().with_context(|| format!("cannot find {}", path.display()))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used)]
    use super::*;

    #[test]
    fn without_a_web_app_the_demo_goes_on() {
        assert_eq!(or_without_it(Err(anyhow::anyhow!("no Node.js"))), None);
        assert_eq!(or_without_it(Ok("dist/web".into())), Some("dist/web".into()));
    }

    #[test]
    fn logs_are_removed_unless_kept() {
        let folder = OutFolder::open(None, false).unwrap();
        let path = folder.path.clone();
        drop(folder);
        assert!(!path.exists());
        let folder = OutFolder::open(None, false).unwrap();
        let path = folder.path.clone();
        folder.keep();
        assert!(path.exists());
        std::fs::remove_dir_all(path).unwrap();
    }
}
