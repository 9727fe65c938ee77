//! `scripted-caller`: calls the agent as a person would, and reports what it heard and saw.
//!
//! For: `cargo xtask demo --headless`, tests and people who want to see a call without a microphone. Never: anything
//! but the command line of [`testkit::caller`].
//!
//! ```text
//!  arguments ──> CallerPlan ──> testkit::caller::run_narrated ──> dialogue on stdout, files in --out, exit code
//! ```
//!
//! | exit code | meaning |
//! |---|---|
//! | 0 | every turn was answered (without turns: the greeting was heard) |
//! | 1 | the caller itself failed (its report could not be made or written) |
//! | 2 | the command line is wrong |
//! | 3 | nothing could be said: a model, library or recording is missing or unusable |
//! | 4 | the token server or the room could not be reached, or refused |
//! | 5 | no agent came, or it stayed silent |
//! | 6 | some turn was not answered |
//! | 7 | the call broke off: the agent left or the connection was lost |

use std::io::Write as _;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use assets::KokoroVoice;
use clap::{ArgMatches, CommandFactory as _, FromArgMatches as _, Parser};
use testkit::caller::{CallReport, CallerError, CallerPlan, Narration, Outcome, Utterance, run_narrated};

/// Calls the agent as a person would, and reports what it heard and saw.
///
/// Joins a room through `POST /join-room`, waits for the greeting, says one utterance after the other, each after the
/// answer to the one before, and leaves. Exit codes: 0 all answered, 1 the caller failed, 2 usage, 3 nothing to say it
/// with, 4 could not join, 5 no agent or a silent one, 6 a turn was not answered, 7 the call broke off.
#[derive(Debug, Parser)]
#[command(name = "scripted-caller", version)]
struct Arguments {
    /// The token server.
    #[arg(long, value_name = "URL", default_value = "http://127.0.0.1:3001")]
    server: String,
    /// The room to join.
    #[arg(long)]
    room: String,
    /// The caller's display name.
    #[arg(long, default_value = "Scripted Caller")]
    name: String,
    /// Says a text; repeatable, the order among --say and --wav is kept.
    #[arg(long, value_name = "TEXT")]
    say: Vec<String>,
    /// Plays a recording (WAV); repeatable.
    #[arg(long, value_name = "FILE")]
    wav: Vec<PathBuf>,
    /// Speaks turn N+1 over the answer to turn N (from 1); repeatable.
    #[arg(long, value_name = "N")]
    interrupt: Vec<usize>,
    /// How long after such an answer began to sound, in milliseconds.
    #[arg(long, value_name = "MS", default_value_t = 1500)]
    interrupt_after: u64,
    /// The caller's voice.
    #[arg(long, default_value = "af_heart", value_parser = parse_voice)]
    voice: KokoroVoice,
    /// The longest single wait: for the greeting, for an answer to begin, for an answer to end.
    #[arg(long, value_name = "SECONDS", default_value_t = 60, value_parser = clap::value_parser!(u64).range(1..=3600))]
    timeout: u64,
    /// Writes call.wav, call.png and call.json into this folder.
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
    /// Prints only the report, as one line of JSON.
    #[arg(long)]
    json: bool,
    /// Kills itself (SIGKILL) instead of leaving: after the last turn, or after the greeting when there is none.
    #[arg(long)]
    die_without_leaving: bool,
}

fn parse_voice(name: &str) -> Result<KokoroVoice, String> {
    let names = KokoroVoice::ALL.map(KokoroVoice::name).join(", ");
    KokoroVoice::ALL.into_iter().find(|voice| voice.name() == name).ok_or_else(|| format!("not one of {names}"))
}

/// The utterances in the order in which they were given.
fn utterances(arguments: &Arguments, matches: &ArgMatches) -> Vec<Utterance> {
    let places = |id: &str| matches.indices_of(id).into_iter().flatten();
    let texts = places("say").zip(arguments.say.iter().map(|text| Utterance::Say(text.clone())));
    let recordings = places("wav").zip(arguments.wav.iter().map(|path| Utterance::Wav(path.clone())));
    let mut all: Vec<(usize, Utterance)> = texts.chain(recordings).collect();
    all.sort_by_key(|(place, _)| *place);
    all.into_iter().map(|(_, utterance)| utterance).collect()
}

fn plan(arguments: &Arguments, utterances: Vec<Utterance>) -> CallerPlan {
    CallerPlan {
        name: arguments.name.clone(),
        utterances,
        interrupt: arguments.interrupt.clone(),
        interrupt_after: Duration::from_millis(arguments.interrupt_after),
        voice: arguments.voice,
        patience: Duration::from_secs(arguments.timeout),
        out: arguments.out.clone(),
        die_without_leaving: arguments.die_without_leaving,
        ..CallerPlan::new(arguments.server.clone(), arguments.room.clone())
    }
}

fn code_of(outcome: Outcome) -> u8 {
    match outcome {
        Outcome::Answered => 0,
        Outcome::NoAgent | Outcome::AgentSilent => 5,
        Outcome::Unanswered => 6,
        Outcome::AgentLeft | Outcome::Disconnected => 7,
    }
}

fn code_of_error(error: &anyhow::Error) -> u8 {
    match error.downcast_ref::<CallerError>() {
        Some(CallerError::Plan(_)) => 2,
        Some(CallerError::Asset(_) | CallerError::Speech(_) | CallerError::Wav(_) | CallerError::Silent { .. }) => 3,
        Some(CallerError::Join { .. } | CallerError::Room(_)) => 4,
        Some(CallerError::Output { .. } | CallerError::Task { .. }) | None => 1,
    }
}

/// Prints a line; a reader that went away is no reason to end the call.
fn print(line: &str) {
    let mut out = std::io::stdout().lock();
    let _ = writeln!(out, "{line}").and_then(|()| out.flush());
}

fn print_report(report: &CallReport) {
    let face = report.face.as_ref().map(|face| {
        let rate = |value: Option<f64>| value.map_or("-".to_owned(), |value| format!("{value:.0}"));
        let (width, height) = (face.width, face.height);
        format!("face {width}x{height}, {} fps speaking, {} fps resting", rate(face.fps_p5), rate(face.fps_idle_p5))
    });
    print(&face.unwrap_or_else(|| "no face was seen".to_owned()));
    for (turn, report) in report.turns.iter().enumerate() {
        let gap = report.gap_ms.map_or("not answered".to_owned(), |gap| format!("gap {gap:.0} ms"));
        let heard = report
            .heard_back_match
            .map_or(String::new(), |share| format!(", {:.0} % of the caption heard", share * 100.0));
        print(&format!("turn {}: {gap}{heard}", turn + 1));
    }
    for interruption in &report.interruptions {
        let silence = interruption
            .silence_ms
            .map_or("was not speaking any more".to_owned(), |ms| format!("fell silent after {ms:.0} ms"));
        print(&format!("spoken over in turn {}: the agent {silence}", interruption.turn));
    }
}

#[tokio::main]
async fn main() -> ExitCode {
    let matches = Arguments::command().get_matches();
    let arguments = match Arguments::from_arg_matches(&matches) {
        Ok(arguments) => arguments,
        Err(error) => error.exit(),
    };
    let filter = tracing_subscriber::EnvFilter::try_from_default_env()
        .unwrap_or_else(|_| tracing_subscriber::EnvFilter::new("warn,livekit_ffi=error"));
    tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).init();
    let plan = plan(&arguments, utterances(&arguments, &matches));
    let json = arguments.json;
    let mut narrate = |narration: Narration| {
        if !json {
            print(&narration.to_string());
        }
    };
    match run_narrated(plan, &mut narrate).await {
        Ok(report) => {
            if json {
                print(&serde_json::to_string(&report).unwrap_or_default());
            } else {
                print_report(&report);
            }
            ExitCode::from(code_of(report.outcome))
        }
        Err(error) => {
            eprintln!("scripted-caller: {error}");
            ExitCode::from(code_of_error(&error))
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used)]
    use super::*;

    #[test]
    fn utterances_keep_the_order_of_the_command_line() {
        let line =
            ["scripted-caller", "--room", "r", "--wav", "a.wav", "--say", "one", "--wav", "b.wav", "--say", "two"];
        let matches = Arguments::command().get_matches_from(line);
        let arguments = Arguments::from_arg_matches(&matches).unwrap();
        let expected = [
            Utterance::Wav("a.wav".into()),
            Utterance::Say("one".into()),
            Utterance::Wav("b.wav".into()),
            Utterance::Say("two".into()),
        ];
        assert_eq!(utterances(&arguments, &matches), expected);
    }

    #[test]
    fn an_unknown_voice_is_refused_with_the_known_ones() {
        let error = Arguments::try_parse_from(["scripted-caller", "--room", "r", "--voice", "joe"]).unwrap_err();
        assert!(error.to_string().contains("af_heart, am_adam"), "{error}");
    }

    #[test]
    fn every_failure_has_a_code_of_its_own_kind() {
        let join = CallerError::Join { url: "u".into(), message: "m".into() };
        assert_eq!(code_of_error(&anyhow::Error::new(join)), 4);
        assert_eq!(code_of_error(&anyhow::Error::new(CallerError::Plan("p".into()))), 2);
        assert_eq!(code_of_error(&anyhow::anyhow!("other")), 1);
    }
}
