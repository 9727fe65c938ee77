//! How the head is held.

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
