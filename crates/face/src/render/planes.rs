//! Where each plane of the person lies for a motion.
//!
//! A turned head is shown by planes that move by different amounts: the nose most, the ears the other way.

use tiny_skia::Transform;

use super::rig::Rig;
use crate::{Expression, HeadPose};

/// The parts of a motion move in such steps of a pixel: no video codec of a call tells finer ones.
const STEP: f32 = 0.25;

/// What of an expression moves planes, in steps that can be seen.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Motion {
    head: HeadPose,
    breath: f32,
}

impl Motion {
    /// The motion of an expression, rounded for pictures of `scale` pixels per art unit.
    pub(super) fn of(expression: &Expression, rig: &Rig, scale: f32) -> Self {
        // How many pixels the furthest point travels at 1.
        let far = |units: f32| (units * scale).max(1.0);
        let steps = |value: f32, travel: f32| (value * travel / STEP).round() * STEP / travel;
        let HeadPose { yaw, pitch, roll } = expression.head;
        Self {
            head: HeadPose {
                yaw: steps(yaw, far(rig.head.turn * rig.parallax.nose.abs() + rig.head.shift.0)),
                pitch: steps(pitch, far(rig.head.nod * rig.parallax.nose.abs() + rig.head.shift.1)),
                roll: steps(roll, far(rig.head.pivot.1)),
            },
            breath: steps(expression.breath, far(rig.head.breath)),
        }
    }
}

/// What a layer moves with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Plane {
    HairBack,
    Ears,
    Neck,
    Shoulders,
    Skin,
    Cheeks,
    Beard,
    Features,
    Nose,
    Glasses,
    HairFront,
}

impl Plane {
    /// Its movement, in art units.
    pub(super) fn at(self, motion: &Motion, rig: &Rig) -> Transform {
        let (turn, head, parallax) = (motion.head, &rig.head, &rig.parallax);
        let lift = -head.breath * motion.breath;
        let share = match self {
            Self::Neck => {
                // The neck leans: its foot stays, its top goes with the head.
                let lean = head.shift.0 * turn.yaw / (head.neck_foot - head.pivot.1).max(1.0) - 0.5 * turn.roll;
                return Transform::from_row(1.0, 0.0, -lean, 1.0, lean * head.neck_foot, 0.5 * lift);
            }
            Self::Shoulders => return Transform::from_translate(0.0, lift),
            Self::HairBack => parallax.hair_back,
            Self::Ears => parallax.ears,
            Self::Skin => parallax.skin,
            Self::Cheeks => parallax.cheeks,
            Self::Beard => parallax.beard,
            Self::Features => 1.0,
            Self::Nose => parallax.nose,
            Self::Glasses => parallax.glasses,
            Self::HairFront => parallax.hair_front,
        };
        Transform::from_translate(head.shift.0 * turn.yaw, head.shift.1 * turn.pitch + 0.6 * lift)
            .pre_concat(Transform::from_rotate_at(turn.roll.to_degrees(), head.pivot.0, head.pivot.1))
            .pre_translate(share * head.turn * turn.yaw, share * head.nod * turn.pitch)
    }
}
