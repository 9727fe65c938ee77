//! Lip-sync of a call: what was heard and seen beside what the agent's worker recorded.

use std::path::Path;
use std::time::Duration;

use super::ears::time_of;
use super::evidence::Record;
use super::report::{SkewSecond, SyncReport};
use super::{CallerError, summary};
use crate::measure::{
    Opening, Skew, StampedFrame, closures, closures_seen, envelope, percentile, skews, sound_leads_lips_ms,
};
use crate::wav;

/// Judges every picture of the call; `agent` is its sound on the call's clock, `recordings` holds the worker's recording.
pub(super) fn judge(recordings: &Path, agent: &[i16], record: &Record) -> Result<SyncReport, CallerError> {
    let entries = std::fs::read_dir(recordings).into_iter().flatten().flatten();
    let recording = entries.map(|entry| entry.path().join("spoken.wav")).find(|path| path.is_file());
    let Some(recording) = recording else {
        return Err(CallerError::Plan(format!("{}: the worker recorded nothing here", recordings.display())));
    };
    let sent = wav::read_call(&recording)?;
    let mut frames: Vec<StampedFrame> =
        record.received.seen.iter().flat_map(|seen| seen.stamped.iter().copied()).collect();
    frames.sort_by_key(|frame| frame.at);
    let found = skews(agent, &sent, &frames);
    let openings = openings(record);
    let (heard, meant) = (envelope(agent), envelope(&sent));
    let greeted = record.conductor.turns.first().and_then(|turn| turn.said_from).unwrap_or(record.end);
    let in_greeting: Vec<_> = closures(&heard).into_iter().filter(|(_, until)| *until < greeted).collect();
    let (closures_seen, closures_heard) = closures_seen(&in_greeting, &openings);
    Ok(SyncReport {
        sound_leads_lips_ms: sound_leads_lips_ms(&openings, &heard).map(summary::hundredths),
        drawn_ahead_ms: sound_leads_lips_ms(&as_meant(&openings, &frames), &meant).map(summary::hundredths),
        closures_heard: closures_heard as u64,
        closures_seen: closures_seen as u64,
        ..report(&found, frames.len(), record.end)
    })
}

/// How far the mouth was open in each picture, in the order in which they came.
pub(super) fn openings(record: &Record) -> Vec<Opening> {
    let mut openings: Vec<Opening> =
        record.received.seen.iter().flat_map(|seen| seen.openings.iter().copied()).collect();
    openings.sort_by_key(|opening| opening.at);
    openings
}

/// The openings of pictures that say to which sample they belong, at the time of that sample.
fn as_meant(openings: &[Opening], frames: &[StampedFrame]) -> Vec<Opening> {
    let meant = |opening: &Opening| {
        let frame = frames.binary_search_by_key(&opening.at, |frame| frame.at).ok()?;
        Some(Opening { at: time_of(frames[frame].sample), share: opening.share })
    };
    openings.iter().filter_map(meant).collect()
}

fn report(found: &[Skew], stamped: usize, end: Duration) -> SyncReport {
    let all: Vec<f64> = found.iter().map(|skew| skew.ms).collect();
    let tenth = |n: u32| {
        let within = end * n / 10..end * (n + 1) / 10;
        let values: Vec<f64> = found.iter().filter(|skew| within.contains(&skew.at)).map(|skew| skew.ms).collect();
        percentile(&values, 0.5).map(summary::hundredths)
    };
    let share = |share: f64| percentile(&all, share).map(summary::hundredths);
    SyncReport {
        skew_p1_ms: share(0.01),
        skew_p50_ms: share(0.5),
        skew_p99_ms: share(0.99),
        judged: all.len() as u64,
        stamped: stamped as u64,
        sound_leads_lips_ms: None,
        drawn_ahead_ms: None,
        closures_heard: 0,
        closures_seen: 0,
        by_tenths_ms: (0..10).filter_map(tenth).collect(),
        by_seconds: by_seconds(found),
    }
}

/// The lowest and the highest of each second.
fn by_seconds(found: &[Skew]) -> Vec<SkewSecond> {
    let mut seconds: Vec<SkewSecond> = Vec::new();
    for Skew { at, ms } in found {
        let (second, ms) = (at.as_secs(), summary::hundredths(*ms));
        match seconds.last_mut().filter(|last| last.second == second) {
            Some(last) => {
                last.lowest_ms = last.lowest_ms.min(ms);
                last.highest_ms = last.highest_ms.max(ms);
            }
            None => seconds.push(SkewSecond { second, lowest_ms: ms, highest_ms: ms }),
        }
    }
    seconds
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_drift_shows_in_the_tenths() {
        let skew = |second: u64| Skew { at: Duration::from_secs(second), ms: second as f64 };
        let found: Vec<Skew> = (0..100).map(skew).collect();
        let report = report(&found, 120, Duration::from_secs(100));
        assert_eq!((report.judged, report.stamped), (100, 120));
        assert_eq!(report.by_tenths_ms.first(), Some(&4.0));
        assert_eq!(report.by_tenths_ms.last(), Some(&94.0));
        assert_eq!((report.skew_p1_ms, report.skew_p99_ms), (Some(0.0), Some(98.0)));
    }

    #[test]
    fn a_second_tells_its_extremes() {
        let skew = |at_ms: u64, ms: f64| Skew { at: Duration::from_millis(at_ms), ms };
        let seconds = by_seconds(&[skew(1_100, 3.0), skew(1_500, -7.0), skew(1_900, 1.0), skew(4_000, 2.0)]);
        let expected = [(1, -7.0, 3.0), (4, 2.0, 2.0)];
        assert_eq!(
            seconds,
            expected.map(|(second, lowest_ms, highest_ms)| SkewSecond { second, lowest_ms, highest_ms })
        );
    }
}
