//! From notes and recordings to a report: pure, after the call.

use std::time::Duration;

use proto::room::AgentState;

use super::captions::{Segment, Side, chosen, text_between};
use super::conductor::TurnTimes;
use super::ears::{HANGOVER, samples_of, time_of};
use super::eyes::Seen;
use super::notes::{Note, Observation};
use super::pacer::FRAME;
use super::report::{FaceReport, Stages, StateReport};
use crate::measure::{Span, frames_per_second_p5, gated_spans, join_spans, mouth_motion, outside};
use crate::wav::ROOM_SAMPLE_RATE;

/// The live gate and the one over the placed recording hear the same sound within this time.
const SAME_SOUND: Duration = Duration::from_millis(300);
/// Pauses up to this length are inside a stretch of speaking (0.5 s).
const PAUSE: usize = 24_000;

/// The stretches of voice in the agent's track, which starts with the call's clock.
pub(super) fn voices(track: &[i16]) -> Vec<Span> {
    gated_spans(track, FRAME, HANGOVER)
}

/// The same, told apart by silences of 120 ms already: longer than any that belongs to a word.
pub(super) fn close_voices(track: &[i16]) -> Vec<Span> {
    gated_spans(track, FRAME, u64::from(ROOM_SAMPLE_RATE) * 12 / 100)
}

/// The time of a sound, noticed live at `noticed`, by the recording: free of the reader's delay.
pub(super) fn refined_start(voices: &[Span], noticed: Duration) -> Duration {
    let distance = |span: &&Span| time_of(span.start as u64).abs_diff(noticed);
    let nearest = voices.iter().min_by_key(distance).filter(|span| distance(span) <= SAME_SOUND);
    nearest.map_or(noticed, |span| time_of(span.start as u64))
}

/// A time in milliseconds, to the tenth.
pub(super) fn ms(time: Duration) -> f64 {
    (time.as_secs_f64() * 10_000.0).round() / 10.0
}

/// From `from` to `to` in milliseconds, to the tenth; negative when `to` is earlier.
pub(super) fn ms_between(from: Duration, to: Duration) -> f64 {
    if to >= from { ms(to - from) } else { -ms(from - to) }
}

/// Which times belong to a turn's answer: from the end of what was said (its start, when the answer came early) until
/// the same moment of the next turn.
pub(super) fn answer_window(turns: &[TurnTimes], turn: usize) -> Option<(Duration, Duration)> {
    let from = answers_from(turns.get(turn)?)?;
    let until = turns[turn + 1..].iter().find_map(answers_from).unwrap_or(Duration::MAX);
    Some((from, until))
}

fn answers_from(times: &TurnTimes) -> Option<Duration> {
    if times.early { times.said_from } else { times.said_until }
}

/// Which times belong to what was said in a turn: from its start to the next one's.
pub(super) fn said_window(turns: &[TurnTimes], turn: usize) -> Option<(Duration, Duration)> {
    let from = turns.get(turn)?.said_from?;
    Some((from, turns[turn + 1..].iter().find_map(|times| times.said_from).unwrap_or(Duration::MAX)))
}

/// The caption of what was said in a turn.
pub(super) fn heard(segments: &[Segment], turns: &[TurnTimes], turn: usize) -> String {
    said_window(turns, turn).map_or_else(String::new, |(from, until)| text_between(segments, Side::Caller, from, until))
}

/// The caption of what was said before the first turn: of the pre-connect audio.
pub(super) fn heard_before(segments: &[Segment], turns: &[TurnTimes]) -> String {
    let until = turns.iter().find_map(|times| times.said_from).unwrap_or(Duration::MAX);
    text_between(segments, Side::Caller, Duration::ZERO, until)
}

/// The caption of its answer.
pub(super) fn answered(segments: &[Segment], turns: &[TurnTimes], turn: usize) -> String {
    answer_window(turns, turn)
        .map_or_else(String::new, |(from, until)| text_between(segments, Side::Agent, from, until))
}

/// The caption of the greeting: all that the agent said before the first turn.
pub(super) fn greeting(segments: &[Segment], turns: &[TurnTimes]) -> String {
    let until = turns.iter().find_map(answers_from).unwrap_or(Duration::MAX);
    text_between(segments, Side::Agent, Duration::ZERO, until)
}

/// When the signs of an answer came; `first_sound` is the answer's first sound.
pub(super) fn stages(
    notes: &[Note],
    segments: &[Segment],
    turns: &[TurnTimes],
    turn: usize,
    first_sound: Option<Duration>,
) -> Stages {
    let (Some(end), Some(answer), Some(said)) =
        (turns.get(turn).and_then(|times| times.said_until), answer_window(turns, turn), said_window(turns, turn))
    else {
        return Stages::default();
    };
    let relative = |at: Duration| ms_between(end, at);
    let became = |wanted: AgentState| {
        let changes = notes.iter().filter(|note| note.what == Observation::State(wanted));
        changes.map(|note| note.at).find(|at| (answer.0..answer.1).contains(at))
    };
    let user_caption = chosen(segments, Side::Caller, said.0, said.1).filter_map(|segment| segment.finished).max();
    let first_caption = chosen(segments, Side::Agent, answer.0, answer.1).map(|segment| segment.first).min();
    Stages {
        user_caption_ms: user_caption.map(relative),
        thinking_ms: became(AgentState::Thinking).map(relative),
        first_caption_ms: first_caption.map(relative),
        speaking_ms: became(AgentState::Speaking).map(relative),
        first_sound_ms: first_sound.map(relative),
    }
}

/// Whether the agent began to sound while the caller was not done with a turn; `None` for a turn said over an answer.
pub(super) fn began_early(times: &TurnTimes, voices: &[Span]) -> Option<bool> {
    let (from, until) = (samples_of(times.said_from?), samples_of(times.said_until?));
    (!times.interrupting).then(|| voices.iter().any(|span| (from..until).contains(&(span.start as u64))))
}

/// Stretches in which the agent speaks, short pauses included.
pub(super) fn speaking(voices: &[Span]) -> Vec<(Duration, Duration)> {
    let joined = join_spans(voices, PAUSE);
    joined.iter().map(|span| (time_of(span.start as u64), time_of(span.end as u64))).collect()
}

/// The face over the whole call.
pub(super) fn face(seen: &[Seen], speaking: &[(Duration, Duration)], end: Duration) -> Option<FaceReport> {
    let (width, height) = seen.iter().rev().find_map(|seen| seen.size)?;
    let mut arrivals: Vec<Duration> = seen.iter().flat_map(|seen| seen.arrivals.iter().copied()).collect();
    arrivals.sort();
    let mouth: Vec<(Duration, f64)> = seen.iter().flat_map(|seen| seen.mouth.iter().copied()).collect();
    let begin = *arrivals.first()?;
    let visible: Vec<(Duration, Duration)> =
        speaking.iter().map(|(from, until)| ((*from).max(begin), (*until).min(end))).collect();
    let resting = outside(begin, end, speaking);
    Some(FaceReport {
        width,
        height,
        fps_p5: frames_per_second_p5(&arrivals, &visible),
        fps_idle_p5: frames_per_second_p5(&arrivals, &resting),
        frames: arrivals.len() as u64,
        mouth_motion_speaking: mouth_motion(&mouth, &visible).map(hundredths),
        mouth_motion_resting: mouth_motion(&mouth, &resting).map(hundredths),
        first_frame_ms: None,
        longest_freeze_ms: arrivals.windows(2).map(|pair| pair[1] - pair[0]).max().map(ms),
        sync: None,
    })
}

/// From the agent's joining to its first picture.
pub(super) fn first_frame(seen: &[Seen], notes: &[Note]) -> Option<f64> {
    let joined = notes.iter().find(|note| matches!(note.what, Observation::AgentJoined { .. }))?.at;
    let first = seen.iter().flat_map(|seen| seen.arrivals.first()).min()?;
    Some(ms(first.saturating_sub(joined)))
}

/// What the agent said it was doing.
pub(super) fn states(notes: &[Note]) -> Vec<StateReport> {
    let mut states = Vec::new();
    for note in notes {
        if let Observation::State(state) = note.what {
            states.push(StateReport { at_ms: ms(note.at), state });
        }
    }
    states
}

pub(super) fn hundredths(value: f64) -> f64 {
    (value * 100.0).round() / 100.0
}

#[cfg(test)]
#[path = "summary_tests.rs"]
mod tests;
