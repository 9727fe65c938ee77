//! The table of life: how lively, how quick and in what posture the face is, by activity, and what each emotion
//! changes.
//!
//! Blink rates by activity follow Bentivoglio et al., "Analysis of blink rate patterns in normal subjects" (1997): more
//! in conversation than at rest. That listeners look more at their partner than speakers do is from Kendon, "Some
//! functions of gaze-direction in social interaction" (1967). How emotions change posture, tempo and breath is set by
//! eye.

use super::chance::Chance;
use crate::emotion::{Emotion, Levels};
use crate::{Activity, BlendShape};

/// One row of the table.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Life {
    /// The face at rest.
    pub(super) face: RestingFace,
    /// Turn of the head towards the side of a thought, -1..=1.
    pub(super) yaw: f32,
    /// Nod of the head; positive is down.
    pub(super) pitch: f32,
    /// Tilt in radians.
    pub(super) roll: f32,
    /// Size of the sway, as a share of its range.
    pub(super) sway: f32,
    /// Speed of the sway; 1 is usual.
    pub(super) speed: f32,
    /// Length of the pauses between blinks; 1 is usual.
    pub(super) blink_pause: f32,
    /// Share of glances that leave whoever is looked at.
    pub(super) wander: f32,
    /// How long a glance stays; 1 is usual.
    pub(super) stay: f32,
    /// How much lower than usual the eyes look.
    pub(super) gaze_down: f32,
    /// Seconds a breath takes.
    pub(super) breath_s: f32,
    /// Depth of a breath; 1 is usual.
    pub(super) breath_depth: f32,
    /// Share of stressed syllables that brow and head underline.
    pub(super) accents: f32,
}

/// Blend shapes of the face at rest.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct RestingFace {
    pub(super) smile: f32,
    pub(super) squint: f32,
    pub(super) brow_raise: f32,
    pub(super) brow_knit: f32,
    pub(super) press: f32,
    /// How far the mouth is drawn to the side of a thought.
    pub(super) aside: f32,
}

impl Life {
    pub(super) const fn of(activity: Activity) -> Self {
        let usual = Self {
            face: RestingFace { smile: 0.30, squint: 0.12, brow_raise: 0.0, brow_knit: 0.0, press: 0.0, aside: 0.0 },
            yaw: 0.0,
            pitch: 0.0,
            roll: 0.0,
            sway: 0.30,
            speed: 1.0,
            blink_pause: 1.0,
            wander: 0.30,
            stay: 1.0,
            gaze_down: 0.0,
            breath_s: 4.6,
            breath_depth: 1.0,
            accents: 0.0,
        };
        match activity {
            Activity::Idle => usual,
            Activity::Listening => Self {
                face: RestingFace { smile: 0.24, brow_raise: 0.32, squint: 0.06, ..usual.face },
                yaw: 0.04,
                pitch: 0.06,
                roll: 0.062,
                sway: 0.26,
                wander: 0.0,
                ..usual
            },
            Activity::Thinking => Self {
                face: RestingFace {
                    smile: 0.05,
                    brow_raise: 0.10,
                    brow_knit: 0.45,
                    press: 0.38,
                    aside: 0.14,
                    ..usual.face
                },
                yaw: 0.22,
                pitch: -0.14,
                roll: -0.045,
                sway: 0.22,
                blink_pause: 1.1,
                ..usual
            },
            Activity::Speaking => Self {
                face: RestingFace { smile: 0.18, brow_raise: 0.08, squint: 0.06, ..usual.face },
                sway: 0.75,
                wander: 0.20,
                blink_pause: 0.85,
                breath_s: 3.4,
                accents: 0.6,
                ..usual
            },
        }
    }

    /// The row as the emotions change it.
    pub(super) fn in_mood(mut self, levels: &Levels) -> Self {
        for emotion in Emotion::ALL {
            let level = levels[emotion.index()];
            let change = Change::of(emotion);
            let scale = |value: &mut f32, factor: f32| *value *= 1.0 + level * (factor - 1.0);
            scale(&mut self.sway, change.sway);
            scale(&mut self.speed, change.speed);
            scale(&mut self.blink_pause, change.blink_pause);
            scale(&mut self.wander, change.wander);
            scale(&mut self.stay, change.stay);
            scale(&mut self.breath_s, change.breath_s);
            scale(&mut self.breath_depth, change.breath_depth);
            scale(&mut self.accents, change.accents);
            // A smile of habit has no place on a sad, angry or frightened face; joy brings its own.
            scale(&mut self.face.smile, change.smile);
            self.pitch += level * change.pitch;
            self.roll += level * change.roll;
            self.gaze_down += level * change.gaze_down;
        }
        self.accents = self.accents.min(1.0);
        self
    }
}

/// What an emotion of full intensity changes: factors, and offsets for `pitch`, `roll` and `gaze_down`.
struct Change {
    sway: f32,
    speed: f32,
    blink_pause: f32,
    wander: f32,
    stay: f32,
    breath_s: f32,
    breath_depth: f32,
    accents: f32,
    smile: f32,
    pitch: f32,
    roll: f32,
    gaze_down: f32,
}

impl Change {
    const fn of(emotion: Emotion) -> Self {
        // sway speed blink wander stay breath depth accents smile pitch roll gaze-down
        let [sway, speed, blink_pause, wander, stay, breath_s, breath_depth, accents, smile, pitch, roll, gaze_down] =
            match emotion {
                Emotion::Joy => [1.35, 1.15, 0.90, 1.1, 0.85, 0.90, 1.10, 1.3, 1.0, -0.05, 0.020, 0.00],
                Emotion::Sadness => [0.55, 0.70, 1.15, 1.3, 1.40, 1.20, 1.15, 0.4, 0.0, 0.15, 0.030, 0.20],
                Emotion::Surprise => [0.50, 1.20, 1.50, 0.3, 1.20, 0.85, 1.30, 1.2, 0.2, -0.10, 0.000, -0.03],
                Emotion::Anger => [0.70, 1.20, 1.30, 0.4, 1.40, 0.80, 1.20, 1.3, 0.0, 0.07, 0.000, 0.00],
                Emotion::Fear => [0.60, 1.40, 0.60, 1.6, 0.55, 0.65, 0.80, 0.8, 0.0, -0.05, 0.000, 0.00],
                Emotion::Calm => [0.80, 0.80, 1.15, 0.8, 1.30, 1.25, 1.10, 0.7, 1.0, 0.00, 0.000, 0.00],
            };
        Self { sway, speed, blink_pause, wander, stay, breath_s, breath_depth, accents, smile, pitch, roll, gaze_down }
    }
}

/// How the resting face changes all the time, a little: nobody holds a smile still.
#[derive(Debug, Clone)]
pub(super) struct Drift {
    chance: Chance,
    /// When it next changes, in seconds.
    next: f64,
    smile: f32,
    brow: f32,
}

impl Drift {
    /// Pauses between changes, in seconds.
    const PAUSE_S: (f32, f32) = (1.2, 5.0);

    pub(super) fn new(seed: u64, now: f64) -> Self {
        Self { chance: Chance::new(seed, 7), next: now, smile: 1.0, brow: 0.0 }
    }

    /// The resting face as it is wanted at `now` (seconds).
    pub(super) fn of(&mut self, face: RestingFace, now: f64) -> RestingFace {
        if now >= self.next || self.next - now > 10.0 {
            self.next = now + f64::from(self.chance.between(Self::PAUSE_S.0, Self::PAUSE_S.1));
            self.smile = self.chance.between(0.75, 1.25);
            self.brow = self.chance.between(-0.05, 0.06);
        }
        RestingFace { smile: face.smile * self.smile, brow_raise: (face.brow_raise + self.brow).max(0.0), ..face }
    }
}

/// Small differences between the left and the right of a face, which make it look like somebody.
#[derive(Debug, Clone, Copy)]
pub(super) struct Asymmetry {
    /// Positive is weaker on the person's left, -1..=1.
    pub(super) smile: f32,
    pub(super) brow: f32,
}

impl Asymmetry {
    /// The share of a shape's weight that stays on its side.
    pub(super) fn of(self, shape: BlendShape) -> f32 {
        use BlendShape::*;
        match shape {
            MouthSmileLeft | CheekSquintLeft => 1.0 - self.smile.max(0.0),
            MouthSmileRight | CheekSquintRight => 1.0 + self.smile.min(0.0),
            BrowOuterUpLeft | BrowDownLeft => 1.0 - self.brow.max(0.0),
            BrowOuterUpRight | BrowDownRight => 1.0 + self.brow.min(0.0),
            _ => 1.0,
        }
    }
}
