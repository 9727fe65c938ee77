//! The 52 blend shapes of Apple's ARKit, by their names: the common language of faces.
//!
//! Source: Apple, "ARFaceAnchor.BlendShapeLocation". Left and right are the person's own: the left of a face that looks at
//! the viewer is on the right of the picture.

/// One of the 52 movements of which a face is made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[repr(u8)]
pub enum BlendShape {
    /// The eyelids close (left).
    EyeBlinkLeft,
    /// The eye looks down (left).
    EyeLookDownLeft,
    /// The eye looks towards the nose (left).
    EyeLookInLeft,
    /// The eye looks away from the nose (left).
    EyeLookOutLeft,
    /// The eye looks up (left).
    EyeLookUpLeft,
    /// The skin around the eye contracts (left).
    EyeSquintLeft,
    /// The lids open wider than at rest (left).
    EyeWideLeft,
    /// The eyelids close (right).
    EyeBlinkRight,
    /// The eye looks down (right).
    EyeLookDownRight,
    /// The eye looks towards the nose (right).
    EyeLookInRight,
    /// The eye looks away from the nose (right).
    EyeLookOutRight,
    /// The eye looks up (right).
    EyeLookUpRight,
    /// The skin around the eye contracts (right).
    EyeSquintRight,
    /// The lids open wider than at rest (right).
    EyeWideRight,
    /// The jaw comes forward.
    JawForward,
    /// The jaw moves to the person's left.
    JawLeft,
    /// The jaw moves to the person's right.
    JawRight,
    /// The jaw drops.
    JawOpen,
    /// The lips stay together although the jaw is open; as much of it as of `jawOpen` is a closed mouth.
    MouthClose,
    /// The lips form an open funnel.
    MouthFunnel,
    /// The lips contract, closed.
    MouthPucker,
    /// Both lips move to the person's left.
    MouthLeft,
    /// Both lips move to the person's right.
    MouthRight,
    /// The corner goes up (left).
    MouthSmileLeft,
    /// The corner goes up (right).
    MouthSmileRight,
    /// The corner goes down (left).
    MouthFrownLeft,
    /// The corner goes down (right).
    MouthFrownRight,
    /// The corner goes back (left).
    MouthDimpleLeft,
    /// The corner goes back (right).
    MouthDimpleRight,
    /// The corner goes out (left).
    MouthStretchLeft,
    /// The corner goes out (right).
    MouthStretchRight,
    /// The lower lip rolls inwards.
    MouthRollLower,
    /// The upper lip rolls inwards.
    MouthRollUpper,
    /// The lower lip goes up and out.
    MouthShrugLower,
    /// The upper lip goes up and out.
    MouthShrugUpper,
    /// The lips press together (left).
    MouthPressLeft,
    /// The lips press together (right).
    MouthPressRight,
    /// The lower lip goes down (left).
    MouthLowerDownLeft,
    /// The lower lip goes down (right).
    MouthLowerDownRight,
    /// The upper lip goes up (left).
    MouthUpperUpLeft,
    /// The upper lip goes up (right).
    MouthUpperUpRight,
    /// The brow goes down and inwards (left).
    BrowDownLeft,
    /// The brow goes down and inwards (right).
    BrowDownRight,
    /// The inner ends of both brows go up.
    BrowInnerUp,
    /// The outer end of the brow goes up (left).
    BrowOuterUpLeft,
    /// The outer end of the brow goes up (right).
    BrowOuterUpRight,
    /// Both cheeks are blown up.
    CheekPuff,
    /// The cheek goes up (left).
    CheekSquintLeft,
    /// The cheek goes up (right).
    CheekSquintRight,
    /// The wing of the nose goes up (left).
    NoseSneerLeft,
    /// The wing of the nose goes up (right).
    NoseSneerRight,
    /// The tongue comes forward, between the teeth and out.
    TongueOut,
}

impl BlendShape {
    /// All of them, in ARKit's order: `ALL[shape.index()] == shape`.
    pub const ALL: [Self; 52] = [
        Self::EyeBlinkLeft,
        Self::EyeLookDownLeft,
        Self::EyeLookInLeft,
        Self::EyeLookOutLeft,
        Self::EyeLookUpLeft,
        Self::EyeSquintLeft,
        Self::EyeWideLeft,
        Self::EyeBlinkRight,
        Self::EyeLookDownRight,
        Self::EyeLookInRight,
        Self::EyeLookOutRight,
        Self::EyeLookUpRight,
        Self::EyeSquintRight,
        Self::EyeWideRight,
        Self::JawForward,
        Self::JawLeft,
        Self::JawRight,
        Self::JawOpen,
        Self::MouthClose,
        Self::MouthFunnel,
        Self::MouthPucker,
        Self::MouthLeft,
        Self::MouthRight,
        Self::MouthSmileLeft,
        Self::MouthSmileRight,
        Self::MouthFrownLeft,
        Self::MouthFrownRight,
        Self::MouthDimpleLeft,
        Self::MouthDimpleRight,
        Self::MouthStretchLeft,
        Self::MouthStretchRight,
        Self::MouthRollLower,
        Self::MouthRollUpper,
        Self::MouthShrugLower,
        Self::MouthShrugUpper,
        Self::MouthPressLeft,
        Self::MouthPressRight,
        Self::MouthLowerDownLeft,
        Self::MouthLowerDownRight,
        Self::MouthUpperUpLeft,
        Self::MouthUpperUpRight,
        Self::BrowDownLeft,
        Self::BrowDownRight,
        Self::BrowInnerUp,
        Self::BrowOuterUpLeft,
        Self::BrowOuterUpRight,
        Self::CheekPuff,
        Self::CheekSquintLeft,
        Self::CheekSquintRight,
        Self::NoseSneerLeft,
        Self::NoseSneerRight,
        Self::TongueOut,
    ];

    /// Its place in [`Self::ALL`].
    #[must_use]
    pub const fn index(self) -> usize {
        self as usize
    }

    /// The name ARKit gives it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::EyeBlinkLeft => "eyeBlinkLeft",
            Self::EyeLookDownLeft => "eyeLookDownLeft",
            Self::EyeLookInLeft => "eyeLookInLeft",
            Self::EyeLookOutLeft => "eyeLookOutLeft",
            Self::EyeLookUpLeft => "eyeLookUpLeft",
            Self::EyeSquintLeft => "eyeSquintLeft",
            Self::EyeWideLeft => "eyeWideLeft",
            Self::EyeBlinkRight => "eyeBlinkRight",
            Self::EyeLookDownRight => "eyeLookDownRight",
            Self::EyeLookInRight => "eyeLookInRight",
            Self::EyeLookOutRight => "eyeLookOutRight",
            Self::EyeLookUpRight => "eyeLookUpRight",
            Self::EyeSquintRight => "eyeSquintRight",
            Self::EyeWideRight => "eyeWideRight",
            Self::JawForward => "jawForward",
            Self::JawLeft => "jawLeft",
            Self::JawRight => "jawRight",
            Self::JawOpen => "jawOpen",
            Self::MouthClose => "mouthClose",
            Self::MouthFunnel => "mouthFunnel",
            Self::MouthPucker => "mouthPucker",
            Self::MouthLeft => "mouthLeft",
            Self::MouthRight => "mouthRight",
            Self::MouthSmileLeft => "mouthSmileLeft",
            Self::MouthSmileRight => "mouthSmileRight",
            Self::MouthFrownLeft => "mouthFrownLeft",
            Self::MouthFrownRight => "mouthFrownRight",
            Self::MouthDimpleLeft => "mouthDimpleLeft",
            Self::MouthDimpleRight => "mouthDimpleRight",
            Self::MouthStretchLeft => "mouthStretchLeft",
            Self::MouthStretchRight => "mouthStretchRight",
            Self::MouthRollLower => "mouthRollLower",
            Self::MouthRollUpper => "mouthRollUpper",
            Self::MouthShrugLower => "mouthShrugLower",
            Self::MouthShrugUpper => "mouthShrugUpper",
            Self::MouthPressLeft => "mouthPressLeft",
            Self::MouthPressRight => "mouthPressRight",
            Self::MouthLowerDownLeft => "mouthLowerDownLeft",
            Self::MouthLowerDownRight => "mouthLowerDownRight",
            Self::MouthUpperUpLeft => "mouthUpperUpLeft",
            Self::MouthUpperUpRight => "mouthUpperUpRight",
            Self::BrowDownLeft => "browDownLeft",
            Self::BrowDownRight => "browDownRight",
            Self::BrowInnerUp => "browInnerUp",
            Self::BrowOuterUpLeft => "browOuterUpLeft",
            Self::BrowOuterUpRight => "browOuterUpRight",
            Self::CheekPuff => "cheekPuff",
            Self::CheekSquintLeft => "cheekSquintLeft",
            Self::CheekSquintRight => "cheekSquintRight",
            Self::NoseSneerLeft => "noseSneerLeft",
            Self::NoseSneerRight => "noseSneerRight",
            Self::TongueOut => "tongueOut",
        }
    }

    /// The shape of that name, if there is one.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|shape| shape.name() == name)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used)]
    use super::*;

    #[test]
    fn every_shape_is_found_at_its_place_and_by_its_name() {
        for (index, shape) in BlendShape::ALL.into_iter().enumerate() {
            assert_eq!(shape.index(), index);
            assert_eq!(BlendShape::from_name(shape.name()), Some(shape));
        }
        assert_eq!(BlendShape::from_name("mouthWhistle"), None);
    }
}
