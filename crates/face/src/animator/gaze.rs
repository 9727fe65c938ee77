//! Where the eyes look: at whoever speaks, with glances aside; up and aside while thinking. The head follows.

use super::chance::Chance;
use super::life::Life;
use crate::Activity;
use crate::spring::Spring;

/// Stiffness of an eye movement, 1/s: a saccade takes about a tenth of a second.
const EYE: f32 = 38.0;
/// Stiffness of the head that follows, 1/s, and how much of the way it goes.
const HEAD: f32 = 7.0;
const HEAD_SHARE: (f32, f32) = (0.40, 0.28);
/// How far the eyes turn back for what the head turns (the vestibulo-ocular reflex), as a share.
const TURNED_BACK: f32 = 0.6;
/// Whoever is looked at moved farther than this: look again, at once.
const MOVED: f32 = 0.12;
/// A glance farther than this is a gaze shift, which a blink often goes with.
const SHIFT: f32 = 0.4;

/// Where whoever is attended to is in the picture plane, as seen by the agent's picture.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct GazeTarget {
    /// -1 (left edge of the picture) ..= 1 (right edge); 0 is the viewer.
    pub x: f32,
    /// -1 (upper edge) ..= 1 (lower edge).
    pub y: f32,
}

impl GazeTarget {
    fn bounded(self) -> (f32, f32) {
        let within = |value: f32| if value.is_nan() { 0.0 } else { value.clamp(-1.0, 1.0) };
        (within(self.x), within(self.y))
    }
}

/// So many others are known, beside the one who is attended to.
pub const MOST_OTHERS: usize = 6;
/// Share of a speaker's glances aside that go to others, when there are any.
const TO_OTHERS: f32 = 0.7;

/// Who is there.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Attended {
    /// Whoever is attended to.
    pub(super) target: Option<GazeTarget>,
    /// The others.
    pub(super) others: [Option<GazeTarget>; MOST_OTHERS],
}

/// The gaze at one moment.
#[derive(Debug, Clone, Copy)]
pub(super) struct Look {
    /// Eyes in the head, -1..=1 each.
    pub(super) eyes: (f32, f32),
    /// What the head turns to follow.
    pub(super) head: (f32, f32),
    /// Whether a far glance begins now.
    pub(super) shifts: bool,
}

/// The gaze of both eyes.
#[derive(Debug, Clone)]
pub(super) struct Gaze {
    chance: Chance,
    activity: Activity,
    /// Whoever is attended to.
    attended: (f32, f32),
    target: (f32, f32),
    /// When the next target is chosen, in seconds.
    next: f64,
    x: Spring,
    y: Spring,
    head_x: Spring,
    head_y: Spring,
    /// -1 or 1: the side to which this thought looks.
    pub(super) side: f32,
}

impl Gaze {
    pub(super) fn new(seed: u64, now: f64) -> Self {
        Self {
            chance: Chance::new(seed, 2),
            activity: Activity::Idle,
            attended: (0.0, 0.0),
            target: (0.0, 0.0),
            next: now + 1.0,
            x: Spring::default(),
            y: Spring::default(),
            head_x: Spring::default(),
            head_y: Spring::default(),
            side: 1.0,
        }
    }

    /// The gaze after `dt` seconds, at `now` (seconds).
    pub(super) fn follow(&mut self, now: f64, dt: f32, activity: Activity, who: &Attended, life: &Life) -> Look {
        let attended = who.target.unwrap_or_default().bounded();
        let turned = activity != self.activity;
        let moved = far(attended, self.attended) > MOVED;
        if moved || turned {
            self.attended = attended;
        }
        if turned && activity == Activity::Thinking {
            self.side = if self.chance.unit() < 0.5 { -1.0 } else { 1.0 };
        }
        self.activity = activity;
        let mut shifts = false;
        if turned || moved || now >= self.next || self.next - now > 10.0 {
            self.attended = attended;
            let before = self.target;
            self.choose(now, &who.others, life);
            shifts = far(before, self.target) > SHIFT;
        }
        let (x, y) = self.target;
        let head = (HEAD_SHARE.0 * self.head_x.follow(x, HEAD, dt), HEAD_SHARE.1 * self.head_y.follow(y, HEAD, dt));
        let eyes = (self.x.follow(x, EYE, dt), self.y.follow(y, EYE, dt));
        let in_head = |eye: f32, head: f32| (eye - TURNED_BACK * head).clamp(-1.0, 1.0);
        Look { eyes: (in_head(eyes.0, head.0), in_head(eyes.1, head.1)), head, shifts }
    }

    fn choose(&mut self, now: f64, others: &[Option<GazeTarget>], life: &Life) {
        let chance = &mut self.chance;
        let centre = (self.attended.0, self.attended.1 + life.gaze_down);
        let near = |chance: &mut Chance, width: f32| {
            (centre.0 + chance.between(-width, width), centre.1 + chance.between(-0.8 * width, 0.8 * width))
        };
        let (target, stay) = match self.activity {
            Activity::Listening => (near(chance, 0.06), chance.between(0.9, 2.6)),
            Activity::Thinking => {
                let aside = self.side * chance.between(0.48, 0.75);
                ((aside, chance.between(-0.85, -0.58)), chance.between(0.7, 1.8))
            }
            Activity::Speaking | Activity::Idle if chance.unit() < life.wander => {
                let side = if chance.unit() < 0.5 { -1.0 } else { 1.0 };
                let aside = (centre.0 + side * chance.between(0.15, 0.42), centre.1 + chance.between(-0.12, 0.25));
                let other = if self.activity == Activity::Speaking { one_of(others, chance) } else { None };
                match other {
                    Some(other) => (other.bounded(), chance.between(0.5, 1.3)),
                    None => (aside, chance.between(0.4, 1.2)),
                }
            }
            Activity::Speaking => (near(chance, 0.07), chance.between(0.8, 2.4)),
            Activity::Idle => (near(chance, 0.10), chance.between(1.5, 3.5)),
        };
        self.target = (target.0.clamp(-1.0, 1.0), target.1.clamp(-1.0, 1.0));
        self.next = now + f64::from((stay * life.stay).clamp(0.2, 6.0));
    }
}

/// Now and then one of those who are there.
fn one_of(others: &[Option<GazeTarget>], chance: &mut Chance) -> Option<GazeTarget> {
    let known = others.iter().flatten().count();
    if known == 0 || chance.unit() >= TO_OTHERS {
        return None;
    }
    others.iter().flatten().nth((chance.unit() * known as f32) as usize).copied()
}

fn far(a: (f32, f32), b: (f32, f32)) -> f32 {
    (a.0 - b.0).hypot(a.1 - b.1)
}
