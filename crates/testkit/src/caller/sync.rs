//! Lip-sync of a call: what was heard and seen beside what the agent's worker recorded.

use std::path::Path;
use std::time::Duration;

use super::report::SyncReport;
use super::run::Record;
use super::{CallerError, summary};
use crate::measure::{Skew, StampedFrame, percentile, skews};
use crate::wav;

/// Judges every picture of the call; `agent` is its sound on the call's clock, `recordings` holds the worker's recording.
pub(super) fn judge(recordings: &Path, agent: &[i16], record: &Record) -> Result<SyncReport, CallerError> {
    let entries = std::fs::read_dir(recordings).into_iter().flatten().flatten();
    let recording = entries.map(|entry| entry.path().join("spoken.wav")).find(|path| path.is_file());
    let Some(recording) = recording else {
        return Err(CallerError::Plan(format!("{}: the worker recorded nothing here", recordings.display())));
    };
    let sent = wav::read_mono(&recording)?;
    let mut frames: Vec<StampedFrame> =
        record.received.seen.iter().flat_map(|seen| seen.stamped.iter().copied()).collect();
    frames.sort_by_key(|frame| frame.at);
    let found = skews(agent, &sent, &frames);
    Ok(report(&found, frames.len(), record.end))
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
        by_tenths_ms: (0..10).filter_map(tenth).collect(),
    }
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
}
