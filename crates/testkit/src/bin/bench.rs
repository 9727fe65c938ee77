//! Runs one benchmark and prints its result: progress on standard error, one JSON object as the last line of standard output.
//!
//! For: `cargo xtask bench NAME`, which builds everything first. Never: judging the figures; whoever reads them does.
//!
//! ```text
//!  bench response [--turns N] ──> Stack + scripted callers ──> {"name", "commit", "machine", "rows"}
//! ```

use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use clap::{Parser, Subcommand, ValueEnum};
use testkit::bench::{self, ChurnPart, Fault, FaultRun, FleetPart};

/// Calls under way in the fault run.
const CALLS: usize = 10;

/// Benchmarks of Visavis.
#[derive(Parser)]
struct CommandLine {
    #[command(subcommand)]
    name: Name,
}

#[derive(Subcommand)]
enum Name {
    /// The gap between the caller's last word and the first sound of the answer.
    Response {
        /// How many turns in all, 8 to 40, shared by eight voices.
        #[arg(long, default_value_t = 40)]
        turns: usize,
        /// Another persona than the default one.
        #[arg(long, value_name = "FILE")]
        persona: Option<PathBuf>,
    },
    /// How fast the agent falls silent when spoken over, and whether it goes on after a back-channel.
    Interruption {
        /// How many interruptions in all, six a call, in at most four calls.
        #[arg(long, default_value_t = 20)]
        turns: usize,
    },
    /// What the face costs, and how well its lips fit the sound.
    Face {
        /// How many answers are spoken over, about two a minute.
        #[arg(long, default_value_t = 20)]
        turns: usize,
        /// An hour instead: does anything grow, drift or freeze?
        #[arg(long)]
        soak: bool,
    },
    /// What encoding the face costs, and how good it looks, by codec and size.
    Codecs {
        /// Ignored: every setup is measured once.
        #[arg(long)]
        turns: Option<usize>,
    },
    /// What our own code adds to the gap, with engines that answer at once.
    Overhead {
        /// How many turns in all, 4 to 20, shared by four voices.
        #[arg(long, default_value_t = 20)]
        turns: usize,
    },
    /// What the embedded language models answer to 200 questions, and how fast.
    Llm {
        /// Ignored: every question is asked once.
        #[arg(long)]
        turns: Option<usize>,
        /// Only this model.
        #[arg(long, value_name = "NAME")]
        engine: Option<String>,
    },
    /// How well the end of a turn is told from a pause in it.
    Turns {
        /// Ignored: every turn is judged once.
        #[arg(long)]
        turns: Option<usize>,
    },
    /// Our worker beside livekit-agents (Python), which `cargo xtask bench peer` installs.
    Peer {
        /// How many turns for each side, 4 to 20, shared by four voices.
        #[arg(long, default_value_t = 20)]
        turns: usize,
    },
    /// Ten calls, while one thing after the other fails.
    Faults {
        /// Ignored: it lasts as long as it is told.
        #[arg(long)]
        turns: Option<usize>,
        /// The same one gives the same faults in the same order.
        #[arg(long, default_value_t = 1)]
        seed: u32,
        /// How long, in minutes; half of it with each launcher.
        #[arg(long, default_value_t = 30)]
        minutes: u32,
        /// Only this fault, in the setups that have it.
        #[arg(long, value_name = "FAULT")]
        only: Option<Fault>,
    },
    /// The front door, greetings, and many rooms at once.
    Fleet {
        /// Ignored: everything is measured as often as its figure needs.
        #[arg(long)]
        turns: Option<usize>,
        /// Only this part; repeatable.
        #[arg(long, value_name = "PART")]
        part: Vec<Part>,
    },
    /// People who come and go: whether anybody is lost, and whether anything stays behind.
    Churn {
        /// Ignored: `--cycles` says how many.
        #[arg(long)]
        turns: Option<usize>,
        /// How many calls in a row.
        #[arg(long, default_value_t = 300)]
        cycles: usize,
        /// Only this part; repeatable.
        #[arg(long, value_name = "PART")]
        part: Vec<PartOfChurn>,
    },
}

#[derive(Clone, Copy, ValueEnum)]
enum PartOfChurn {
    Cycles,
    Joins,
    Greetings,
}

impl From<PartOfChurn> for ChurnPart {
    fn from(part: PartOfChurn) -> Self {
        match part {
            PartOfChurn::Cycles => Self::Cycles,
            PartOfChurn::Joins => Self::Joins,
            PartOfChurn::Greetings => Self::Greetings,
        }
    }
}

#[derive(Clone, Copy, ValueEnum)]
enum Part {
    Doors,
    Greeting,
    Rooms,
    Beside,
}

impl From<Part> for FleetPart {
    fn from(part: Part) -> Self {
        match part {
            Part::Doors => Self::Doors,
            Part::Greeting => Self::Greeting,
            Part::Rooms => Self::Rooms,
            Part::Beside => Self::Beside,
        }
    }
}

#[tokio::main(flavor = "multi_thread", worker_threads = 2)]
async fn main() -> ExitCode {
    let result = match CommandLine::parse().name {
        Name::Response { turns, persona } => {
            bench::response(turns, persona.as_deref(), &mut |line| eprintln!("  {line}")).await
        }
        Name::Interruption { turns } => bench::interruption(turns, &mut |line| eprintln!("  {line}")).await,
        Name::Face { soak: true, .. } => bench::face_soak(&mut |line| eprintln!("  {line}")).await,
        Name::Face { turns, .. } => bench::face(turns, &mut |line| eprintln!("  {line}")).await,
        Name::Codecs { .. } => bench::codecs(&mut |line| eprintln!("  {line}")).await,
        Name::Overhead { turns } => bench::overhead(turns, &mut |line| eprintln!("  {line}")).await,
        Name::Llm { engine, .. } => bench::llm(engine.as_deref(), &mut |line| eprintln!("  {line}")).await,
        Name::Turns { .. } => bench::turns(&mut |line| eprintln!("  {line}")),
        Name::Peer { turns } => bench::peer(turns, &mut |line| eprintln!("  {line}")).await,
        Name::Faults { seed, minutes, only, .. } => {
            let run = FaultRun { seed, lasts: Duration::from_secs(60 * u64::from(minutes)), calls: CALLS, only };
            bench::faults(run, &mut |line| eprintln!("  {line}")).await
        }
        Name::Fleet { part, .. } => {
            let parts: Vec<FleetPart> = part.into_iter().map(FleetPart::from).collect();
            let parts = if parts.is_empty() { FleetPart::ALL.to_vec() } else { parts };
            bench::fleet(&parts, &mut |line| eprintln!("  {line}")).await
        }
        Name::Churn { cycles, part, .. } => {
            let parts: Vec<ChurnPart> = part.into_iter().map(ChurnPart::from).collect();
            let parts = if parts.is_empty() { ChurnPart::ALL.to_vec() } else { parts };
            bench::churn(&parts, cycles, &mut |line| eprintln!("  {line}")).await
        }
    };
    let text = result.and_then(|report| {
        for row in &report.rows {
            let measured = row.measured.map_or("-".to_owned(), |figure| figure.to_string());
            let limit = row.limit.map_or(String::new(), |limit| format!("  (target {limit})"));
            eprintln!("  {:32} {measured:>8} {}{limit}", row.what, row.unit);
        }
        Ok(serde_json::to_string(&report)?)
    });
    match text {
        Ok(text) => {
            println!("{text}");
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("bench: {error:#}");
            ExitCode::FAILURE
        }
    }
}
