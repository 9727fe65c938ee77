//! Blinks: when, and how the lids move.

use super::chance::Chance;

/// Shortest and longest pause between blinks, in seconds. People blink 15 to 20 times a minute at rest (Bentivoglio et
/// al., 1997), with many short pauses and few long ones.
const PAUSE_S: (f32, f32) = (1.0, 8.0);
/// The shortest pause when an emotion or activity makes them shorter, in seconds.
const SHORTEST_S: f32 = 0.6;
/// Exponent that makes short pauses likelier; the mean pause is `1 + 7 / (1 + SKEW)` seconds.
const SKEW: f32 = 2.2;
/// Share of blinks that are followed by another at once.
const DOUBLE: f32 = 0.12;
/// Seconds to shut, to stay shut (one frame at 25 fps, so that one always shows it), and to open.
const SHUT_S: f64 = 0.080;
const STAY_S: f64 = 0.042;
const OPEN_S: f64 = 0.150;
/// Pause inside a double blink, in seconds.
const AGAIN_S: f64 = 0.090;
/// A longer gap between two poses than this skips the blinks in it, in seconds.
const MISSED_S: f64 = 2.0;

/// The blinking of both eyes.
#[derive(Debug, Clone)]
pub(super) struct Blink {
    chance: Chance,
    /// When the next blink, or the one going on, begins, in seconds.
    begins: f64,
    /// Whether this blink is the second of a double one.
    second: bool,
    /// Length of the pauses; 1 is usual.
    pace: f32,
}

impl Blink {
    pub(super) fn new(seed: u64, now: f64) -> Self {
        let mut blink = Self { chance: Chance::new(seed, 1), begins: now, second: true, pace: 1.0 };
        blink.begins += blink.pause();
        blink
    }

    /// Blinks now, if it is not blinking and has not just done so: eyes often blink as they look elsewhere.
    pub(super) fn provoke(&mut self, now: f64) {
        // The next blink is a whole pause away; the last one ended when that pause began.
        if self.begins - now > f64::from(SHORTEST_S) {
            self.begins = now;
            self.second = true;
        }
    }

    /// How shut the lids are at `now` (seconds), 0..=1; `pace` is the length of the pauses, 1 is usual.
    pub(super) fn lids(&mut self, now: f64, pace: f32) -> f32 {
        self.pace = pace;
        let length = SHUT_S + STAY_S + OPEN_S;
        if now > self.begins + length {
            let ended = if now - self.begins > MISSED_S { now } else { self.begins + length };
            let double = !self.second && self.chance.unit() < DOUBLE;
            self.begins = ended + if double { AGAIN_S } else { self.pause() };
            self.second = double;
        } else if self.begins - now > f64::from(PAUSE_S.1) {
            // Time went backwards: do not stare until it comes back.
            self.begins = now + self.pause();
        }
        let at = now - self.begins;
        let shut = if at <= 0.0 || at >= length {
            0.0
        } else if at < SHUT_S {
            at / SHUT_S
        } else if at <= SHUT_S + STAY_S {
            1.0
        } else {
            1.0 - (at - SHUT_S - STAY_S) / OPEN_S
        };
        let x = shut as f32;
        x * x * (3.0 - 2.0 * x)
    }

    fn pause(&mut self) -> f64 {
        let pause = PAUSE_S.0 + (PAUSE_S.1 - PAUSE_S.0) * self.chance.unit().powf(SKEW);
        f64::from((pause * self.pace).clamp(SHORTEST_S, PAUSE_S.1))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ten_minutes_hold_a_persons_number_of_full_blinks_with_skewed_pauses() {
        for seed in 0..8 {
            let mut blink = Blink::new(seed, 0.0);
            let (mut starts, mut shut, mut was) = (Vec::new(), 0, 0.0);
            for frame in 0..15_000 {
                let lids = blink.lids(f64::from(frame) * 0.04, 1.0);
                assert!((0.0..=1.0).contains(&lids));
                if was == 0.0 && lids > 0.0 {
                    starts.push(f64::from(frame) * 0.04);
                }
                shut += usize::from(lids == 1.0 && was < 1.0);
                was = lids;
            }
            assert!((130..=250).contains(&starts.len()), "{} blinks", starts.len());
            assert!(shut + 1 >= starts.len(), "every blink shuts the eye in some frame: {shut} of {}", starts.len());
            let pauses: Vec<f64> = starts.windows(2).map(|pair| pair[1] - pair[0]).collect();
            assert!(pauses.iter().all(|pause| *pause < 8.5), "{pauses:?}");
            let double = pauses.iter().filter(|pause| **pause < 0.6).count();
            assert!(double > 0 && double < pauses.len() / 4, "{double} double blinks");
            let short = pauses.iter().filter(|pause| **pause < 4.5).count();
            assert!(short * 2 > pauses.len(), "short pauses are likelier");
        }
    }
}
