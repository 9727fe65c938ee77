//! Life: time, activity and mouth become a pose.
//!
//! Deterministic under its seed. Time is an argument and may jump either way: springs are solved exactly, and what
//! would have happened in a gap is skipped.

mod blink;
mod breath;
mod chance;
mod gaze;
mod head;
mod springs;

use std::time::Duration;

use crate::{Activity, FacePose, MouthShape};
use blink::Blink;
use breath::Breath;
use chance::Chance;
use gaze::Gaze;
use head::Head;
use springs::Spring;

/// Stiffness of a change of expression, 1/s: about half a second.
const MOOD: f32 = 7.0;
/// Stiffness of a brow accent, 1/s.
const ACCENT: f32 = 16.0;
/// A jaw that opens beyond this is a stressed vowel that brow and head may underline.
const ACCENT_JAW: f32 = 0.5;
/// Shortest time between two accents, in seconds, how long one lasts, and the share of openings that get one.
const ACCENT_PAUSE_S: f64 = 0.9;
const ACCENT_S: f64 = 0.22;
const ACCENT_SHARE: f32 = 0.6;

/// The expression of an activity.
struct Mood {
    smile: f32,
    squint: f32,
    brow_raise: f32,
    brow_knit: f32,
    press: f32,
    effort: f32,
}

const fn mood(activity: Activity) -> Mood {
    match activity {
        Activity::Idle => Mood { smile: 0.68, squint: 0.26, brow_raise: 0.0, brow_knit: 0.0, press: 0.0, effort: 0.0 },
        Activity::Listening => {
            Mood { smile: 0.55, squint: 0.12, brow_raise: 0.40, brow_knit: 0.0, press: 0.0, effort: 0.0 }
        }
        Activity::Thinking => {
            Mood { smile: 0.12, squint: 0.12, brow_raise: 0.12, brow_knit: 0.55, press: 0.42, effort: 0.0 }
        }
        Activity::Speaking => {
            Mood { smile: 0.42, squint: 0.12, brow_raise: 0.12, brow_knit: 0.0, press: 0.0, effort: 1.0 }
        }
    }
}

/// Springs for every field of [`Mood`].
#[derive(Debug, Clone, Default)]
struct MoodSprings {
    smile: Spring,
    squint: Spring,
    brow_raise: Spring,
    brow_knit: Spring,
    press: Spring,
    effort: Spring,
    accent: Spring,
}

/// The parts that need to know when they began.
#[derive(Debug, Clone)]
struct Living {
    last: f64,
    blink: Blink,
    gaze: Gaze,
    head: Head,
    breath: Breath,
    moods: MoodSprings,
    chance: Chance,
    jaw: f32,
    accent_at: f64,
}

/// Gives the agent life. One per face.
#[derive(Debug, Clone)]
pub struct Animator {
    seed: u64,
    living: Option<Living>,
}

impl Animator {
    /// An animator whose every blink and glance follows from `seed`.
    #[must_use]
    pub fn new(seed: u64) -> Self {
        Self { seed, living: None }
    }

    /// The pose at `now`, counted from any fixed moment; call it once per frame. The first call begins in the posture of
    /// `activity`. When `now` goes back, nothing moves until the next call; a `mouth` outside its range is bounded.
    pub fn pose(&mut self, now: Duration, activity: Activity, mouth: MouthShape) -> FacePose {
        let now = now.as_secs_f64();
        let seed = self.seed;
        let living = self.living.get_or_insert_with(|| Living::begin(seed, now, activity));
        living.pose(now, activity, mouth.bounded())
    }
}

impl Living {
    fn begin(seed: u64, now: f64, activity: Activity) -> Self {
        let mut moods = MoodSprings::default();
        let wanted = mood(activity);
        moods.smile.settle(wanted.smile);
        moods.squint.settle(wanted.squint);
        moods.brow_raise.settle(wanted.brow_raise);
        moods.brow_knit.settle(wanted.brow_knit);
        moods.press.settle(wanted.press);
        moods.effort.settle(wanted.effort);
        Self {
            last: now,
            blink: Blink::new(seed, now),
            gaze: Gaze::new(seed, now),
            head: Head::new(seed, now),
            breath: Breath::default(),
            moods,
            chance: Chance::new(seed, 4),
            jaw: 0.0,
            accent_at: f64::NEG_INFINITY,
        }
    }

    fn pose(&mut self, now: f64, activity: Activity, mouth: MouthShape) -> FacePose {
        let dt = (now - self.last).clamp(0.0, 60.0) as f32;
        self.last = now;
        let accent = self.accent(now, dt, activity, mouth.jaw_open);
        let wanted = mood(activity);
        let moods = &mut self.moods;
        let smile = moods.smile.follow(wanted.smile, MOOD, dt);
        let squint = moods.squint.follow(wanted.squint, MOOD, dt);
        let brow_raise = moods.brow_raise.follow(wanted.brow_raise, MOOD, dt);
        let brow_knit = moods.brow_knit.follow(wanted.brow_knit, MOOD, dt);
        let press = moods.press.follow(wanted.press, MOOD, dt);
        let effort = moods.effort.follow(wanted.effort, MOOD, dt);
        let (gaze_x, gaze_y) = self.gaze.follow(now, dt, activity);
        let head = self.head.follow(now, dt, activity, self.gaze.side, accent);
        // Lids follow the gaze: looking down lowers them a little.
        let lids = self.blink.lids(now).max(0.25 * gaze_y.max(0.0));
        let mouth = MouthShape { lips_press: mouth.lips_press.max(press * (1.0 - mouth.jaw_open)), ..mouth };
        FacePose {
            head,
            breath: self.breath.follow(effort.clamp(0.0, 1.0), dt).clamp(0.0, 1.0),
            gaze_x,
            gaze_y,
            lids: lids.clamp(0.0, 1.0),
            squint: squint.clamp(0.0, 1.0),
            brow_raise: (brow_raise + 0.6 * accent).clamp(-1.0, 1.0),
            brow_knit: brow_knit.clamp(0.0, 1.0),
            smile: smile.clamp(0.0, 1.0),
            mouth: mouth.bounded(),
        }
    }

    /// How far brow and head underline a stressed vowel, 0..=1.
    fn accent(&mut self, now: f64, dt: f32, activity: Activity, jaw: f32) -> f32 {
        let opened = self.jaw < ACCENT_JAW && jaw >= ACCENT_JAW;
        self.jaw = jaw;
        if now < self.accent_at {
            self.accent_at = f64::NEG_INFINITY;
        }
        if activity == Activity::Speaking && opened && now - self.accent_at > ACCENT_PAUSE_S {
            self.accent_at = if self.chance.unit() < ACCENT_SHARE { now } else { now - ACCENT_S };
        }
        let wanted = if now - self.accent_at < ACCENT_S { 1.0 } else { 0.0 };
        self.moods.accent.follow(wanted, ACCENT, dt).clamp(0.0, 1.0)
    }
}
