//! Where each layer of the head lies for a pose.
//!
//! A turned head is shown by layers that move by different amounts: the nose most, the ears the other way.

use tiny_skia::Transform;

use super::body;
use crate::FacePose;

/// The pivot of the head, between the ears and the shoulders, in art units.
const NECK: (f32, f32) = (500.0, 700.0);
/// How far the features travel over the head with a turn or nod of 1, in art units; other layers by the shares in
/// [`Planes::of`].
const TURN: f32 = 34.0;
const NOD: f32 = 26.0;
/// How far the whole head moves with a turn or nod of 1, in art units.
const SHIFT: (f32, f32) = (16.0, 10.0);

/// The foot of the neck, which stays with the shoulders, in art units.
const FOOT: f32 = 830.0;

/// The movement of each layer, in art units.
pub(super) struct Planes {
    pub(super) head: Transform,
    pub(super) behind: Transform,
    pub(super) features: Transform,
    pub(super) nose: Transform,
    pub(super) front: Transform,
    pub(super) neck: Transform,
    pub(super) shoulders: Transform,
}

impl Planes {
    pub(super) fn of(pose: &FacePose) -> Self {
        let turn = pose.head;
        let lift = -body::LIFT * pose.breath;
        let head = Transform::from_translate(SHIFT.0 * turn.yaw, SHIFT.1 * turn.pitch + 0.6 * lift)
            .pre_concat(Transform::from_rotate_at(turn.roll.to_degrees(), NECK.0, NECK.1));
        let (x, y) = (TURN * turn.yaw, NOD * turn.pitch);
        let layer = |share: f32| head.pre_translate(share * x, share * y);
        // The neck leans: its foot stays, its top goes with the head.
        let lean = SHIFT.0 * turn.yaw / (FOOT - NECK.1) - 0.5 * turn.roll;
        Self {
            head,
            behind: layer(-0.28),
            features: layer(1.0),
            nose: layer(1.35),
            front: layer(0.30),
            neck: Transform::from_row(1.0, 0.0, -lean, 1.0, lean * FOOT, 0.5 * lift),
            shoulders: Transform::from_translate(0.0, lift),
        }
    }
}
