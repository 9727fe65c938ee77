//! Nods of a listener: where a clause of the user ends, and once in a while.

use super::chance::Chance;

/// Length of one nod, in seconds.
const NOD_S: f64 = 0.55;
/// A nod follows the end of a clause after this long, in seconds.
const DELAY_S: (f32, f32) = (0.10, 0.35);
/// Shortest time from one nod to the next, in seconds.
const REST_S: f64 = 1.2;
/// Pauses between nods that nothing calls for, in seconds.
const OWN_PAUSE_S: (f32, f32) = (9.0, 20.0);
/// Share of nods that are double.
const DOUBLE: f32 = 0.3;

/// One nod, or two in a row.
#[derive(Debug, Clone, Copy)]
struct Nod {
    at: f64,
    depth: f32,
    count: f64,
}

#[derive(Debug, Clone)]
pub(super) struct Nods {
    chance: Chance,
    nod: Option<Nod>,
    /// When the next nod may begin, and when one comes by itself, in seconds.
    rested: f64,
    own: f64,
}

impl Nods {
    pub(super) fn new(seed: u64, now: f64) -> Self {
        let mut chance = Chance::new(seed, 5);
        let own = now + f64::from(chance.between(OWN_PAUSE_S.0, OWN_PAUSE_S.1));
        Self { chance, nod: None, rested: now, own }
    }

    /// Something to nod at happened at `at` (seconds); `weight` is 1 for the end of a clause, less for less.
    pub(super) fn hear(&mut self, at: f64, weight: f32) {
        if self.nod.is_none() && at >= self.rested {
            let begins = at + f64::from(self.chance.between(DELAY_S.0, DELAY_S.1));
            let depth = weight * self.chance.between(0.30, 0.45);
            let count = if self.chance.unit() < DOUBLE { 2.0 } else { 1.0 };
            self.nod = Some(Nod { at: begins, depth, count });
        }
    }

    /// How far the head is down at `now` (seconds), 0..=1. Only while it `listens` does a nod begin.
    pub(super) fn follow(&mut self, now: f64, listens: bool) -> f32 {
        if self.rested - now > REST_S || self.own - now > f64::from(OWN_PAUSE_S.1) {
            // Time went back.
            (self.rested, self.own) = (now, now + f64::from(OWN_PAUSE_S.0));
            self.nod = None;
        }
        if now >= self.own {
            self.own = now + f64::from(self.chance.between(OWN_PAUSE_S.0, OWN_PAUSE_S.1));
            self.hear(now, 0.7);
        }
        let Some(nod) = self.nod else { return 0.0 };
        let at = (now - nod.at) / NOD_S;
        if at <= 0.0 {
            if !listens {
                self.nod = None;
            }
            return 0.0;
        }
        if at >= nod.count {
            self.nod = None;
            self.rested = now + REST_S;
            return 0.0;
        }
        let turn = (at.fract() * std::f64::consts::PI).sin() as f32;
        let depth = if at < 1.0 { nod.depth } else { 0.55 * nod.depth };
        depth * turn * turn
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The times at which the head is lowest, in seconds.
    fn peaks(nods: &mut Nods, seconds: u32, clause_ends: &[u32], listens: bool) -> Vec<f64> {
        let at = |frame: u32| f64::from(frame) * 0.04;
        let (mut peaks, mut values) = (Vec::new(), [0.0_f32; 2]);
        for frame in 0..seconds * 25 {
            if clause_ends.contains(&frame) {
                nods.hear(at(frame), 1.0);
            }
            let value = nods.follow(at(frame), listens);
            if values[1] > values[0] && values[1] >= value {
                peaks.push(at(frame));
            }
            values = [values[1], value];
        }
        peaks
    }

    #[test]
    fn every_end_of_a_clause_is_nodded_at_within_a_second_but_not_twice_in_a_row() {
        for seed in 0..20 {
            let seen = peaks(&mut Nods::new(seed, 0.0), 8, &[50, 60, 125], true);
            let near = |second: f64| seen.iter().filter(|peak| (second..second + 1.3).contains(*peak)).count();
            assert!((1..=2).contains(&near(2.0)), "{seen:?}");
            assert!((1..=2).contains(&near(5.0)), "{seen:?}");
            assert_eq!(near(2.0) + near(5.0), seen.len(), "{seen:?}");
        }
    }

    #[test]
    fn without_clauses_a_nod_is_rare_and_nobody_else_nods() {
        let own = peaks(&mut Nods::new(3, 0.0), 120, &[], true).len();
        assert!((4..=28).contains(&own), "{own} nods in two minutes");
        assert!(peaks(&mut Nods::new(3, 0.0), 120, &[50, 500], false).is_empty());
    }
}
