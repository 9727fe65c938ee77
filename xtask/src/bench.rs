//! `cargo xtask bench NAME`: builds, runs the benchmark, keeps its result.

use std::process::Command;
use std::time::Duration;

use anyhow::{Context, Result};
use clap::{Args, ValueEnum};

use crate::command::{past_proxies, run_for_output};
use crate::{cargo, peer, screen, setup, workspace};

/// How long starting, the greetings and the summing up may take, of all calls together.
const BASE_DEADLINE: Duration = Duration::from_secs(10 + 300);
/// How much longer each turn may take: said, thought about, answered.
const TURN_DEADLINE: Duration = Duration::from_secs(60);
/// An hour's call, and as long again.
const SOAK_TURNS: usize = 120;

/// Flags of `cargo xtask bench`.
#[derive(Debug, Args)]
pub(crate) struct BenchArgs {
    /// Which benchmark
    name: Name,
    /// Print the result as one JSON object, the last line of standard output
    #[arg(long)]
    json: bool,
    /// How many turns in all
    #[arg(long, default_value_t = 20)]
    turns: usize,
    /// `face` only: one call of an hour instead, written as face-soak
    #[arg(long)]
    soak: bool,
    /// Do not write docs/benchmarks/NAME.json
    #[arg(long)]
    no_write: bool,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Name {
    /// The gap between the caller's last word and the first sound of the answer
    Response,
    /// How fast the agent falls silent when spoken over, and whether it goes on after a back-channel
    Interruption,
    /// What the face costs, and how well its lips fit the sound; `--turns` are interruptions, about two a minute
    Face,
    /// What encoding the face costs, and how good it looks, by codec and size
    Codecs,
    /// What our own code adds to the gap, with engines that answer at once
    Overhead,
    /// Our worker beside livekit-agents (Python), which is installed into the cache first
    Peer,
}

impl Name {
    fn as_str(self) -> &'static str {
        match self {
            Name::Response => "response",
            Name::Interruption => "interruption",
            Name::Face => "face",
            Name::Codecs => "codecs",
            Name::Overhead => "overhead",
            Name::Peer => "peer",
        }
    }
}

pub(crate) fn run(args: &BenchArgs) -> Result<()> {
    if args.soak && !matches!(args.name, Name::Face) {
        anyhow::bail!("--soak: only `bench face` has an hour's call");
    }
    let root = workspace::root()?;
    let ready = setup::start()?;
    screen::heading("build");
    cargo::run(&root, &["build", "--workspace", "--bins"])?;
    if matches!(args.name, Name::Peer) {
        peer::install(&root)?;
    }
    let server = ready.livekit_server()?;
    screen::heading(args.name.as_str());
    let mut command = Command::new(workspace::program("bench")?);
    command.current_dir(&root).args([args.name.as_str(), "--turns", &args.turns.to_string()]);
    if args.soak {
        command.arg("--soak");
    }
    command.env(setup::LIVEKIT_SERVER_VARIABLE, server);
    past_proxies(&mut command);
    let turns = if args.soak { SOAK_TURNS } else { args.turns };
    let deadline = BASE_DEADLINE.saturating_add(TURN_DEADLINE.saturating_mul(u32::try_from(turns).unwrap_or(u32::MAX)));
    let output = run_for_output(command, deadline)?;
    let line = output.lines().last().context("the benchmark printed nothing")?;
    let report: serde_json::Value = serde_json::from_str(line).context("the benchmark's last line is no JSON")?;
    if !args.no_write {
        let folder = root.join("docs/benchmarks");
        std::fs::create_dir_all(&folder)?;
        let name = report["name"].as_str().context("the benchmark's result has no name")?;
        let file = folder.join(format!("{name}.json"));
        std::fs::write(&file, format!("{}\n", serde_json::to_string_pretty(&report)?))?;
        screen::line(&format!("written: docs/benchmarks/{name}.json"));
    }
    if args.json {
        println!("{line}");
    }
    Ok(())
}
