//! The head: a posture for every activity, slow sway, shifts of posture, nods, and what it does to follow the eyes.

use super::chance::Chance;
use super::life::Life;
use super::nod::Nods;
use crate::spring::Spring;
use crate::{Activity, HeadPose};

/// Stiffness of a change of posture, 1/s: about half a second.
const POSTURE: f32 = 6.0;
/// Stiffness of a shift within a posture, 1/s, and the pauses between shifts in seconds.
const LEAN: f32 = 3.0;
const LEAN_PAUSE_S: (f32, f32) = (4.0, 12.0);

/// The movement of the head.
#[derive(Debug, Clone)]
pub(super) struct Head {
    chance: Chance,
    phases: [f32; 3],
    /// Where in the sway the head is, in seconds of its own: liveliness changes its speed without a jump.
    swayed: f64,
    yaw: Spring,
    pitch: Spring,
    roll: Spring,
    sway: Spring,
    lean: (f32, f32),
    lean_next: f64,
    lean_yaw: Spring,
    lean_roll: Spring,
    pub(super) nods: Nods,
}

/// What moves the head besides its own life.
pub(super) struct Pull {
    /// -1 or 1: where a thought looks.
    pub(super) side: f32,
    /// A stressed syllable, 0..=1.
    pub(super) accent: f32,
    /// What the head does to follow the eyes: turn and nod.
    pub(super) gaze: (f32, f32),
}

impl Head {
    pub(super) fn new(seed: u64, now: f64) -> Self {
        let mut chance = Chance::new(seed, 3);
        let phases = [chance.between(0.0, 6.2), chance.between(0.0, 6.2), chance.between(0.0, 6.2)];
        Self {
            chance,
            phases,
            swayed: 0.0,
            yaw: Spring::default(),
            pitch: Spring::default(),
            roll: Spring::default(),
            sway: Spring::default(),
            lean: (0.0, 0.0),
            lean_next: now + 3.0,
            lean_yaw: Spring::default(),
            lean_roll: Spring::default(),
            nods: Nods::new(seed, now),
        }
    }

    /// The head after `dt` seconds, at `now` (seconds).
    pub(super) fn follow(&mut self, now: f64, dt: f32, activity: Activity, life: &Life, pull: &Pull) -> HeadPose {
        let nod = self.nods.follow(now, activity == Activity::Listening);
        let sway = self.sway.follow(life.sway, 3.0, dt);
        // Long gaps do not turn the sway: nobody saw it.
        self.swayed += f64::from(dt.min(0.25) * (0.7 + 0.6 * sway) * life.speed);
        if now >= self.lean_next || self.lean_next - now > 30.0 {
            self.lean = (self.chance.between(-0.14, 0.14), self.chance.between(-0.03, 0.03));
            let pause = self.chance.between(LEAN_PAUSE_S.0, LEAN_PAUSE_S.1) / life.speed.max(0.3);
            self.lean_next = now + f64::from(pause);
        }
        let lean_yaw = self.lean_yaw.follow(self.lean.0 * (0.4 + sway), LEAN, dt);
        let lean_roll = self.lean_roll.follow(self.lean.1 * (0.4 + sway), LEAN, dt);
        let posture = self.yaw.follow(life.yaw * pull.side, POSTURE, dt);
        let yaw = posture + lean_yaw + 0.50 * sway * self.wave(0, 0.23, 0.61);
        let pitch = self.pitch.follow(life.pitch, POSTURE, dt) + 0.40 * sway * self.wave(1, 0.29, 0.83);
        let roll = self.roll.follow(life.roll * pull.side, POSTURE, dt) + 0.055 * sway * self.wave(2, 0.17, 0.47);
        HeadPose {
            yaw: (yaw + pull.gaze.0).clamp(-1.0, 1.0),
            pitch: (pitch + nod + 0.16 * pull.accent + pull.gaze.1).clamp(-1.0, 1.0),
            roll: (roll + lean_roll).clamp(-0.2, 0.2),
        }
    }

    /// A smooth wave within -1..=1, of two frequencies in Hz that do not meet.
    fn wave(&self, axis: usize, slow: f64, quick: f64) -> f32 {
        let turn = |hertz: f64| ((self.swayed * hertz).fract() * std::f64::consts::TAU) as f32;
        let phase = self.phases[axis];
        0.68 * (turn(slow) + phase).sin() + 0.32 * (turn(quick) + 1.7 * phase).sin()
    }
}
