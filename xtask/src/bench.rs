//! `cargo xtask bench NAME`: builds, runs the benchmark, keeps its result.

use std::path::PathBuf;
use std::process::Command;
use std::time::Duration;

use anyhow::{Context, Result};
use clap::{Args, ValueEnum};
use serde_json::Value;

use crate::command::{past_proxies, run_for_output};
use crate::{cargo, children, peer, screen, setup, workspace};

/// How long starting, the greetings and the summing up may take, of all calls together.
const BASE_DEADLINE: Duration = Duration::from_secs(10 + 300);
/// How much longer each turn may take: said, thought about, answered.
const TURN_DEADLINE: Duration = Duration::from_secs(60);
/// Some twenty-five minutes, and half as long again.
const FLEET_DEADLINE: Duration = Duration::from_secs(2400);
/// Some quarter of an hour, and as long again.
const CHURN_DEADLINE: Duration = Duration::from_secs(1800);
/// Of the benchmark with the most turns.
const MAX_DEFAULT_TURNS: usize = 40;
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
    /// How many turns in all [default: 20, for `response` 40]
    #[arg(long)]
    turns: Option<usize>,
    /// `response` only: another persona than the default one. Nothing is written
    #[arg(long, value_name = "FILE")]
    persona: Option<PathBuf>,
    /// `face` only: one call of an hour instead, written as face-soak
    #[arg(long)]
    soak: bool,
    /// Of `fleet` doors, greeting, rooms or beside alone, of `churn` cycles, joins or greetings; repeatable. Its rows replace
    /// those of docs/benchmarks/NAME.json
    #[arg(long, value_name = "PART")]
    part: Vec<String>,
    /// `churn` only: how many calls in a row, 300 by default
    #[arg(long)]
    cycles: Option<usize>,
    /// `faults` only: the same one gives the same faults in the same order
    #[arg(long, default_value_t = 1)]
    seed: u32,
    /// `faults` only: how long it lasts
    #[arg(long, default_value_t = 30)]
    minutes: u32,
    /// `faults` only: nothing but this fault, as `host_lost`; what is not its name names them all. Nothing is written
    #[arg(long, value_name = "FAULT")]
    only: Option<String>,
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
    /// What the embedded language models answer to 200 questions, and how fast
    Llm,
    /// How well the end of a turn is told from a pause in it
    Turns,
    /// Our worker beside livekit-agents (Python), which is installed into the cache first
    Peer,
    /// Ten calls, while one thing after the other fails; needs root, to mount a small disk
    Faults,
    /// The front door, greetings from standby and cold, and many rooms at once, ours and livekit-agents'
    Fleet,
    /// Hundreds of people who come and go, and a hundred at once: is anybody lost, does anything stay behind?
    Churn,
}

impl Name {
    fn as_str(self) -> &'static str {
        match self {
            Name::Response => "response",
            Name::Interruption => "interruption",
            Name::Face => "face",
            Name::Codecs => "codecs",
            Name::Overhead => "overhead",
            Name::Llm => "llm",
            Name::Turns => "turns",
            Name::Peer => "peer",
            Name::Faults => "faults",
            Name::Fleet => "fleet",
            Name::Churn => "churn",
        }
    }
}

pub(crate) fn run(args: &BenchArgs) -> Result<()> {
    if args.soak && !matches!(args.name, Name::Face) {
        anyhow::bail!("--soak: only `bench face` has an hour's call");
    }
    if args.persona.is_some() && !matches!(args.name, Name::Response) {
        anyhow::bail!("--persona: only `bench response` takes one");
    }
    if !args.part.is_empty() && !matches!(args.name, Name::Fleet | Name::Churn) {
        anyhow::bail!("--part: only `bench fleet` and `bench churn` have parts");
    }
    if args.cycles.is_some() && !matches!(args.name, Name::Churn) {
        anyhow::bail!("--cycles: only `bench churn` has calls in a row");
    }
    if args.only.is_some() && !matches!(args.name, Name::Faults) {
        anyhow::bail!("--only: only `bench faults` has faults");
    }
    let root = workspace::root()?;
    let ready = setup::start()?;
    screen::heading("build");
    // The targets of `cargo xtask test`: with others, cargo would choose other features, and everything heavy compiles anew.
    cargo::run(&root, &["build", "--workspace", "--all-targets"])?;
    if matches!(args.name, Name::Peer | Name::Fleet) {
        peer::install(&root)?;
    }
    let server = ready.livekit_server()?;
    screen::heading(args.name.as_str());
    let mut command = Command::new(workspace::program("bench")?);
    command.current_dir(&root).arg(args.name.as_str());
    if let Some(turns) = args.turns {
        command.args(["--turns", &turns.to_string()]);
    }
    if let Some(persona) = &args.persona {
        // The program runs in another folder.
        command.arg("--persona").arg(std::path::absolute(persona)?);
    }
    if args.soak {
        command.arg("--soak");
    }
    if matches!(args.name, Name::Faults) {
        command.args(["--seed", &args.seed.to_string(), "--minutes", &args.minutes.to_string()]);
    }
    for part in &args.part {
        command.args(["--part", part]);
    }
    if let Some(fault) = &args.only {
        command.args(["--only", fault]);
    }
    if let Some(cycles) = args.cycles {
        command.args(["--cycles", &cycles.to_string()]);
    }
    command.env(children::LIVEKIT_SERVER_VARIABLE, server);
    past_proxies(&mut command);
    let turns = if args.soak { SOAK_TURNS } else { args.turns.unwrap_or(MAX_DEFAULT_TURNS) };
    let deadline = match args.name {
        Name::Fleet => FLEET_DEADLINE,
        Name::Churn => CHURN_DEADLINE,
        Name::Faults => BASE_DEADLINE.saturating_add(Duration::from_secs(60).saturating_mul(args.minutes)),
        _ => BASE_DEADLINE.saturating_add(TURN_DEADLINE.saturating_mul(u32::try_from(turns).unwrap_or(u32::MAX))),
    };
    let output = run_for_output(command, deadline)?;
    let line = output.lines().last().context("the benchmark printed nothing")?;
    let report: Value = serde_json::from_str(line).context("the benchmark's last line is no JSON")?;
    if !args.no_write && args.only.is_none() && args.persona.is_none() {
        let folder = root.join("docs/benchmarks");
        std::fs::create_dir_all(&folder)?;
        let name = report["name"].as_str().context("the benchmark's result has no name")?;
        let file = folder.join(format!("{name}.json"));
        let report = if args.part.is_empty() { report.clone() } else { merged(std::fs::read(&file).ok(), &report) };
        std::fs::write(&file, format!("{}\n", serde_json::to_string_pretty(&report)?))?;
        screen::line(&format!("written: docs/benchmarks/{name}.json"));
    }
    if args.json {
        println!("{line}");
    }
    Ok(())
}

/// A part's rows in place of those that an earlier report has; its commit and machine are the newer one's.
fn merged(earlier: Option<Vec<u8>>, part: &Value) -> Value {
    let earlier: Value = earlier.and_then(|bytes| serde_json::from_slice(&bytes).ok()).unwrap_or_default();
    let rows = |report: &Value| report["rows"].as_array().cloned().unwrap_or_default();
    let (mut all, new) = (rows(&earlier), rows(part));
    all.retain(|row| !new.iter().any(|other| other["what"] == row["what"]));
    all.extend(new);
    let mut report = part.clone();
    report["rows"] = all.into();
    report
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_part_replaces_its_own_rows_and_keeps_the_others() {
        let row = |what: &str, measured: f64| json!({"what": what, "measured": measured});
        let earlier = json!({"commit": "old", "rows": [row("join", 1.0), row("greeting", 2.0)]});
        let part = json!({"commit": "new", "rows": [row("greeting", 3.0)]});
        let merged = merged(Some(earlier.to_string().into_bytes()), &part);
        assert_eq!(merged, json!({"commit": "new", "rows": [row("join", 1.0), row("greeting", 3.0)]}));
        assert_eq!(super::merged(None, &part), part);
    }
}
