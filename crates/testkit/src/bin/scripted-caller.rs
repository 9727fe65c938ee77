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
//! | 7 | the call broke off: the agent left, refused push to talk, or the connection was lost |

use std::io::Write as _;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use assets::KokoroVoice;
use clap::{ArgMatches, CommandFactory as _, FromArgMatches as _, Parser};
use testkit::caller::{
    BackChannel, CallReport, CallerError, CallerPlan, Fate, Interruption, Narration, Outcome, Utterance, run_narrated,
};

/// When a back-channel is made that was given no time: after the answer began to sound.
const DEFAULT_AFTER: Duration = Duration::from_millis(1500);

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
    /// Says a text; repeatable, the order among --say and --wav is kept. A mark such as [600] in it is a pause of 600 ms.
    #[arg(long, value_name = "TEXT")]
    say: Vec<String>,
    /// Plays a recording (WAV); repeatable.
    #[arg(long, value_name = "FILE")]
    wav: Vec<PathBuf>,
    /// Types a text (a chat message); repeatable, the order among --say, --wav and --type is kept.
    #[arg(long = "type", value_name = "TEXT")]
    typed: Vec<String>,
    /// Sends a recording (WAV) as what was said before the agent could hear, once the agent is there.
    #[arg(long, value_name = "FILE")]
    preconnect: Option<PathBuf>,
    /// Presses a button before each spoken turn and releases it afterwards (push to talk), by LiveKit RPC.
    #[arg(long)]
    push_to_talk: bool,
    /// Takes turn N (from 1) back by the button when it was said; repeatable.
    #[arg(long, value_name = "N", requires = "push_to_talk")]
    take_back: Vec<usize>,
    /// Speaks turn N+1 over the answer to turn N (from 1); repeatable.
    #[arg(long, value_name = "N")]
    interrupt: Vec<usize>,
    /// How long after such an answer began to sound, in milliseconds.
    #[arg(long, value_name = "MS", default_value_t = 1500)]
    interrupt_after: u64,
    /// Makes a short sound during the answer to the --say or --wav before it, such as "right"; `cough` is a cough; repeatable.
    #[arg(long, value_name = "TEXT")]
    backchannel: Vec<String>,
    /// How long after that answer began to sound, in milliseconds: one for each --backchannel, in order [default: 1500].
    #[arg(long, value_name = "MS", requires = "backchannel")]
    after: Vec<u64>,
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
    let typed = places("typed").zip(arguments.typed.iter().map(|text| Utterance::Typed(text.clone())));
    let mut all: Vec<(usize, Utterance)> = texts.chain(recordings).chain(typed).collect();
    all.sort_by_key(|(place, _)| *place);
    all.into_iter().map(|(_, utterance)| utterance).collect()
}

/// The back-channels, each in the answer to the utterance before it on the command line.
fn back_channels(arguments: &Arguments, matches: &ArgMatches) -> Vec<BackChannel> {
    let places = |id: &str| matches.indices_of(id).into_iter().flatten();
    let said: Vec<usize> = places("say").chain(places("wav")).chain(places("typed")).collect();
    let all = places("backchannel").zip(&arguments.backchannel).enumerate();
    all.map(|(index, (place, text))| {
        let sound = match text.as_str() {
            "cough" => Utterance::Cough { seed: u32::try_from(index).unwrap_or(0) },
            text => Utterance::Say(text.to_owned()),
        };
        let after = arguments.after.get(index).copied().map_or(DEFAULT_AFTER, Duration::from_millis);
        BackChannel { turn: said.iter().filter(|said| **said < place).count(), after, sound }
    })
    .collect()
}

fn plan(arguments: &Arguments, utterances: Vec<Utterance>, back_channels: Vec<BackChannel>) -> CallerPlan {
    CallerPlan {
        name: arguments.name.clone(),
        utterances,
        interrupt: arguments.interrupt.iter().map(|turn| Interruption { turn: *turn, after: None }).collect(),
        back_channels,
        interrupt_after: Duration::from_millis(arguments.interrupt_after),
        voice: arguments.voice.into(),
        preconnect: arguments.preconnect.clone(),
        push_to_talk: arguments.push_to_talk,
        taken_back: arguments.take_back.clone(),
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
        Some(
            CallerError::Asset(_)
            | CallerError::Speaker(_)
            | CallerError::Speech(_)
            | CallerError::Wav(_)
            | CallerError::Silent { .. },
        ) => 3,
        Some(CallerError::Join { .. } | CallerError::Room(_)) => 4,
        Some(CallerError::Button { .. }) => 7,
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
        let typed = if report.typed { " (typed)" } else { "" };
        print(&format!("turn {}{typed}: {gap}{heard}", turn + 1));
    }
    for interruption in &report.interruptions {
        let silence = interruption
            .silence_ms
            .map_or("was not speaking any more".to_owned(), |ms| format!("fell silent after {ms:.0} ms"));
        print(&format!("spoken over in turn {}: the agent {silence}", interruption.turn));
    }
    for back_channel in &report.back_channels {
        let pause = back_channel.pause_ms.map_or(String::new(), |pause| format!(", after a pause of {pause:.0} ms"));
        let fate = match back_channel.fate {
            Fate::Kept => "the answer went on",
            Fate::TakenForTurn => "it was taken for a turn",
            Fate::NotResumed => "the answer broke off",
            Fate::WordsMissing => "words of the answer are missing",
            Fate::AnswerOver => "the answer was just over",
            Fate::NotMade => "not made, the answer was too short",
        };
        print(&format!("{} in turn {}: {fate}{pause}", back_channel.said, back_channel.turn));
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
    let plan = plan(&arguments, utterances(&arguments, &matches), back_channels(&arguments, &matches));
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
        let line = "scripted-caller --room r --wav a.wav --say one --type hm --wav b.wav --say two";
        let matches = Arguments::command().get_matches_from(line.split(' '));
        let arguments = Arguments::from_arg_matches(&matches).unwrap();
        let expected = [
            Utterance::Wav("a.wav".into()),
            Utterance::Say("one".into()),
            Utterance::Typed("hm".into()),
            Utterance::Wav("b.wav".into()),
            Utterance::Say("two".into()),
        ];
        assert_eq!(utterances(&arguments, &matches), expected);
    }

    #[test]
    fn a_back_channel_belongs_to_the_utterance_before_it() {
        let line = "scripted-caller --room r --say one --backchannel right --after 900 --say two --backchannel cough";
        let matches = Arguments::command().get_matches_from(line.split(' '));
        let arguments = Arguments::from_arg_matches(&matches).unwrap();
        let after = |ms| Duration::from_millis(ms);
        let expected = [
            BackChannel { turn: 1, after: after(900), sound: Utterance::Say("right".into()) },
            BackChannel { turn: 2, after: after(1500), sound: Utterance::Cough { seed: 1 } },
        ];
        assert_eq!(back_channels(&arguments, &matches), expected);
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
