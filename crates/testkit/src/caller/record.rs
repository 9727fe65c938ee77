//! The report of a call, from everything that is known of it. Blocking: it transcribes and writes files.

use std::time::Duration;

use super::captions::{Segment, segments};
use super::conductor::TurnTimes;
use super::ears::samples_of;
use super::listen::Listener;
use super::report::{CallReport, GreetingReport, Outcome, Stages, TurnReport};
use super::run::Record;
use super::{CallerError, files, summary};
use crate::measure::{Span, match_share, render};

/// What is kept around an answer for the transcriber: 0.2 s.
const AROUND: u64 = 9600;

/// Judges the recordings, writes the files that the plan asks for, and returns the report.
pub(super) fn report(record: Record) -> Result<CallReport, CallerError> {
    let length = samples_of(record.end) as usize;
    let caller = render([(samples_of(record.spoken.from), record.spoken.samples.as_slice())].into_iter(), length);
    let agent = render(record.received.heard.iter().flat_map(super::ears::Heard::placed), length);
    let voices = summary::voices(&agent);
    let speaking = summary::speaking(&voices);
    let mut judge = Judge {
        segments: segments(&record.notes),
        turns: record.conductor.turns.clone(),
        listener: if record.plan.heard_back { Some(Listener::load()?) } else { None },
        agent: &agent,
        voices: &voices,
        record: &record,
    };
    let turns = (0..judge.turns.len()).map(|turn| judge.turn(turn)).collect::<Result<Vec<_>, _>>()?;
    let greeting = judge.greeting()?;
    let greeting_at = record.conductor.greeting.0.map(|at| summary::refined_start(&voices, at));
    let report = CallReport {
        outcome: outcome(record.outcome, record.plan.utterances.is_empty(), greeting_at),
        room: record.room.clone(),
        caller_identity: record.identity.clone(),
        agent_identity: record.received.agent.clone(),
        join_ms: record.join_ms,
        greeting_ms: greeting_at.map(summary::ms),
        greeting,
        turns,
        interruptions: summary::interruptions(&record.conductor, &record.plan.interrupt, &voices),
        face: summary::face(&record.received.seen, &speaking, record.end),
        states: summary::states(&record.notes),
        microphone_late_ms: summary::ms(record.spoken.latest),
        lost_audio_frames: record.received.heard.iter().map(|heard| heard.dropped).sum(),
        lost_video_frames: record.received.seen.iter().map(|seen| seen.dropped).sum(),
        length_ms: summary::ms(record.end),
    };
    if let Some(folder) = &record.plan.out {
        let sheet = files::sheet(&record.received.seen, &record.notes, &speaking);
        files::write(folder, &report, &caller, &agent, sheet.as_ref())?;
    }
    Ok(report)
}

/// A call without turns is about the greeting.
fn outcome(outcome: Outcome, no_turns: bool, greeting: Option<Duration>) -> Outcome {
    if no_turns && greeting.is_none() && outcome == Outcome::Answered { Outcome::AgentSilent } else { outcome }
}

struct Judge<'a> {
    segments: Vec<Segment>,
    turns: Vec<TurnTimes>,
    listener: Option<Listener>,
    agent: &'a [i16],
    voices: &'a [Span],
    record: &'a Record,
}

impl Judge<'_> {
    fn greeting(&mut self) -> Result<Option<GreetingReport>, CallerError> {
        let Some(from) = self.record.conductor.greeting.0 else { return Ok(None) };
        let answered = summary::greeting(&self.segments, &self.turns);
        let until = self.turns.first().and_then(|times| times.said_until).unwrap_or(self.record.end);
        let heard_back = self.hear(from, until)?;
        let heard_back_match = share(&answered, heard_back.as_deref());
        Ok(Some(GreetingReport { answered, heard_back, heard_back_match }))
    }

    fn turn(&mut self, turn: usize) -> Result<TurnReport, CallerError> {
        let times = self.turns[turn].clone();
        let answered = summary::answered(&self.segments, &self.turns, turn);
        let first_sound = times.answered_from.map(|at| summary::refined_start(self.voices, at));
        let heard_back = match (first_sound, summary::answer_window(&self.turns, turn)) {
            (Some(from), Some((_, until))) => self.hear(from, until.min(self.record.end))?,
            (Some(_) | None, _) => None,
        };
        let heard_back_match = share(&answered, heard_back.as_deref());
        let stages = match first_sound {
            Some(_) => summary::stages(&self.record.notes, &self.segments, &self.turns, turn, first_sound),
            None => Stages::default(),
        };
        Ok(TurnReport {
            said: self.said(turn)?,
            heard: summary::heard(&self.segments, &self.turns, turn),
            answered,
            heard_back,
            heard_back_match,
            gap_ms: times.said_until.zip(first_sound).map(|(end, sound)| summary::ms_between(end, sound)),
            stages,
            said_from_ms: times.said_from.map(summary::ms),
            said_until_ms: times.said_until.map(summary::ms),
            answer_ms: first_sound.zip(times.answered_until).map(|(from, until)| summary::ms_between(from, until)),
        })
    }

    fn said(&mut self, turn: usize) -> Result<String, CallerError> {
        let utterance = &self.record.utterances[turn];
        match (&utterance.text, &mut self.listener) {
            (Some(text), _) => Ok(text.clone()),
            (None, Some(listener)) => listener.read(&utterance.samples),
            (None, None) => Ok(String::new()),
        }
    }

    fn hear(&mut self, from: Duration, until: Duration) -> Result<Option<String>, CallerError> {
        let Some(listener) = &mut self.listener else { return Ok(None) };
        let end = (samples_of(until) as usize).min(self.agent.len());
        let start = (samples_of(from).saturating_sub(AROUND) as usize).min(end);
        listener.read(&self.agent[start..end]).map(Some)
    }
}

fn share(caption: &str, heard_back: Option<&str>) -> Option<f64> {
    let share = match_share(caption, heard_back.filter(|_| !caption.is_empty())?);
    Some((share * 1000.0).round() / 1000.0)
}
