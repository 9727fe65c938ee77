//! Made-up calls in which both sound at once.

#![allow(clippy::unwrap_used, clippy::expect_used)]
use super::super::captions::segments;
use super::*;

fn at(value: u64) -> Duration {
    Duration::from_millis(value)
}

fn span(from_ms: usize, until_ms: usize) -> Span {
    Span { start: from_ms * 48, end: until_ms * 48 }
}

fn thinks(time: u64) -> Note {
    Note { at: at(time), what: Observation::State(AgentState::Thinking) }
}

fn delta(time: u64, segment: &str, delta: &str) -> Note {
    Note { at: at(time), what: Observation::AgentCaptionDelta { segment: segment.into(), delta: delta.into() } }
}

fn turn(from: u64, until: u64) -> TurnTimes {
    TurnTimes { said_from: Some(at(from)), said_until: Some(at(until)), ..TurnTimes::default() }
}

fn back_channel(from: u64, until: u64) -> BackChannelTimes {
    let mut schedule = super::super::schedule::Schedule::new(vec![(0, Duration::ZERO)]);
    schedule.begins(0, at(from));
    schedule.ends(0, at(until));
    schedule.times.remove(0)
}

fn silence(voices: &[Span], notes: &[Note]) -> (Option<f64>, usize) {
    let report = interruption(1, &[turn(0, 1000), turn(5000, 6000)], voices, notes, &segments(notes));
    (report.silence_ms, report.relapses)
}

#[test]
fn an_interruption_lasts_until_a_second_without_sound() {
    assert_eq!(silence(&[span(2000, 5250), span(6500, 7000)], &[]), (Some(250.0), 0));
    assert_eq!(silence(&[span(2000, 5200), span(5700, 5900)], &[]), (Some(900.0), 1), "it paused and came back");
    assert_eq!(silence(&[span(2000, 4000), span(6500, 7000)], &[]), (None, 0), "it was silent already");
}

#[test]
fn an_answer_to_the_interruption_ends_the_silence_and_a_resumed_one_breaks_it() {
    let voices = [span(2000, 5300), span(6200, 8000)];
    assert_eq!(silence(&voices, &[thinks(6050)]).0, Some(300.0));
    assert_eq!(silence(&voices, &[delta(6250, "new", "Yes?")]).0, Some(300.0), "its caption is a new one");
    assert_eq!(silence(&voices, &[delta(2100, "old", "Once")]), (Some(3000.0), 1), "the old answer went on");
}

#[test]
fn a_pause_is_the_silence_that_a_back_channel_caused() {
    let times = back_channel(3000, 3300);
    let longest = |voices: &[Span]| pause(voices, &times, at(8000)).map(|gap| gap.len() / 48);
    assert_eq!(longest(&[span(1000, 3200), span(3650, 6000), span(6500, 7000)]), Some(450));
    assert_eq!(longest(&[span(1000, 7000)]), None);
    assert_eq!(longest(&[span(1000, 2800), span(3100, 7000)]), None, "it was silent before");
    assert_eq!(longest(&[span(1000, 3200), span(9000, 9500)]), None, "what never came back is no pause");
}

#[test]
fn an_answer_is_kept_when_it_goes_on() {
    let times = back_channel(3000, 3300);
    let said =
        |notes: &[Note], voices: &[Span]| fate(&times, Some((at(3000), at(8000))), voices, notes, &segments(notes));
    let story = [delta(1100, "a", "Once upon a time there was a king.")];
    assert_eq!(said(&story, &[span(1000, 3200), span(3600, 6000)]), Fate::Kept);
    let cut = [delta(1100, "a", "Once upon a")];
    assert_eq!(said(&cut, &[span(1000, 3200)]), Fate::NotResumed);
    assert_eq!(said(&story, &[span(1000, 3200)]), Fate::AnswerOver);
    let taken = [delta(1100, "a", "Once upon a"), thinks(3900)];
    assert_eq!(said(&taken, &[span(1000, 3200), span(4500, 6000)]), Fate::TakenForTurn);
    assert_eq!(fate(&BackChannelTimes::default(), None, &[], &[], &[]), Fate::NotMade);
}

#[test]
fn the_next_sound_of_the_caller_ends_what_a_back_channel_can_be_blamed_for() {
    let both = [back_channel(3000, 3300), back_channel(5000, 5300)];
    let turns = [turn(0, 500), turn(9000, 9500)];
    assert_eq!(effect_window(0, &both, &turns, at(20_000)), Some((at(3000), at(5000))));
    assert_eq!(effect_window(1, &both, &turns, at(20_000)), Some((at(5000), at(9000))));
    assert_eq!(effect_window(1, &both, &turns[..1], at(20_000)), Some((at(5000), at(20_000))));
}
