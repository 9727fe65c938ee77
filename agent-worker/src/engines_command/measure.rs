//! One piece of work of one engine, in a process of its own: so that memory is its alone.

use std::fmt;
use std::io::Read as _;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use ::engines::{Context, EngineRegistry, Role};
use assets::Assets;
use nix::sys::resource::{UsageWho, getrusage};
use nix::sys::time::TimeValLike as _;
use proto::worker::ExitCode;
use serde::{Deserialize, Serialize};
use speech::resample::Resampler;
use speech::{CancelFlag, LISTEN_SAMPLE_RATE, VAD_FRAME};

/// What a voice says and a language model is asked.
const SENTENCE: &str = "The quick brown fox jumps over the lazy dog.";
const QUESTION: &str = "What is the capital of France?";
/// How long one engine may take.
const TIMEOUT: Duration = Duration::from_secs(120);
const POLL: Duration = Duration::from_millis(20);
/// How much speech engines hear.
const HEARD: Duration = Duration::from_secs(3);

/// What an engine took on this machine.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct Measured {
    /// The work, in a few words.
    work: String,
    /// Until it was loaded.
    load_ms: u64,
    /// The work, by the clock.
    work_ms: u64,
    /// The work, by all cores together.
    work_cpu_ms: u64,
    /// The process's memory once it was loaded, less what it had before.
    memory_mib: u64,
}

impl fmt::Display for Measured {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { work, load_ms, work_ms, work_cpu_ms, memory_mib } = self;
        write!(
            formatter,
            "{work}: {work_ms} ms ({work_cpu_ms} ms of processor); {memory_mib} MiB; loads in {load_ms} ms"
        )
    }
}

/// Measures an engine in a process of its own; `None` when that fails, or takes too long.
pub(super) fn in_a_process(kind: &str, name: &str) -> Option<Measured> {
    let mut command = Command::new(std::env::current_exe().ok()?);
    let mut child = command.args(["engines", "--measure-one", kind, name]).stdout(Stdio::piped()).spawn().ok()?;
    let deadline = Instant::now() + TIMEOUT;
    // What it prints is one line, and fits into the pipe.
    while child.try_wait().ok()?.is_none() {
        if Instant::now() >= deadline {
            // One that has ended meanwhile needs no kill.
            let _ = child.kill();
            let _ = child.wait();
            return None;
        }
        std::thread::sleep(POLL);
    }
    let mut printed = String::new();
    child.stdout.take()?.read_to_string(&mut printed).ok()?;
    serde_json::from_str(&printed).ok()
}

/// Measures an engine in this process, and prints the result as JSON.
pub(super) fn print_one(registry: &EngineRegistry, role: Role, name: &str) -> ExitCode {
    match one(registry, role, name) {
        Ok(measured) => {
            println!("{}", serde_json::json!(measured));
            ExitCode::Ended
        }
        Err(error) => {
            eprintln!("agent-worker: {name}: {error}");
            ExitCode::AssetMissing
        }
    }
}

type Failure = Box<dyn std::error::Error>;

fn one(registry: &EngineRegistry, role: Role, name: &str) -> Result<Measured, Failure> {
    let threads = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    let context = Context { threads, ..Context::new(Assets::open()?) };
    let (none, name, never) = (toml::Table::new(), Some(name), CancelFlag::default());
    let speech = || spoken(registry, &context);
    let heard = format!("{} s of speech", HEARD.as_secs_f64());
    match role {
        Role::VoiceActivity => {
            let engine = (registry.voice_activity(name)?.prepare)(&context, &none)?;
            measure(
                &heard,
                || engine.load(),
                speech,
                |engine, sound| {
                    Ok(sound.chunks_exact(VAD_FRAME).try_for_each(|frame| engine.process(frame).map(drop))?)
                },
            )
        }
        Role::TurnDetector => {
            let engine = (registry.turn_detector(name)?.prepare)(&context, &none)?;
            measure(
                "the end of a turn",
                || engine.load(),
                speech,
                |engine, sound| Ok(engine.probability(&sound).map(drop)?),
            )
        }
        Role::SpeechToText => {
            let engine = (registry.speech_to_text(name)?.prepare)(&context, &none)?;
            measure(&heard, || engine.load(), speech, |engine, sound| Ok(engine.transcribe(&sound, &never).map(drop)?))
        }
        Role::ChatModel => {
            let engine = (registry.chat(name)?.prepare)(&context, &none)?;
            let question = || Ok([chat::Message::user(QUESTION)]);
            measure(
                "a short answer",
                || engine.load(),
                question,
                |engine, question| {
                    engine.generate(&question, &|| false, &mut drop)?;
                    Ok(())
                },
            )
        }
        Role::TextToSpeech => {
            let engine = (registry.text_to_speech(name)?.prepare)(&context, &none)?;
            measure(
                "a sentence",
                || engine.load(),
                || Ok(SENTENCE),
                |engine, sentence| Ok(engine.synthesize(sentence, &never, &mut drop)?),
            )
        }
    }
}

/// A sentence in the default voice, as engines hear it: the work of most of them depends on what they hear.
fn spoken(registry: &EngineRegistry, context: &Context) -> Result<Vec<f32>, Failure> {
    let mut voice = (registry.text_to_speech(None)?.prepare)(context, &toml::Table::new())?.load()?;
    let mut said = Vec::new();
    voice.synthesize(SENTENCE, &CancelFlag::default(), &mut |chunk| said.extend(chunk.samples))?;
    let mut heard = Vec::new();
    let mut resampler = Resampler::new(voice.sample_rate(), LISTEN_SAMPLE_RATE)?;
    resampler.push(&said, &mut heard)?;
    resampler.finish(&mut heard)?;
    heard.resize(LISTEN_SAMPLE_RATE as usize * HEARD.as_secs() as usize, 0.0);
    Ok(heard)
}

/// What the engine works on is made once it is loaded: memory that making it frees would hide some of the engine's.
fn measure<E, M>(
    work: &str,
    load: impl FnOnce() -> Result<E, ::engines::EngineError>,
    material: impl FnOnce() -> Result<M, Failure>,
    does: impl FnOnce(&mut E, M) -> Result<(), Failure>,
) -> Result<Measured, Failure> {
    let before = memory_mib();
    let began = Instant::now();
    let mut engine = load()?;
    let load_ms = milliseconds(began.elapsed());
    let memory_mib = memory_mib().saturating_sub(before);
    let material = material()?;
    let (began, cpu) = (Instant::now(), cpu_ms()?);
    does(&mut engine, material)?;
    let (work_ms, work_cpu_ms) = (milliseconds(began.elapsed()), cpu_ms()? - cpu);
    Ok(Measured { work: work.to_owned(), load_ms, work_ms, work_cpu_ms, memory_mib })
}

fn milliseconds(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

/// Processor time of this process so far.
fn cpu_ms() -> Result<u64, Failure> {
    let usage = getrusage(UsageWho::RUSAGE_SELF)?;
    let total = usage.user_time().num_milliseconds() + usage.system_time().num_milliseconds();
    Ok(u64::try_from(total)?)
}

/// Resident memory of this process; 0 where the system does not tell.
fn memory_mib() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    line.and_then(|rest| rest.split_whitespace().next()?.parse::<u64>().ok()).unwrap_or_default() / 1024
}
