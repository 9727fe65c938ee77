//! Whether somebody is heard right now: a streaming energy gate over 10 ms frames.

use super::speech::{Span, rms};

/// Nothing below this opens the gate: about -50 dB of full scale.
const FLOOR_RMS: f64 = 100.0;
/// A voice is at least this many times louder than the background.
const ABOVE_BACKGROUND: f64 = 4.0;
/// How fast the background estimate may rise, per frame; it falls at once. A voice of seconds hardly moves it.
const RISE_PER_FRAME: f64 = 1.002;
/// The gate opens at the first of this many loud frames…
const LOUD_TO_OPEN: usize = 3;
/// …among this many.
const OPEN_WINDOW: usize = 5;

/// What the gate noticed. Positions are samples since the first frame.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum GateChange {
    /// A voice began at this sample.
    Opened {
        /// The first voiced sample.
        at: u64,
    },
    /// The voice ended; the gate waited its hangover to be sure.
    Closed {
        /// One past the last voiced frame.
        at: u64,
    },
}

/// A streaming energy gate. Its threshold follows the background; it says when a voice began and ended, both
/// looking back, so that the positions are those of the sound and not of the decision.
#[derive(Debug, Clone)]
pub struct EnergyGate {
    hangover: u64,
    position: u64,
    background: f64,
    recent: Vec<Option<u64>>,
    last_loud_end: u64,
    open: bool,
}

impl EnergyGate {
    /// A closed gate that waits `hangover` samples of silence before it calls a voice ended.
    #[must_use]
    pub fn new(hangover: u64) -> Self {
        Self { hangover, position: 0, background: 1.0, recent: Vec::new(), last_loud_end: 0, open: false }
    }

    /// Whether a voice is heard now.
    #[must_use]
    pub fn is_open(&self) -> bool {
        self.open
    }

    /// Takes the next frame (10 ms of mono samples); `None` when nothing changed.
    pub fn push(&mut self, frame: &[i16]) -> Option<GateChange> {
        let level = rms(frame);
        let threshold = FLOOR_RMS.max(self.background * ABOVE_BACKGROUND);
        let start = self.position;
        self.position += frame.len() as u64;
        self.background = level.clamp(1.0, (self.background * RISE_PER_FRAME).max(1.0));
        let loud_at = (level >= threshold).then(|| start + first_above(frame, threshold / 2.0) as u64);
        if loud_at.is_some() {
            self.last_loud_end = self.position;
        }
        if self.recent.len() == OPEN_WINDOW {
            self.recent.remove(0);
        }
        self.recent.push(loud_at);
        if self.open {
            if self.position - self.last_loud_end >= self.hangover {
                self.open = false;
                self.recent.clear();
                return Some(GateChange::Closed { at: self.last_loud_end });
            }
            return None;
        }
        let mut loud = self.recent.iter().flatten();
        let first = *loud.next()?;
        if loud.count() + 1 < LOUD_TO_OPEN {
            return None;
        }
        self.open = true;
        Some(GateChange::Opened { at: first })
    }
}

/// All voices in a whole recording, as the gate hears them (mono, frames of `frame` samples).
#[must_use]
pub fn gated_spans(samples: &[i16], frame: usize, hangover: u64) -> Vec<Span> {
    let mut gate = EnergyGate::new(hangover);
    let mut spans: Vec<Span> = Vec::new();
    for change in samples.chunks(frame.max(1)).filter_map(|frame| gate.push(frame)) {
        match change {
            GateChange::Opened { at } => spans.push(Span { start: at as usize, end: samples.len() }),
            GateChange::Closed { at } => {
                if let Some(last) = spans.last_mut() {
                    last.end = at as usize;
                }
            }
        }
    }
    spans
}

fn first_above(frame: &[i16], amplitude: f64) -> usize {
    frame.iter().position(|sample| f64::from(*sample).abs() >= amplitude).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    const FRAME: usize = 480;
    const HANGOVER: u64 = 14_400;

    fn run(samples: &[i16]) -> Vec<GateChange> {
        let mut gate = EnergyGate::new(HANGOVER);
        samples.chunks(FRAME).filter_map(|frame| gate.push(frame)).collect()
    }

    fn tone(amplitude: f64, frames: usize) -> Vec<i16> {
        (0..frames * FRAME).map(|n| (amplitude * (n as f64 * 0.07).sin()) as i16).collect()
    }

    #[test]
    fn opens_and_closes_where_the_sound_is() {
        let samples = [vec![0; 100 * FRAME], tone(3000.0, 50), vec![0; 100 * FRAME]].concat();
        let changes = run(&samples);
        assert_eq!(changes.len(), 2, "{changes:?}");
        assert!(matches!(changes[0], GateChange::Opened { at } if at.abs_diff(48_000) < 60), "{changes:?}");
        assert_eq!(changes[1], GateChange::Closed { at: 150 * FRAME as u64 });
    }

    #[test]
    fn a_click_does_not_open_it() {
        let samples = [vec![0; 50 * FRAME], tone(9000.0, 2), vec![0; 50 * FRAME]].concat();
        assert_eq!(run(&samples), []);
    }

    #[test]
    fn a_short_pause_does_not_close_it() {
        let samples =
            [vec![0; 50 * FRAME], tone(3000.0, 30), vec![0; 20 * FRAME], tone(3000.0, 30), vec![0; 60 * FRAME]]
                .concat();
        assert_eq!(run(&samples).len(), 2);
    }

    #[test]
    fn follows_a_loud_background() {
        let samples = [tone(200.0, 3000), tone(6000.0, 50), tone(200.0, 100)].concat();
        let changes = run(&samples);
        assert!(
            changes.iter().any(|change| matches!(change, GateChange::Opened { at } if at.abs_diff(3000 * 480) < 480)),
            "{changes:?}"
        );
    }

    #[test]
    fn a_long_voice_keeps_it_open() {
        let changes = run(&[vec![0; 10 * FRAME], tone(3000.0, 500)].concat());
        assert_eq!(changes.len(), 1, "{changes:?}");
    }
}
