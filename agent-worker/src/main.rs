//! The command line of the agent worker.
//!
//! For: reading flags and environment, choosing the command, turning the outcome into an exit code. Never: the call itself
//! (that is the library's).
//!
//! ```text
//!  argv ──────────────────────> connect, standby, start, avatar ──> ExitCode (see `--help`)
//!  environment ──> Configuration ──┘
//!  argv ──> chat, persona, engines, variables, doctor, replay, face ──> what they print, ExitCode
//! ```

use std::os::unix::process::CommandExt as _;
use std::path::PathBuf;
use std::process::ExitCode as ProcessExit;

use agent_worker::avatar_command::run_avatar;
use agent_worker::chat_command::{self, ChatArguments};
use agent_worker::configuration::{Configuration, inherited_variables};
use agent_worker::connect::{connect, connect_as_ordered};
use agent_worker::engines::persona_schema;
use agent_worker::engines_command::{self, EnginesArguments};
use agent_worker::metrics_listen::MetricsArguments;
use agent_worker::persona_command::{self, PersonaCommand};
use agent_worker::quick_exit::quick_exit;
use agent_worker::settings::{AvatarFlags, AvatarSettings, ConnectFlags, ConnectSettings};
use agent_worker::standby::stand_by;
use agent_worker::start::{StartArguments, StartSettings, start};
use agent_worker::{doctor, face_lab};
use clap::{Args, Parser, Subcommand};
use persona::{Look, Persona, PictureSize};
use proto::worker::ExitCode;
use session::recording::replay_file;
use telemetry::LogFormat;

/// An AI person for one LiveKit room: listens, thinks, speaks and has a face.
#[derive(Parser)]
#[command(name = "agent-worker", version, after_help = exit_codes())]
struct CommandLine {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Join a room, talk with whoever is there, leave when they have left.
    ///
    /// LIVEKIT_URL names the server. LIVEKIT_TOKEN holds a token for the room, or LIVEKIT_API_KEY and
    /// LIVEKIT_API_SECRET what is needed to make one. Programs that start workers (token-server) say --orders, and write one
    /// line of JSON on standard input: `Orders` in proto/src/orders.rs.
    Connect(ConnectArguments),
    /// Load everything, then wait for a room: one line of JSON on standard input says which.
    ///
    /// For programs that start workers (token-server --standby): the line is `Orders` in proto/src/orders.rs. `visavis: standing by`
    /// on standard output says that everything is loaded.
    Standby(StandbyArguments),
    /// Work for LiveKit's agent dispatch: register with the server, take calls, run each as a process of its own.
    ///
    /// LIVEKIT_URL, LIVEKIT_API_KEY and LIVEKIT_API_SECRET name the server. VISAVIS_ADMIN_KEY is the operator's key, VISAVIS_STORE says
    /// where calls are kept (or `none`). Of these LIVEKIT_API_SECRET_FILE, VISAVIS_ADMIN_KEY_FILE and VISAVIS_STORE_FILE may
    /// name files instead. The first SIGTERM drains: no more calls, those under way go on until they end. The second one
    /// ends at once. See docs/deployment.md.
    Start(StartArguments),
    /// Join a room as the face and voice of an agent elsewhere, which streams its speech here; leave when that has left.
    ///
    /// It speaks LiveKit's avatar protocol (docs/avatar.md). LIVEKIT_URL names the server. LIVEKIT_TOKEN holds a token for
    /// the room, or LIVEKIT_API_KEY and LIVEKIT_API_SECRET what is needed to make one.
    Avatar(AvatarArguments),
    /// Feed a recorded call to the turn-taking again, and fail when it does something else than it did then.
    Replay(ReplayArguments),
    /// Film the face without a call: say a text, keep what is seen and heard.
    Face(FaceArguments),
    /// Talk with the agent in writing, in this terminal, without a room.
    Chat(ChatArguments),
    /// List the engines: which are installed, what each can do, and what each takes on this machine.
    Engines(EnginesArguments),
    /// Check persona files, or print their schema.
    #[command(subcommand)]
    Persona(PersonaCommand),
    /// Check assets, engines and the server, and say what is wrong.
    Doctor(DoctorArguments),
    /// Print the environment variables that engines and avatar services read, one a line: for programs that start workers.
    Variables,
}

#[derive(Args)]
struct ReplayArguments {
    /// A recording: the call.jsonl of `connect --record`.
    file: PathBuf,
}

#[derive(Args)]
struct ConnectArguments {
    /// The room to join.
    #[arg(long, required_unless_present = "orders")]
    room: Option<String>,
    /// The agent's identity in the room [default: agent- and 8 random hex digits].
    #[arg(long)]
    identity: Option<String>,
    /// The name people see [default: the persona's].
    #[arg(long)]
    name: Option<String>,
    /// Who the agent is: a persona file [default: the built-in assistant].
    #[arg(long, value_name = "FILE")]
    persona: Option<PathBuf>,
    /// Keep everything said and done in this folder, to understand the call later or to replay it. It holds what people
    /// said: tell them.
    #[arg(long, value_name = "DIR")]
    record: Option<PathBuf>,
    /// Take room, token and the rest from one line on standard input.
    #[arg(long, conflicts_with_all = ["room", "identity", "name", "record"])]
    orders: bool,
    #[command(flatten)]
    metrics: MetricsArguments,
}

#[derive(Args)]
struct StandbyArguments {
    /// Who the agent is: a persona file [default: the built-in assistant].
    #[arg(long, value_name = "FILE")]
    persona: Option<PathBuf>,
}

#[derive(Args)]
struct FaceArguments {
    /// What it says. Tags such as [joy] or [sad 0.6] are felt, not spoken.
    #[arg(long, value_name = "TEXT")]
    say: String,
    /// A drawn person: amara, joe, walter, mei, or the folder of another [default: amara].
    #[arg(long, value_name = "NAME|DIR", conflicts_with = "portrait")]
    character: Option<String>,
    /// A photo of one person, JPEG or PNG, instead.
    #[arg(long, value_name = "FILE")]
    portrait: Option<PathBuf>,
    /// A feeling that stays, such as `calm` or `joy 0.5`.
    #[arg(long, value_parser = persona::mood)]
    mood: Option<face::Feeling>,
    /// Width and height of the picture: 256, 512 or 720.
    #[arg(long, value_name = "PIXELS", default_value = "512")]
    size: PictureSize,
    /// The same seed gives the same blinks and glances.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Where the film goes: .png (a sheet), .gif (silent) or .mp4 (with sound; needs ffmpeg).
    #[arg(long, value_name = "FILE", default_value = "face.gif")]
    out: PathBuf,
}

#[derive(Args)]
struct AvatarArguments {
    /// The room to join.
    #[arg(long)]
    room: String,
    /// The identity of the agent to speak for [default: the one that the token names].
    #[arg(long, value_name = "IDENTITY")]
    on_behalf_of: Option<String>,
    /// The avatar's own identity [default: agent-avatar- and 8 random hex digits].
    #[arg(long)]
    identity: Option<String>,
    /// The name people see [default: Avatar].
    #[arg(long)]
    name: Option<String>,
    /// Width and height of the picture: 256, 512 or 720.
    #[arg(long, value_name = "PIXELS", default_value = "512")]
    size: PictureSize,
    #[command(flatten)]
    metrics: MetricsArguments,
}

#[derive(Args)]
struct DoctorArguments {
    /// Print one JSON object instead of a table.
    #[arg(long)]
    json: bool,
}

fn exit_codes() -> String {
    let lines = ExitCode::ALL.iter().map(|code| format!("  {:>2}  {}", code.code(), code.description()));
    format!("Exit codes:\n{}", lines.collect::<Vec<_>>().join("\n"))
}

fn main() -> ProcessExit {
    let command_line = CommandLine::parse();
    set_up_libraries();
    if let Err(error) = telemetry::init("agent-worker", LogFormat::Auto) {
        eprintln!("agent-worker: {error}");
    }
    if let Err(error) = telemetry::spans::install("agent-worker", &|name| std::env::var(name).ok()) {
        tracing::warn!(%error, "this process sends no traces");
    }
    let runtime = match tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => return fail(&format!("cannot start: {error}"), ExitCode::Internal),
    };
    let outcome = runtime.block_on(async {
        match command_line.command {
            Command::Connect(arguments) => run_connect(arguments).await,
            Command::Standby(arguments) => run_standby(arguments).await,
            Command::Start(arguments) => run_start(arguments).await,
            Command::Avatar(arguments) => run_avatar_command(arguments).await,
            Command::Replay(arguments) => Ok(run_replay(&arguments.file)),
            Command::Face(arguments) => Ok(run_face(arguments)),
            Command::Chat(arguments) => run_chat(arguments).await,
            Command::Engines(arguments) => Ok(engines_command::run(&arguments)),
            Command::Persona(command) => Ok(persona_command::run(&command)),
            Command::Doctor(arguments) => run_doctor(&arguments).await,
            Command::Variables => Ok(print_variables()),
        }
    });
    // A code that ended a command early was reported where it arose.
    let exit = outcome.unwrap_or_else(|exit| exit);
    if let Err(error) = telemetry::shutdown(TRACES_DEADLINE) {
        tracing::warn!(%error, "the last traces were not sent");
    }
    quick_exit(exit)
}

/// The last traces may take this long to be sent.
const TRACES_DEADLINE: std::time::Duration = std::time::Duration::from_millis(500);

/// OpenMP, which computes the language model, reads these when the process starts: hence a second start. Every runtime knows
/// the first; GNU's takes the second before it: so many turns of a waiting loop, some microseconds, before a thread sleeps.
const OPENMP_WAITING: [(&str, &str); 2] = [("OMP_WAIT_POLICY", "PASSIVE"), ("GOMP_SPINCOUNT", "1000")];

/// glibc reads this at the same moment: what is larger is given back to the system when it is freed. Otherwise the limit grows
/// with each such piece, and what loading a model took is kept for the rest of the call: 4 MiB of each worker. And threads share
/// two heaps instead of keeping one each, with its gaps: another MiB.
const GIVEN_BACK: [(&str, &str); 2] = [("MALLOC_MMAP_THRESHOLD_", "131072"), ("MALLOC_ARENA_MAX", "2")];

/// ONNX Runtime's builds for Linux report to Microsoft since 1.29: which models run, and on what machine. Not when this is there
/// as they are loaded; to turn their events off afterwards is too late for the first, and leaves a thread and a file.
const NO_REPORTS: [(&str, &str); 1] = [("ORT_DISABLE_TELEMETRY", "1")];

/// Makes OpenMP's idle threads sleep soon instead of spinning: with ears, voice and face on the same cores, spinning
/// threads slow the language model down many times on a busy machine, and to sleep at once halves its speed on an idle one
/// (docs/benchmarks.md). And what else libraries read from the environment. Whoever set something keeps it.
fn set_up_libraries() {
    let is_set = |(name, _): &&(&str, &str)| std::env::var_os(name).is_some();
    let openmp = if OPENMP_WAITING.iter().any(|one| is_set(&one)) { &[][..] } else { &OPENMP_WAITING[..] };
    let others = GIVEN_BACK.iter().chain(&NO_REPORTS).filter(|one| !is_set(one));
    let missing: Vec<(&str, &str)> = openmp.iter().chain(others).copied().collect();
    if missing.is_empty() {
        return;
    }
    let Ok(program) = std::env::current_exe() else { return };
    // Replaces this process: same id, same standard streams. Returns only when that failed; then we go on as we are.
    let error = std::process::Command::new(program).args(std::env::args_os().skip(1)).envs(missing).exec();
    eprintln!("agent-worker: OpenMP will spin, and ONNX Runtime report: {error}");
}

/// Reads the persona, and reports everything that is wrong with it.
fn load_persona(file: Option<&std::path::Path>) -> Result<Persona, ExitCode> {
    persona_schema().load(file).map_err(|errors| {
        for error in errors.iter() {
            report(&error.to_string(), ExitCode::Usage);
        }
        ExitCode::Usage
    })
}

/// Reads the environment, or reports that there is no folder for the pinned files.
fn read_configuration() -> Result<Configuration, ExitCode> {
    Configuration::read().map_err(|error| report(&error.to_string(), ExitCode::AssetMissing))
}

/// Reports a setting that is missing or wrong.
fn wrong_setting(error: impl std::fmt::Display) -> ExitCode {
    report(&error.to_string(), ExitCode::Usage)
}

async fn run_connect(arguments: ConnectArguments) -> Result<ExitCode, ExitCode> {
    let persona = load_persona(arguments.persona.as_deref())?;
    let configuration = read_configuration()?;
    let _metrics = arguments.metrics.start().await.map_err(wrong_setting)?;
    let ConnectArguments { room, identity, name, record, .. } = arguments;
    let Some(room) = room else {
        let ordered = connect_as_ordered(persona, &configuration).await;
        return ordered.map_err(|error| report(&error.to_string(), error.exit_code()));
    };
    let flags = ConnectFlags { room, identity, name, record };
    let settings = ConnectSettings::resolve(flags, &configuration, &persona.name).map_err(wrong_setting)?;
    let connected = connect(settings, persona, &configuration).await;
    connected.map_err(|error| report(&error.to_string(), error.exit_code()))
}

fn print_variables() -> ExitCode {
    inherited_variables().iter().for_each(|name| println!("{name}"));
    ExitCode::Ended
}

async fn run_standby(arguments: StandbyArguments) -> Result<ExitCode, ExitCode> {
    let persona = load_persona(arguments.persona.as_deref())?;
    let stood_by = stand_by(persona, &read_configuration()?).await;
    stood_by.map_err(|error| report(&error.to_string(), error.exit_code()))
}

async fn run_start(arguments: StartArguments) -> Result<ExitCode, ExitCode> {
    let settings = StartSettings::resolve(arguments, &read_configuration()?).map_err(wrong_setting)?;
    start(settings).await.map_err(|error| report(&error.to_string(), error.exit_code()))
}

async fn run_avatar_command(arguments: AvatarArguments) -> Result<ExitCode, ExitCode> {
    let AvatarArguments { room, on_behalf_of, identity, name, size, metrics } = arguments;
    let configuration = read_configuration()?;
    let flags = AvatarFlags { room, on_behalf_of, identity, name, size };
    let settings = AvatarSettings::resolve(flags, &configuration).map_err(wrong_setting)?;
    let _metrics = metrics.start().await.map_err(wrong_setting)?;
    let played = run_avatar(settings, configuration.into_assets()).await;
    played.map_err(|error| report(&error.to_string(), error.exit_code()))
}

async fn run_chat(arguments: ChatArguments) -> Result<ExitCode, ExitCode> {
    let persona = load_persona(arguments.persona.as_deref())?;
    let talked = chat_command::run(&arguments, &persona, &read_configuration()?).await;
    talked.map_err(|error| report(&error.to_string(), error.exit_code()))
}

async fn run_doctor(arguments: &DoctorArguments) -> Result<ExitCode, ExitCode> {
    Ok(doctor::run(&read_configuration()?, arguments.json).await)
}

fn run_face(arguments: FaceArguments) -> ExitCode {
    let FaceArguments { say, character, portrait, mood, size, seed, out } = arguments;
    let look = match (character, portrait) {
        (_, Some(photo)) => Look::Portrait(photo),
        (Some(name), None) => Look::Character(name),
        (None, None) => Look::default(),
    };
    let plan = face_lab::LabPlan { text: say, look, size, mood, seed, out };
    match face_lab::film(&plan) {
        Ok(filmed) => {
            println!("{}: {} pictures, {:.1} s", plan.out.display(), filmed.pictures, filmed.seconds);
            ExitCode::Ended
        }
        Err(error) => report(&error.to_string(), ExitCode::Usage),
    }
}

fn run_replay(file: &std::path::Path) -> ExitCode {
    match replay_file(file, &dialogue::PolicyRegistry::builtin()) {
        Ok(replayed) => {
            println!("{}: {} inputs, the same {} outputs", file.display(), replayed.inputs, replayed.outputs);
            ExitCode::Ended
        }
        Err(error) => {
            eprintln!("agent-worker: {error}");
            ExitCode::Usage
        }
    }
}

/// One clear line, in the log and for people.
fn report(message: &str, exit: ExitCode) -> ExitCode {
    tracing::error!(exit = exit.code(), "{message}");
    exit
}

fn fail(message: &str, exit: ExitCode) -> ProcessExit {
    eprintln!("agent-worker: {message}");
    ProcessExit::from(exit.code())
}
