//! An expression: everything a renderer needs to know about one moment.

use std::ops::{Index, IndexMut};

use crate::{BlendShape, HeadPose};

/// The face at one moment: how much of each [`BlendShape`], how the head is held, how full the lungs are.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Expression {
    weights: [f32; 52],
    /// Head turn, nod and tilt.
    pub head: HeadPose,
    /// How full the lungs are, 0..=1: lifts the shoulders.
    pub breath: f32,
}

impl Expression {
    /// A face at rest that looks at the viewer.
    pub const REST: Self = Self { weights: [0.0; 52], head: HeadPose::UPRIGHT, breath: 0.0 };

    /// Every weight, in the order of [`BlendShape::ALL`].
    #[must_use]
    pub fn weights(&self) -> &[f32; 52] {
        &self.weights
    }

    /// The same with one weight set.
    #[must_use]
    pub fn with(mut self, shape: BlendShape, weight: f32) -> Self {
        self[shape] = weight;
        self
    }

    /// The same with the left and the right shape set to one weight.
    #[must_use]
    pub fn with_both(self, [left, right]: [BlendShape; 2], weight: f32) -> Self {
        self.with(left, weight).with(right, weight)
    }

    /// The mean of a left and a right shape.
    #[must_use]
    pub fn mean(&self, [left, right]: [BlendShape; 2]) -> f32 {
        f32::midpoint(self[left], self[right])
    }

    /// The same with every weight within 0..=1 and the head within its range; what is not a number becomes 0.
    #[must_use]
    pub fn bounded(self) -> Self {
        let within = |value: f32, low: f32, high: f32| if value.is_nan() { 0.0 } else { value.clamp(low, high) };
        Self {
            weights: self.weights.map(|weight| within(weight, 0.0, 1.0)),
            head: HeadPose {
                yaw: within(self.head.yaw, -1.0, 1.0),
                pitch: within(self.head.pitch, -1.0, 1.0),
                roll: within(self.head.roll, -0.2, 0.2),
            },
            breath: within(self.breath, 0.0, 1.0),
        }
    }

    /// The largest difference of any weight between two expressions.
    #[must_use]
    pub fn distance(&self, other: &Self) -> f32 {
        self.weights.iter().zip(other.weights).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max)
    }
}

impl Default for Expression {
    fn default() -> Self {
        Self::REST
    }
}

impl Index<BlendShape> for Expression {
    type Output = f32;

    fn index(&self, shape: BlendShape) -> &f32 {
        &self.weights[shape.index()]
    }
}

impl IndexMut<BlendShape> for Expression {
    fn index_mut(&mut self, shape: BlendShape) -> &mut f32 {
        &mut self.weights[shape.index()]
    }
}

/// The shapes that come in pairs, left then right.
pub mod pairs {
    use crate::BlendShape::{self, *};

    /// The eyelids close.
    pub const EYE_BLINK: [BlendShape; 2] = [EyeBlinkLeft, EyeBlinkRight];
    /// The skin around the eyes contracts.
    pub const EYE_SQUINT: [BlendShape; 2] = [EyeSquintLeft, EyeSquintRight];
    /// The lids open wider than at rest.
    pub const EYE_WIDE: [BlendShape; 2] = [EyeWideLeft, EyeWideRight];
    /// Both eyes look up.
    pub const EYE_LOOK_UP: [BlendShape; 2] = [EyeLookUpLeft, EyeLookUpRight];
    /// Both eyes look down.
    pub const EYE_LOOK_DOWN: [BlendShape; 2] = [EyeLookDownLeft, EyeLookDownRight];
    /// Both eyes look towards the right side of the picture: the person's left.
    pub const EYE_LOOK_PICTURE_RIGHT: [BlendShape; 2] = [EyeLookOutLeft, EyeLookInRight];
    /// Both eyes look towards the left side of the picture: the person's right.
    pub const EYE_LOOK_PICTURE_LEFT: [BlendShape; 2] = [EyeLookInLeft, EyeLookOutRight];
    /// The corners of the mouth go up.
    pub const MOUTH_SMILE: [BlendShape; 2] = [MouthSmileLeft, MouthSmileRight];
    /// The corners of the mouth go down.
    pub const MOUTH_FROWN: [BlendShape; 2] = [MouthFrownLeft, MouthFrownRight];
    /// The corners of the mouth go back.
    pub const MOUTH_DIMPLE: [BlendShape; 2] = [MouthDimpleLeft, MouthDimpleRight];
    /// The corners of the mouth go out.
    pub const MOUTH_STRETCH: [BlendShape; 2] = [MouthStretchLeft, MouthStretchRight];
    /// The lips press together.
    pub const MOUTH_PRESS: [BlendShape; 2] = [MouthPressLeft, MouthPressRight];
    /// The lower lip goes down.
    pub const MOUTH_LOWER_DOWN: [BlendShape; 2] = [MouthLowerDownLeft, MouthLowerDownRight];
    /// The upper lip goes up.
    pub const MOUTH_UPPER_UP: [BlendShape; 2] = [MouthUpperUpLeft, MouthUpperUpRight];
    /// The brows go down and inwards.
    pub const BROW_DOWN: [BlendShape; 2] = [BrowDownLeft, BrowDownRight];
    /// The outer ends of the brows go up.
    pub const BROW_OUTER_UP: [BlendShape; 2] = [BrowOuterUpLeft, BrowOuterUpRight];
    /// The cheeks go up.
    pub const CHEEK_SQUINT: [BlendShape; 2] = [CheekSquintLeft, CheekSquintRight];
    /// The wings of the nose go up.
    pub const NOSE_SNEER: [BlendShape; 2] = [NoseSneerLeft, NoseSneerRight];
}
