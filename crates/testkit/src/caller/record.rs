//! The report of a call, from everything that is known of it. Blocking: it transcribes and writes files.

use std::time::Duration;

use super::captions::{Segment, segments};
use super::conductor::TurnTimes;
use super::ears::{samples_of, time_of};
use super::evidence::Record;
use super::listen::Listener;
use super::report::{
    BackChannelReport, CallReport, Fate, GreetingReport, InterruptionReport, Outcome, Stages, TurnReport,
};
use super::utterance::pauses;
use super::{CallerError, Utterance, files, overlap, summary, sync};
use crate::measure::{Opening, Span, match_share, render, shut_after_ms, skipped_words};

/// What is kept around an answer for the transcriber: 0.2 s.
const AROUND: u64 = 9600;
/// How much sound on each side of a back-channel's pause is compared with the caption.
const PASSAGE: Duration = Duration::from_secs(4);
/// A sound this soon after the caller's last one was on its way before that could be known: transport both ways alone takes
/// 60 to 90 ms, and no end is known without some silence.
const SOONEST_MS: f64 = 150.0;
/// A pause that was cut out for the transcriber leaves 60 ms of silence.
const SEAM: usize = 2880;
/// One word may be missing in a passage that was kept: a transcriber swallows an article now and then.
const MISSING_WORDS: usize = 1;

/// Judges the recordings, writes the files that the plan asks for, and returns the report.
pub(super) fn report(record: Record) -> Result<CallReport, CallerError> {
    let length = samples_of(record.end) as usize;
    let caller = render([(samples_of(record.spoken.from), record.spoken.samples.as_slice())].into_iter(), length);
    let agent = render(record.received.heard.iter().flat_map(super::ears::Heard::placed), length);
    let voices = summary::voices(&agent);
    let close_voices = summary::close_voices(&agent);
    let speaking = summary::speaking(&voices);
    let mut judge = Judge {
        segments: segments(&record.notes),
        turns: record.conductor.turns.clone(),
        listener: if record.plan.heard_back { Some(Listener::load()?) } else { None },
        agent: &agent,
        voices: &voices,
        close_voices: &close_voices,
        openings: sync::openings(&record),
        record: &record,
    };
    let turns = (0..judge.turns.len()).map(|turn| judge.turn(turn)).collect::<Result<Vec<_>, _>>()?;
    let back_channels = 0..record.plan.back_channels.len();
    let back_channels = back_channels.map(|index| judge.back_channel(index)).collect::<Result<Vec<_>, _>>()?;
    let greeting = judge.greeting()?;
    let greeting_at = record.conductor.greeting.0.map(|at| summary::refined_start(&voices, at));
    let mut face = summary::face(&record.received.seen, &speaking, record.end);
    if let Some(face) = &mut face {
        face.first_frame_ms = summary::first_frame(&record.received.seen, &record.notes);
        face.sync = record.plan.recordings.as_deref().map(|folder| sync::judge(folder, &agent, &record)).transpose()?;
    }
    let report = CallReport {
        outcome: outcome(record.outcome, record.plan.utterances.is_empty(), greeting_at),
        room: record.room.clone(),
        caller_identity: record.identity.clone(),
        agent_identity: record.received.agent.clone(),
        preconnect_heard: record.plan.preconnect.as_ref().map(|_| summary::heard_before(&judge.segments, &judge.turns)),
        join_ms: record.join_ms,
        greeting_ms: greeting_at.map(summary::ms),
        greeting,
        turns,
        interruptions: record.plan.interrupt.iter().map(|one| judge.interruption(one.turn)).collect(),
        back_channels,
        face,
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
    /// Told apart by shorter silences.
    close_voices: &'a [Span],
    /// How far the mouth was open in each picture, in the order in which they came.
    openings: Vec<Opening>,
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
        let gap_ms = times.said_until.zip(first_sound).map(|(end, sound)| summary::ms_between(end, sound));
        let early = summary::began_early(&times, self.voices);
        Ok(TurnReport {
            said: self.said(turn)?,
            typed: matches!(self.record.plan.utterances.get(turn), Some(Utterance::Typed(_))),
            heard: summary::heard(&self.segments, &self.turns, turn),
            answered,
            heard_back,
            heard_back_match,
            gap_ms,
            early: if gap_ms.is_some_and(|gap| gap < SOONEST_MS) { Some(true) } else { early },
            pauses_ms: self.pauses(turn),
            stages,
            said_from_ms: times.said_from.map(summary::ms),
            said_until_ms: times.said_until.map(summary::ms),
            answer_ms: first_sound.zip(times.answered_until).map(|(from, until)| summary::ms_between(from, until)),
        })
    }

    fn pauses(&self, turn: usize) -> Vec<u64> {
        let pauses = self.record.plan.utterances.get(turn).map(pauses).unwrap_or_default();
        pauses.iter().map(|pause| u64::try_from(pause.as_millis()).unwrap_or(u64::MAX)).collect()
    }

    fn interruption(&self, turn: usize) -> InterruptionReport {
        let mut found = overlap::interruption(turn, &self.turns, self.voices, &self.record.notes, &self.segments);
        let silent = self.turns.get(turn).and_then(|next| next.said_from).zip(found.silence_ms);
        found.mouth_shut_ms = silent.and_then(|(said, silence)| {
            let last_sound = said + Duration::from_secs_f64(silence / 1e3);
            shut_after_ms(&self.openings, last_sound)
        });
        found
    }

    fn back_channel(&mut self, index: usize) -> Result<BackChannelReport, CallerError> {
        let record = self.record;
        let (planned, all) = (&record.plan.back_channels[index], &record.conductor.schedule.times);
        let times = &all[index];
        let window = overlap::effect_window(index, all, &self.turns, record.end);
        let mut fate = overlap::fate(times, window, self.close_voices, &record.notes, &self.segments);
        let pause = window.and_then(|(_, end)| overlap::pause(self.close_voices, times, end));
        let (mut heard_back, mut words_missing) = (None, None);
        if let (Fate::Kept, Some((from, _))) = (fate, window) {
            heard_back = self.around(from, pause)?;
            let caption = overlap::answer_at(&self.segments, from).map_or("", |segment| segment.text.as_str());
            words_missing = heard_back.as_deref().and_then(|heard| skipped_words(caption, heard));
            if words_missing.is_some_and(|missing| missing > MISSING_WORDS) {
                fate = Fate::WordsMissing;
            }
        }
        let pause_ms = pause.map_or(0.0, |pause| summary::ms(time_of(pause.len() as u64)));
        Ok(BackChannelReport {
            turn: planned.turn,
            said: record.repertoire.back_channels[index].text.clone().unwrap_or_default(),
            from_ms: times.from.map(summary::ms),
            until_ms: times.until.map(summary::ms),
            fate,
            pause_ms: matches!(fate, Fate::Kept | Fate::WordsMissing).then_some(pause_ms),
            heard_back,
            words_missing,
        })
    }

    /// Our reading of the agent's sound around a back-channel, the pause cut out.
    fn around(&mut self, from: Duration, pause: Option<Span>) -> Result<Option<String>, CallerError> {
        let Some(listener) = &mut self.listener else { return Ok(None) };
        let middle = samples_of(from) as usize;
        let pause = pause.unwrap_or(Span { start: middle, end: middle });
        let reach = samples_of(PASSAGE) as usize;
        let before = &self.agent[pause.start.saturating_sub(reach)..pause.start.min(self.agent.len())];
        let after = &self.agent[pause.end.min(self.agent.len())..(pause.end + reach).min(self.agent.len())];
        let seam = vec![0; pause.len().min(SEAM)];
        listener.read(&[before, &seam, after].concat()).map(Some)
    }

    fn said(&mut self, turn: usize) -> Result<String, CallerError> {
        let utterance = &self.record.repertoire.turns[turn];
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
