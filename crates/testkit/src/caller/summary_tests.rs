//! Reports from made-up calls.

#![allow(clippy::unwrap_used, clippy::expect_used)]
use super::super::captions::segments;
use super::*;

fn at(value: u64) -> Duration {
    Duration::from_millis(value)
}

fn times(from: u64, until: u64) -> TurnTimes {
    TurnTimes { said_from: Some(at(from)), said_until: Some(at(until)), ..TurnTimes::default() }
}

fn state(time: u64, state: AgentState) -> Note {
    Note { at: at(time), what: Observation::State(state) }
}

fn delta(time: u64, segment: &str, delta: &str) -> Note {
    Note { at: at(time), what: Observation::AgentCaptionDelta { segment: segment.into(), delta: delta.into() } }
}

fn user(time: u64, segment: &str, text: &str, is_final: bool) -> Note {
    Note { at: at(time), what: Observation::UserCaption { segment: segment.into(), text: text.into(), is_final } }
}

fn span(from_ms: usize, until_ms: usize) -> Span {
    Span { start: from_ms * 48, end: until_ms * 48 }
}

#[test]
fn captions_and_stages_go_to_their_turns() {
    let notes = [
        delta(500, "g", "Hello, I am here."),
        state(3000, AgentState::Listening),
        user(4800, "u1", "what is", false),
        user(5600, "u1", "what is two plus two", true),
        state(5650, AgentState::Thinking),
        state(6100, AgentState::Speaking),
        delta(6150, "a1", "Four."),
        user(9500, "u2", "thank", false),
        user(10_400, "u2", "thank you", true),
        state(10_500, AgentState::Thinking),
        delta(11_000, "a2", "You are welcome."),
    ];
    let segments = segments(&notes);
    let turns = [times(4000, 5000), times(9000, 10_000)];
    assert_eq!(greeting(&segments, &turns), "Hello, I am here.");
    assert_eq!(heard(&segments, &turns, 0), "what is two plus two");
    assert_eq!(answered(&segments, &turns, 0), "Four.");
    assert_eq!(heard(&segments, &turns, 1), "thank you");
    assert_eq!(answered(&segments, &turns, 1), "You are welcome.");
    let first = stages(&notes, &segments, &turns, 0, Some(at(6120)));
    let expected = Stages {
        user_caption_ms: Some(600.0),
        thinking_ms: Some(650.0),
        first_caption_ms: Some(1150.0),
        speaking_ms: Some(1100.0),
        first_sound_ms: Some(1120.0),
    };
    assert_eq!(first, expected);
    assert_eq!(stages(&notes, &segments, &turns, 1, None).speaking_ms, None, "the first answer's state is not taken");
}

#[test]
fn an_early_answer_is_looked_for_from_the_start_of_the_turn() {
    let notes = [delta(4900, "a1", "Yes.")];
    let segments = segments(&notes);
    let on_time = times(4000, 5000);
    let early = TurnTimes { early: true, ..on_time.clone() };
    assert_eq!(answered(&segments, &[on_time], 0), "");
    assert_eq!(answered(&segments, &[early], 0), "Yes.");
}

#[test]
fn the_recording_corrects_a_late_notice() {
    let voices = [span(1000, 2000), span(5000, 6000)];
    assert_eq!(refined_start(&voices, at(5120)), at(5000));
    assert_eq!(refined_start(&voices, at(3000)), at(3000), "no such sound in the recording");
    assert_eq!(ms_between(at(5000), at(4900)), -100.0);
}

#[test]
fn a_turn_is_answered_early_when_the_agent_begins_inside_it() {
    let turn = times(4000, 6000);
    assert_eq!(began_early(&turn, &[span(1000, 3500), span(4900, 5300), span(6700, 9000)]), Some(true));
    assert_eq!(began_early(&turn, &[span(1000, 3500), span(6010, 9000)]), Some(false));
    let over = TurnTimes { interrupting: true, ..turn };
    assert_eq!(began_early(&over, &[span(4900, 5300)]), None, "it was said over an answer");
    assert_eq!(began_early(&TurnTimes::default(), &[]), None, "it was never said");
}

#[test]
fn the_face_is_judged_apart_while_speaking_and_resting() {
    let speaking = [(at(2000), at(5000))];
    let every = |from: u64, until: u64, step: u64| (from..until).step_by(step as usize).map(at);
    let arrivals: Vec<Duration> =
        every(0, 2000, 100).chain(every(2000, 5000, 40)).chain(every(5000, 8000, 100)).collect();
    let moving = |time: &Duration| if speaking[0].0 <= *time && *time < speaking[0].1 { 6.0 } else { 0.25 };
    let mouth = arrivals.iter().map(|time| (*time, moving(time))).collect();
    let mut seen = Seen::default();
    (seen.size, seen.arrivals, seen.mouth) = (Some((512, 512)), arrivals, mouth);
    let face = face(&[seen], &speaking, at(8000)).unwrap();
    assert_eq!((face.fps_p5, face.fps_idle_p5), (Some(25.0), Some(10.0)));
    assert_eq!((face.mouth_motion_speaking, face.mouth_motion_resting), (Some(6.0), Some(0.25)));
    assert_eq!((face.width, face.height, face.frames), (512, 512, 125));
    assert_eq!(super::face(&[], &speaking, at(8000)), None);
}
