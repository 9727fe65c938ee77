//! The head: a posture for every activity, slow sway, and nods while listening.

use super::chance::Chance;
use super::springs::Spring;
use crate::{Activity, HeadPose};

/// Stiffness of a change of posture, 1/s: about half a second.
const POSTURE: f32 = 6.0;
/// Length of a nod in seconds.
const NOD_S: f64 = 0.55;

/// How the head is held, and how lively, in one activity.
struct Posture {
    /// Turn towards the side of the thought.
    yaw: f32,
    pitch: f32,
    /// Tilt in radians.
    roll: f32,
    /// Size of the sway, as a share of its range.
    sway: f32,
}

const fn posture(activity: Activity) -> Posture {
    match activity {
        Activity::Idle => Posture { yaw: 0.0, pitch: 0.0, roll: 0.0, sway: 0.30 },
        Activity::Listening => Posture { yaw: 0.04, pitch: 0.06, roll: 0.062, sway: 0.26 },
        Activity::Thinking => Posture { yaw: 0.42, pitch: -0.34, roll: -0.045, sway: 0.22 },
        Activity::Speaking => Posture { yaw: 0.0, pitch: 0.0, roll: 0.0, sway: 0.75 },
    }
}

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
    /// When the next nod, or the one going on, begins, in seconds.
    nod_at: f64,
    nod_depth: f32,
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
            nod_at: now + 2.0,
            nod_depth: 0.0,
        }
    }

    /// The head after `dt` seconds, at `now` (seconds). `side` (-1 or 1) is where a thought looks, `accent` (0..=1) a
    /// stressed syllable, which the head underlines.
    pub(super) fn follow(&mut self, now: f64, dt: f32, activity: Activity, side: f32, accent: f32) -> HeadPose {
        let wanted = posture(activity);
        let nod = self.nod(now, activity);
        let sway = self.sway.follow(wanted.sway, 3.0, dt);
        // Long gaps do not turn the sway: nobody saw it.
        self.swayed += f64::from(dt.min(0.25) * (0.7 + 0.6 * sway));
        let yaw = self.yaw.follow(wanted.yaw * side, POSTURE, dt) + 0.55 * sway * self.wave(0, 0.23, 0.61);
        let pitch = self.pitch.follow(wanted.pitch, POSTURE, dt) + 0.40 * sway * self.wave(1, 0.29, 0.83);
        let roll = self.roll.follow(wanted.roll * side, POSTURE, dt) + 0.060 * sway * self.wave(2, 0.17, 0.47);
        HeadPose {
            yaw: yaw.clamp(-1.0, 1.0),
            pitch: (pitch + nod + 0.16 * accent).clamp(-1.0, 1.0),
            roll: roll.clamp(-0.2, 0.2),
        }
    }

    /// A smooth wave within -1..=1, of two frequencies in Hz that do not meet.
    fn wave(&self, axis: usize, slow: f64, quick: f64) -> f32 {
        let turn = |hertz: f64| ((self.swayed * hertz).fract() * std::f64::consts::TAU) as f32;
        let phase = self.phases[axis];
        0.68 * (turn(slow) + phase).sin() + 0.32 * (turn(quick) + 1.7 * phase).sin()
    }

    fn nod(&mut self, now: f64, activity: Activity) -> f32 {
        if now > self.nod_at + NOD_S || self.nod_at - now > 20.0 {
            self.nod_at = now + f64::from(self.chance.between(2.6, 6.5));
            self.nod_depth = self.chance.between(0.25, 0.45);
        }
        let at = (now - self.nod_at) / NOD_S;
        let begins = at <= 0.0;
        if begins && activity != Activity::Listening {
            // Only a listener nods; put it off until somebody listens.
            self.nod_at = self.nod_at.max(now + 1.2);
        }
        if begins || at >= 1.0 {
            return 0.0;
        }
        let x = (at * std::f64::consts::PI).sin() as f32;
        self.nod_depth * x * x
    }
}
