//! Where the eyes look: on the viewer while listening, up and aside while thinking, with small drifts always.

use super::chance::Chance;
use super::springs::Spring;
use crate::Activity;

/// Stiffness of an eye movement, 1/s: a saccade takes about a tenth of a second.
const EYE: f32 = 38.0;

/// The gaze of both eyes.
#[derive(Debug, Clone)]
pub(super) struct Gaze {
    chance: Chance,
    activity: Activity,
    target: (f32, f32),
    /// When the next target is chosen, in seconds.
    next: f64,
    x: Spring,
    y: Spring,
    /// -1 or 1: the side to which this thought looks.
    pub(super) side: f32,
}

impl Gaze {
    pub(super) fn new(seed: u64, now: f64) -> Self {
        Self {
            chance: Chance::new(seed, 2),
            activity: Activity::Idle,
            target: (0.0, 0.0),
            next: now + 1.0,
            x: Spring::default(),
            y: Spring::default(),
            side: 1.0,
        }
    }

    /// The gaze after `dt` seconds, at `now` (seconds): `(x, y)`, each -1..=1.
    pub(super) fn follow(&mut self, now: f64, dt: f32, activity: Activity) -> (f32, f32) {
        let turned = activity != self.activity;
        if turned && activity == Activity::Thinking {
            self.side = if self.chance.unit() < 0.5 { -1.0 } else { 1.0 };
        }
        self.activity = activity;
        if turned || now >= self.next || self.next - now > 10.0 {
            self.choose(now);
        }
        let (x, y) = (self.x.follow(self.target.0, EYE, dt), self.y.follow(self.target.1, EYE, dt));
        (x.clamp(-1.0, 1.0), y.clamp(-1.0, 1.0))
    }

    fn choose(&mut self, now: f64) {
        let chance = &mut self.chance;
        let (target, stay) = match self.activity {
            Activity::Listening => {
                ((chance.between(-0.06, 0.06), chance.between(-0.05, 0.05)), chance.between(0.9, 2.6))
            }
            Activity::Thinking => {
                let aside = self.side * chance.between(0.45, 0.75);
                ((aside, chance.between(-0.85, -0.55)), chance.between(0.7, 1.8))
            }
            Activity::Speaking if chance.unit() < 0.18 => {
                ((chance.between(-0.35, 0.35), chance.between(-0.1, 0.25)), chance.between(0.4, 0.9))
            }
            Activity::Speaking => {
                ((chance.between(-0.07, 0.07), chance.between(-0.06, 0.06)), chance.between(0.8, 2.4))
            }
            Activity::Idle if chance.unit() < 0.3 => {
                ((chance.between(-0.4, 0.4), chance.between(-0.15, 0.25)), chance.between(0.8, 2.0))
            }
            Activity::Idle => ((chance.between(-0.1, 0.1), chance.between(-0.08, 0.08)), chance.between(1.5, 3.5)),
        };
        self.target = target;
        self.next = now + f64::from(stay);
    }
}
