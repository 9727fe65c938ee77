//! `cargo xtask bench NAME`: builds, runs the benchmark, keeps its result.

use std::io::Read;
use std::process::{Command, Stdio};

use anyhow::{Context, Result, bail};
use clap::{Args, ValueEnum};

use crate::{cargo, screen, setup, workspace};

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
    /// Do not write docs/benchmarks/NAME.json
    #[arg(long)]
    no_write: bool,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Name {
    /// The gap between the caller's last word and the first sound of the answer
    Response,
}

impl Name {
    fn as_str(self) -> &'static str {
        match self {
            Name::Response => "response",
        }
    }
}

pub(crate) fn run(args: &BenchArgs) -> Result<()> {
    let root = workspace::root()?;
    let ready = setup::start()?;
    screen::heading("build");
    cargo::run(&root, &["build", "--workspace", "--bins"], &[])?;
    let server = ready.livekit_server()?;
    screen::heading(args.name.as_str());
    // The benchmark has a deadline for every wait of its own.
    let mut child = Command::new(workspace::program("bench")?)
        .current_dir(&root)
        .args([args.name.as_str(), "--turns", &args.turns.to_string()])
        .env(setup::LIVEKIT_SERVER_VARIABLE, server)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .spawn()
        .context("cannot start the benchmark")?;
    let mut output = String::new();
    child.stdout.take().context("the benchmark has no output")?.read_to_string(&mut output)?;
    let status = child.wait()?;
    if !status.success() {
        bail!("the benchmark ended with {status}");
    }
    let line = output.lines().last().context("the benchmark printed nothing")?;
    let report: serde_json::Value = serde_json::from_str(line).context("the benchmark's last line is no JSON")?;
    if !args.no_write {
        let folder = root.join("docs/benchmarks");
        std::fs::create_dir_all(&folder)?;
        let file = folder.join(format!("{}.json", args.name.as_str()));
        std::fs::write(&file, format!("{}\n", serde_json::to_string_pretty(&report)?))?;
        screen::line(&format!("written: docs/benchmarks/{}.json", args.name.as_str()));
    }
    if args.json {
        println!("{line}");
    }
    Ok(())
}
