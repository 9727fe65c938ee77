//! A recorded call does the same again. Each `*.jsonl` in `tests/recordings` is such a call: a bug that was recorded becomes
//! a test by copying its file there.
#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::path::{Path, PathBuf};

use chat::Message;
use dialogue::{EndReason, Input, Moment, Output, RECORDING_VERSION, RecordedLine, ReplayError, Settings};

use crate::common::{Call, USER, replay};

/// Set to anything, this writes the sample anew: after a change of behaviour that is meant.
const WRITE_SAMPLE: &str = "VISAVIS_WRITE_RECORDINGS";

/// The lines of a recording come out as they are in its file: nothing of its form has changed.
fn same_lines(text: &str, lines: &[RecordedLine]) {
    for (line, recorded) in text.lines().zip(lines).skip(1) {
        assert_eq!(serde_json::to_string(recorded).unwrap(), line);
    }
}

fn recordings() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/recordings")
}

/// A little of everything: an answer, a pause within a turn, a back-channel, an interruption, a written message, a farewell.
fn sample() -> Call {
    let mut call = Call::answered_with(Settings::default());
    call.start_speaking().ms(700).stop_speaking("I would like to").ms(300);
    call.start_speaking().ms(900).stop_speaking("I would like to hear a story.").probability(900).ms(400);
    let speech = call.reply("Once upon a time there was a king.");
    call.input(Input::VoiceReady { speech }).play(speech, "Once upon a");
    call.start_speaking().ms(350).stop_speaking("Mhm.");
    call.ms(200).input(Input::Heard { speech, text: " time".into() });
    call.start_speaking().ms(900).partial("Wait, how old was").ms(300).stop_speaking("Wait, how old was he?").ms(800);
    let speech = call.reply("Ninety.");
    call.play(speech, "Ninety.").input(Input::VoiceFinished { speech });
    call.ms(2000).typed("Thanks.").ms(100);
    let speech = call.reply("You are welcome.");
    call.play(speech, "You are welcome.").input(Input::VoiceFinished { speech }).ms(16_000);
    call.input(Input::PersonLeft { identity: USER.into(), on_purpose: true }).ms(2000);
    assert_eq!(call.ended(), Some(EndReason::EverybodyLeft));
    call
}

#[test]
fn a_recorded_call_does_the_same_again() {
    let call = sample();
    let count =
        |input: bool| call.lines.iter().filter(|line| matches!(line, RecordedLine::Input { .. }) == input).count();
    let replayed = replay(call.lines.clone()).unwrap();
    // The first line is neither.
    assert_eq!((replayed.inputs, replayed.outputs), (count(true), count(false) - 1));
}

#[test]
fn inputs_and_ends_that_were_renamed_are_written_as_before() {
    for (input, written) in [
        (Input::ConnectionInterrupted, r#""room_interrupted""#),
        (Input::ConnectionRestored, r#""room_restored""#),
        (Input::ConnectionRejoined, r#""room_rejoined""#),
        (Input::HangUp(EndReason::ConnectionLost), r#"{"hang_up":"room_lost"}"#),
    ] {
        assert_eq!(serde_json::to_string(&input).unwrap(), written);
        assert_eq!(serde_json::from_str::<Input>(written).unwrap(), input);
    }
}

#[test]
fn what_was_said_earlier_is_read_as_it_was_written() {
    let text = r#"{"earlier":[{"role":"user","content":"I am Ada."},{"role":"assistant","content":"Hello Ada."}]}"#;
    let settings: Settings = serde_json::from_str(text).unwrap();
    assert_eq!(settings.earlier, [Message::user("I am Ada."), Message::assistant("Hello Ada.")]);
    let written = serde_json::to_string(&settings).unwrap();
    assert!(written.contains(&text[1..text.len() - 1]), "{written}");
}

#[test]
fn another_output_fails_with_its_line() {
    let mut lines = sample().lines;
    let index =
        lines.iter().position(|line| matches!(line, RecordedLine::Output { output: Output::Generate { .. } })).unwrap();
    lines[index] = RecordedLine::Output { output: Output::Unlink };
    match replay(lines) {
        Err(ReplayError::Different { line, recorded: Some(recorded), now: Some(now) }) => {
            assert_eq!((line, *recorded), (index + 1, Output::Unlink));
            assert!(matches!(*now, Output::Generate { .. }));
        }
        other => panic!("{other:?}"),
    }
}

#[test]
fn an_output_too_few_or_too_many_fails() {
    let lines = sample().lines;
    let length = lines.len();
    let shorter = lines[..length - 1].to_vec();
    let ended = Some(Box::new(Output::End(EndReason::EverybodyLeft)));
    assert_eq!(replay(shorter), Err(ReplayError::Different { line: length, recorded: None, now: ended }));
    let mut longer = lines;
    longer.push(RecordedLine::Output { output: Output::Unlink });
    let unlink = Some(Box::new(Output::Unlink));
    assert_eq!(replay(longer), Err(ReplayError::Different { line: length + 1, recorded: unlink, now: None }));
}

#[test]
fn another_form_two_beginnings_and_time_that_runs_backwards_are_refused() {
    let begun = |version| RecordedLine::Begun { version, settings: Box::new(Settings::default()) };
    let output = RecordedLine::Output { output: Output::State(dialogue::AgentState::Initializing) };
    let input = |seconds| RecordedLine::Input {
        at: Moment::after_start(std::time::Duration::from_secs(seconds)),
        input: Input::Wake,
    };
    assert_eq!(replay([begun(RECORDING_VERSION + 1)]), Err(ReplayError::NotARecording));
    assert_eq!(replay([output.clone()]), Err(ReplayError::NotARecording));
    let begun = || begun(RECORDING_VERSION);
    assert_eq!(replay([begun(), output.clone(), begun()]), Err(ReplayError::BegunTwice { line: 3 }));
    assert_eq!(replay([begun(), output, input(2), input(1)]), Err(ReplayError::Backwards { line: 4 }));
}

#[test]
fn every_recording_does_the_same_again() {
    if std::env::var_os(WRITE_SAMPLE).is_some() {
        let lines: Vec<String> = sample().lines.iter().map(|line| serde_json::to_string(line).unwrap()).collect();
        std::fs::write(recordings().join("a_first_call.jsonl"), lines.join("\n") + "\n").unwrap();
    }
    let mut replayed = 0;
    for entry in std::fs::read_dir(recordings()).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_none_or(|extension| extension != "jsonl") {
            continue;
        }
        let text = std::fs::read_to_string(&path).unwrap();
        let lines: Vec<RecordedLine> = text
            .lines()
            .enumerate()
            .map(|(index, line)| {
                serde_json::from_str(line).unwrap_or_else(|error| panic!("{}:{}: {error}", path.display(), index + 1))
            })
            .collect();
        // The first line holds the settings, which gain a field now and then.
        same_lines(&text, &lines);
        let done = replay(lines).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        assert!(done.inputs > 0 && done.outputs > 0, "{} is empty", path.display());
        replayed += 1;
    }
    assert!(replayed > 0, "no recordings in {}", recordings().display());
}
