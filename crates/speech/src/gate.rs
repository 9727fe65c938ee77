//! Turns voice probabilities into "speech started" and "speech stopped", with hysteresis in level and in time.
//!
//! Pure: the clock is the number of frames pushed. Positions say when speech really began or ended, which is earlier
//! than the moment it was decided.

use std::time::Duration;

use crate::{LISTEN_SAMPLE_RATE, VAD_FRAME};

/// When a sound counts as speech.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct SpeechGateSettings {
    /// Speech begins with a frame at or above this probability.
    pub start_threshold: f32,
    /// Speech goes on while frames are at or above this probability; it is not above `start_threshold`.
    pub stop_threshold: f32,
    /// Speech shorter than this is a click, and never reported. Rounded up to whole frames of 32 ms.
    pub min_speech: Duration,
    /// Silence shorter than this belongs to the speech around it. Rounded up to whole frames of 32 ms.
    pub min_silence: Duration,
}

impl Default for SpeechGateSettings {
    fn default() -> Self {
        Self {
            start_threshold: 0.5,
            stop_threshold: 0.35,
            min_speech: Duration::from_millis(64),
            min_silence: Duration::from_millis(96),
        }
    }
}

/// What the gate decided. Positions count samples of 16 kHz since the gate was made or last reset.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum GateEvent {
    /// Somebody speaks.
    Started {
        /// The first sample of the first frame that held speech.
        at_sample: u64,
    },
    /// They fell silent.
    Stopped {
        /// One past the last sample of the last frame that held speech.
        at_sample: u64,
    },
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    Silent,
    /// A sound that may become speech, since this frame.
    Rising {
        since: u64,
    },
    Speaking,
    /// Speech that may have ended, before this frame.
    Falling {
        since: u64,
    },
}

/// The gate. One per listener: it counts the frames that it is given.
#[derive(Debug, Clone)]
pub struct SpeechGate {
    settings: SpeechGateSettings,
    state: State,
    frames: u64,
}

impl SpeechGate {
    /// A gate that has heard nothing.
    #[must_use]
    pub fn new(settings: SpeechGateSettings) -> Self {
        Self { settings, state: State::Silent, frames: 0 }
    }

    /// Takes the probability of the next frame of [`VAD_FRAME`] samples. A probability that is no number is silence.
    pub fn push(&mut self, probability: f32) -> Option<GateEvent> {
        let frame = self.frames;
        self.frames += 1;
        let continues = probability >= self.settings.stop_threshold;
        let begins = continues && probability >= self.settings.start_threshold;
        match self.state {
            State::Silent if begins => self.rise(frame),
            State::Silent => None,
            State::Rising { since } if continues => self.rise(since),
            State::Rising { .. } => {
                self.state = State::Silent;
                None
            }
            State::Speaking | State::Falling { .. } if continues => {
                self.state = State::Speaking;
                None
            }
            State::Speaking => self.fall(frame),
            State::Falling { since } => self.fall(since),
        }
    }

    /// Whether speech was reported as started and not yet as stopped.
    #[must_use]
    pub fn is_open(&self) -> bool {
        matches!(self.state, State::Speaking | State::Falling { .. })
    }

    /// Where a silence began that may turn out to be the end of speech, or a short pause in it.
    #[must_use]
    pub fn falling_since(&self) -> Option<u64> {
        match self.state {
            State::Falling { since } => Some(since * VAD_FRAME as u64),
            State::Silent | State::Rising { .. } | State::Speaking => None,
        }
    }

    /// Samples taken since the gate was made or last reset.
    #[must_use]
    pub fn position(&self) -> u64 {
        self.frames * VAD_FRAME as u64
    }

    /// Forgets everything; positions count from zero again.
    pub fn reset(&mut self) {
        *self = Self::new(self.settings);
    }

    fn rise(&mut self, since: u64) -> Option<GateEvent> {
        if self.frames - since >= frames(self.settings.min_speech) {
            self.state = State::Speaking;
            return Some(GateEvent::Started { at_sample: since * VAD_FRAME as u64 });
        }
        self.state = State::Rising { since };
        None
    }

    fn fall(&mut self, since: u64) -> Option<GateEvent> {
        if self.frames - since >= frames(self.settings.min_silence) {
            self.state = State::Silent;
            return Some(GateEvent::Stopped { at_sample: since * VAD_FRAME as u64 });
        }
        self.state = State::Falling { since };
        None
    }
}

/// Whole frames that last at least `time`, and at least one.
fn frames(time: Duration) -> u64 {
    let frame = Duration::from_secs(1) * VAD_FRAME as u32 / LISTEN_SAMPLE_RATE;
    let count = time.as_nanos().div_ceil(frame.as_nanos());
    u64::try_from(count).unwrap_or(u64::MAX).max(1)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used)]
    use super::*;
    use proptest::prelude::*;

    const FRAME: u64 = VAD_FRAME as u64;

    fn events(probabilities: &[f32]) -> Vec<(usize, GateEvent)> {
        let mut gate = SpeechGate::new(SpeechGateSettings::default());
        probabilities.iter().enumerate().filter_map(|(at, p)| Some((at, gate.push(*p)?))).collect()
    }

    #[test]
    fn reports_the_true_start_and_end() {
        let heard = events(&[0.1, 0.9, 0.9, 0.9, 0.1, 0.1, 0.1, 0.1]);
        let started = GateEvent::Started { at_sample: FRAME };
        let stopped = GateEvent::Stopped { at_sample: 4 * FRAME };
        assert_eq!(heard, [(2, started), (6, stopped)]);
    }

    #[test]
    fn a_silence_is_known_before_it_ends_speech() {
        let mut gate = SpeechGate::new(SpeechGateSettings::default());
        let falling: Vec<_> = [0.9, 0.9, 0.9, 0.1, 0.1, 0.9, 0.1, 0.1, 0.1]
            .map(|level| {
                let _ = gate.push(level);
                gate.falling_since().map(|at| at / FRAME)
            })
            .to_vec();
        assert_eq!(falling, [None, None, None, Some(3), Some(3), None, Some(6), Some(6), None]);
    }

    #[test]
    fn a_click_is_not_speech() {
        assert_eq!(events(&[0.0, 0.99, 0.0, 0.99, 0.0, 0.0, 0.0, 0.0]), []);
    }

    #[test]
    fn a_short_pause_does_not_end_speech() {
        let heard = events(&[0.9, 0.9, 0.0, 0.0, 0.9, 0.0, 0.0, 0.0]);
        assert_eq!(heard.last(), Some(&(7, GateEvent::Stopped { at_sample: 5 * FRAME })));
        assert_eq!(heard.len(), 2);
    }

    #[test]
    fn a_level_between_the_thresholds_continues_speech_but_does_not_begin_it() {
        assert_eq!(events(&[0.4; 20]), []);
        let mut levels = vec![0.6];
        levels.extend([0.4; 20]);
        assert_eq!(events(&levels), [(1, GateEvent::Started { at_sample: 0 })]);
    }

    #[test]
    fn thirty_two_milliseconds_are_one_frame() {
        assert_eq!([0, 1, 32, 33, 64, 96].map(|ms| frames(Duration::from_millis(ms))), [1, 1, 1, 2, 2, 3]);
    }

    #[test]
    fn reset_starts_the_clock_again() {
        let mut gate = SpeechGate::new(SpeechGateSettings::default());
        let _ = (gate.push(0.9), gate.push(0.9));
        assert!(gate.is_open());
        gate.reset();
        assert!(!gate.is_open());
        assert_eq!(gate.position(), 0);
    }

    fn probability() -> impl Strategy<Value = f32> {
        prop_oneof![Just(0.0), Just(0.35), Just(0.4), Just(0.5), Just(1.0), Just(f32::NAN), 0.0f32..1.0]
    }

    proptest! {
        #[test]
        fn events_alternate_in_time_and_never_lie(
            levels in proptest::collection::vec(probability(), 0..200),
            min_speech in 0u64..200,
            min_silence in 0u64..200,
        ) {
            let settings = SpeechGateSettings {
                min_speech: Duration::from_millis(min_speech),
                min_silence: Duration::from_millis(min_silence),
                ..SpeechGateSettings::default()
            };
            let mut gate = SpeechGate::new(settings);
            let mut open_since = None;
            let mut last = 0;
            for (index, level) in levels.iter().enumerate() {
                match gate.push(*level) {
                    Some(GateEvent::Started { at_sample }) => {
                        prop_assert!(open_since.is_none());
                        prop_assert!(at_sample >= last && at_sample < gate.position());
                        prop_assert!(gate.position() - at_sample >= frames(settings.min_speech) * FRAME);
                        prop_assert!(levels[(at_sample / FRAME) as usize] >= settings.start_threshold);
                        open_since = Some(at_sample);
                        last = at_sample;
                    }
                    Some(GateEvent::Stopped { at_sample }) => {
                        let since = open_since.take();
                        prop_assert!(since.is_some_and(|since| since < at_sample));
                        prop_assert!(gate.position() - at_sample >= frames(settings.min_silence) * FRAME);
                        let quiet = &levels[(at_sample / FRAME) as usize..=index];
                        prop_assert!(quiet.iter().all(|p| p.is_nan() || *p < settings.stop_threshold));
                        last = at_sample;
                    }
                    None => {}
                }
                prop_assert_eq!(gate.is_open(), open_since.is_some());
            }
        }

        #[test]
        fn long_silence_always_closes_it(levels in proptest::collection::vec(probability(), 0..100)) {
            let mut gate = SpeechGate::new(SpeechGateSettings::default());
            for level in levels.into_iter().chain([0.0; 3]) {
                let _ = gate.push(level);
            }
            prop_assert!(!gate.is_open());
        }
    }
}
