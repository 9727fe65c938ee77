//! A pose: everything the renderer needs to know about one moment.

use crate::MouthShape;

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
