//! A pose: everything the renderer needs to know about one moment.

use crate::expression::pairs;
use crate::{BlendShape, Expression, MouthShape};

/// How the head is held. Zero is upright, facing the viewer.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct HeadPose {
    /// Turn, -1..=1; positive turns towards the right side of the picture.
    pub yaw: f32,
    /// Nod, -1..=1; positive looks down.
    pub pitch: f32,
    /// Tilt in radians, within ±0.2; positive leans towards the right side of the picture.
    pub roll: f32,
}

impl HeadPose {
    /// Upright, facing the viewer.
    pub const UPRIGHT: Self = Self { yaw: 0.0, pitch: 0.0, roll: 0.0 };
}

/// The face at one moment. All values stay within the ranges given, whatever was put into the animator.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct FacePose {
    /// Head turn, nod and tilt.
    pub head: HeadPose,
    /// How full the lungs are, 0..=1: lifts the shoulders.
    pub breath: f32,
    /// Gaze, -1..=1; positive looks towards the right side of the picture.
    pub gaze_x: f32,
    /// Gaze, -1..=1; positive looks down.
    pub gaze_y: f32,
    /// Lid closure of both eyes, 0 (open) ..= 1 (shut).
    pub lids: f32,
    /// Raised cheeks under the eyes, 0..=1, as in a smile that reaches the eyes.
    pub squint: f32,
    /// Brow height, -1 (low) ..= 1 (high).
    pub brow_raise: f32,
    /// Brows drawn together, 0..=1.
    pub brow_knit: f32,
    /// Mouth corners, 0 (neutral) ..= 1 (a broad smile).
    pub smile: f32,
    /// The mouth.
    pub mouth: MouthShape,
}

impl From<&Expression> for FacePose {
    fn from(expression: &Expression) -> Self {
        let jaw = expression[BlendShape::JawOpen];
        let closed = if jaw > 0.01 { (expression[BlendShape::MouthClose] / jaw).min(1.0) } else { 0.0 };
        Self {
            head: expression.head,
            breath: expression.breath,
            gaze_x: expression.mean(pairs::EYE_LOOK_PICTURE_RIGHT) - expression.mean(pairs::EYE_LOOK_PICTURE_LEFT),
            gaze_y: expression.mean(pairs::EYE_LOOK_DOWN) - expression.mean(pairs::EYE_LOOK_UP),
            lids: expression.mean(pairs::EYE_BLINK),
            squint: expression.mean(pairs::EYE_SQUINT),
            brow_raise: expression.mean(pairs::BROW_OUTER_UP),
            brow_knit: expression.mean(pairs::BROW_DOWN),
            smile: expression.mean(pairs::MOUTH_SMILE),
            mouth: MouthShape {
                jaw_open: jaw,
                lips_wide: expression.mean(pairs::MOUTH_STRETCH),
                lips_round: expression[BlendShape::MouthPucker].max(expression[BlendShape::MouthFunnel]),
                lips_press: expression.mean(pairs::MOUTH_PRESS).max(closed),
                teeth: expression.mean(pairs::MOUTH_UPPER_UP).max(expression.mean(pairs::MOUTH_LOWER_DOWN)),
                lip_tuck: expression[BlendShape::MouthRollLower],
                tongue: expression[BlendShape::TongueOut],
            },
        }
    }
}

impl From<&FacePose> for Expression {
    fn from(pose: &FacePose) -> Self {
        let mouth = &pose.mouth;
        let mut expression = Self::REST
            .with_both(pairs::EYE_LOOK_PICTURE_RIGHT, pose.gaze_x)
            .with_both(pairs::EYE_LOOK_PICTURE_LEFT, -pose.gaze_x)
            .with_both(pairs::EYE_LOOK_DOWN, pose.gaze_y)
            .with_both(pairs::EYE_LOOK_UP, -pose.gaze_y)
            .with_both(pairs::EYE_BLINK, pose.lids)
            .with_both(pairs::EYE_SQUINT, pose.squint)
            .with_both(pairs::BROW_OUTER_UP, pose.brow_raise)
            .with(BlendShape::BrowInnerUp, pose.brow_raise)
            .with_both(pairs::BROW_DOWN, pose.brow_knit)
            .with_both(pairs::MOUTH_SMILE, pose.smile)
            .with(BlendShape::JawOpen, mouth.jaw_open)
            .with(BlendShape::MouthClose, mouth.jaw_open * mouth.lips_press)
            .with_both(pairs::MOUTH_PRESS, mouth.lips_press)
            .with_both(pairs::MOUTH_STRETCH, mouth.lips_wide)
            .with(BlendShape::MouthPucker, mouth.lips_round)
            .with_both(pairs::MOUTH_UPPER_UP, mouth.teeth)
            .with_both(pairs::MOUTH_LOWER_DOWN, mouth.teeth)
            .with(BlendShape::MouthRollLower, mouth.lip_tuck)
            .with(BlendShape::TongueOut, mouth.tongue);
        expression.head = pose.head;
        expression.breath = pose.breath;
        expression.bounded()
    }
}
