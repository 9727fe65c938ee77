//! What the agent made of being spoken over, and of sounds that were no turn. Pure, after the call.

use std::time::Duration;

use proto::room::AgentState;

use super::captions::{Segment, Side, chosen};
use super::conductor::TurnTimes;
use super::ears::{samples_of, time_of};
use super::notes::{Note, Observation};
use super::report::{Fate, InterruptionReport};
use super::schedule::BackChannelTimes;
use super::summary::ms;
use crate::measure::Span;

/// The agent has fallen silent when no sound of it comes for this long.
const SILENT: Duration = Duration::from_secs(1);
/// A pause belongs to a back-channel when it begins at most this long after that ended.
const EFFECT: Duration = Duration::from_millis(700);
/// An answer of which nothing is heard later than this after a back-channel ended with it.
const WENT_ON: Duration = Duration::from_millis(300);
/// A caption's words come with their sound, or at most this long after.
const CAPTION_DELAY: Duration = Duration::from_secs(1);

/// How long the agent went on sounding after the caller began to speak over its answer to `turn` (from 1).
pub(super) fn interruption(
    turn: usize,
    turns: &[TurnTimes],
    voices: &[Span],
    notes: &[Note],
    segments: &[Segment],
) -> InterruptionReport {
    let measured = turns.get(turn).and_then(|next| {
        let (from, until) = (next.said_from?, next.said_until?);
        let start = samples_of(from);
        let first = voices.iter().position(|span| (span.start as u64) < start && start < span.end as u64)?;
        let mut silent = voices[first].end as u64;
        let mut relapses = 0;
        for span in &voices[first + 1..] {
            let at = time_of(span.start as u64);
            let answers = at >= until && took_turn(notes, segments, from, at + CAPTION_DELAY);
            if answers || at >= time_of(silent) + SILENT {
                break;
            }
            silent = span.end as u64;
            relapses += 1;
        }
        Some((ms(time_of(silent - start)), relapses))
    });
    InterruptionReport {
        turn,
        silence_ms: measured.map(|(silence, _)| silence),
        relapses: measured.map_or(0, |(_, relapses)| relapses),
        mouth_shut_ms: None,
    }
}

/// Whether the agent took up a new turn in `from..until`: it thought, or began to say something new.
fn took_turn(notes: &[Note], segments: &[Segment], from: Duration, until: Duration) -> bool {
    let thought = notes
        .iter()
        .any(|note| note.what == Observation::State(AgentState::Thinking) && (from..until).contains(&note.at));
    thought || chosen(segments, Side::Agent, from, until).next().is_some()
}

/// Which times show the effect of back-channel `index`: from its start until the caller's next sound, or `end`.
pub(super) fn effect_window(
    index: usize,
    back_channels: &[BackChannelTimes],
    turns: &[TurnTimes],
    end: Duration,
) -> Option<(Duration, Duration)> {
    let from = back_channels.get(index)?.from?;
    let others = back_channels.iter().filter_map(|one| one.from).chain(turns.iter().filter_map(|turn| turn.said_from));
    Some((from, others.filter(|other| *other > from).fold(end, Duration::min)))
}

/// The longest silence, in samples of the call's clock, that began during a back-channel or shortly after, and ended in its
/// window. `voices` are told apart by the shortest pause that counts. `None` when the agent did not pause.
pub(super) fn pause(voices: &[Span], times: &BackChannelTimes, window_end: Duration) -> Option<Span> {
    let (from, until) = (samples_of(times.from?), samples_of(times.until? + EFFECT));
    let gaps = voices.windows(2).map(|pair| Span { start: pair[0].end, end: pair[1].start });
    let near =
        gaps.filter(|gap| (from..until).contains(&(gap.start as u64)) && (gap.end as u64) < samples_of(window_end));
    near.max_by_key(Span::len)
}

/// What became of an answer into which a back-channel fell, as far as sound, state and captions tell.
pub(super) fn fate(
    times: &BackChannelTimes,
    window: Option<(Duration, Duration)>,
    voices: &[Span],
    notes: &[Note],
    segments: &[Segment],
) -> Fate {
    let (Some((from, end)), Some(until)) = (window, times.until) else { return Fate::NotMade };
    if took_turn(notes, segments, from, end) {
        return Fate::TakenForTurn;
    }
    let sounds = voices.iter().filter(|span| (span.start as u64) < samples_of(end));
    let last = sounds.map(|span| time_of(span.end as u64)).max().unwrap_or_default();
    if last >= until + WENT_ON {
        return Fate::Kept;
    }
    let caption = answer_at(segments, from).map_or("", |segment| segment.text.trim_end());
    if caption.ends_with(['.', '!', '?', '"', '”']) { Fate::AnswerOver } else { Fate::NotResumed }
}

/// The caption of the answer that sounded at a time.
pub(super) fn answer_at(segments: &[Segment], at: Duration) -> Option<&Segment> {
    segments.iter().rev().find(|segment| segment.side == Side::Agent && segment.first <= at)
}

#[cfg(test)]
#[path = "overlap_tests.rs"]
mod tests;
