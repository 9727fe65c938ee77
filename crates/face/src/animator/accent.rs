//! Accents: brow and head underline some of the stressed syllables.

use super::chance::Chance;
use crate::spring::Spring;
use crate::{Articulation, BlendShape};

/// Stiffness of an accent, 1/s.
const STIFFNESS: f32 = 16.0;
/// A jaw that opens beyond this is taken for a stressed vowel when the speech does not say where its stress is.
const STRESSED_JAW: f32 = 0.36;
/// More emphasis than this is a stressed syllable.
const STRESSED: f32 = 0.5;
/// Shortest time between two accents, and how long one lasts, in seconds.
const PAUSE_S: f64 = 0.9;
const LASTS_S: f64 = 0.22;

#[derive(Debug, Clone)]
pub(super) struct Accents {
    chance: Chance,
    was_stressed: bool,
    at: f64,
    shown: Spring,
}

impl Accents {
    pub(super) fn new(seed: u64) -> Self {
        Self { chance: Chance::new(seed, 4), was_stressed: false, at: f64::NEG_INFINITY, shown: Spring::default() }
    }

    /// How far the syllable at `now` (seconds) is underlined, 0..=1; `share` of the stressed ones are.
    pub(super) fn follow(&mut self, now: f64, dt: f32, speech: &Articulation, share: f32) -> f32 {
        let stressed = match speech.emphasis {
            Some(emphasis) => emphasis > STRESSED,
            None => speech.mouth[BlendShape::JawOpen] > STRESSED_JAW,
        };
        let begins = stressed && !self.was_stressed;
        self.was_stressed = stressed;
        if now < self.at {
            self.at = f64::NEG_INFINITY;
        }
        if begins && now - self.at > PAUSE_S && self.chance.unit() < share {
            self.at = now;
        }
        let wanted = if now - self.at < LASTS_S { 1.0 } else { 0.0 };
        self.shown.follow(wanted, STIFFNESS, dt).clamp(0.0, 1.0)
    }
}
