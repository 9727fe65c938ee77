//! What an emotion does to a face.
//!
//! The prototypes of Ekman and Friesen (Facial Action Coding System, 1978; EMFACS) in action units (AU), each AU as the
//! blend shape of ARKit that moves the same muscle:
//!
//! | AU | muscle action | blend shape |
//! |---|---|---|
//! | 1 | inner brow up | `browInnerUp` |
//! | 2 | outer brow up | `browOuterUp` |
//! | 4 | brow down | `browDown` |
//! | 5 | upper lid up | `eyeWide` |
//! | 6 | cheek up | `cheekSquint` |
//! | 7 | lids tight | `eyeSquint` |
//! | 9 | nose wrinkles | `noseSneer` |
//! | 12 | lip corners up | `mouthSmile` |
//! | 15 | lip corners down | `mouthFrown` |
//! | 17 | chin up | `mouthShrugLower` |
//! | 20 | lips stretched | `mouthStretch` |
//! | 24 | lips pressed | `mouthPress` |
//! | 25 | lips part | `mouthUpperUp`, `mouthLowerDown` |
//! | 26 | jaw drops | `jawOpen` |
//! | 43 | lids droop | `eyeBlink` (in part) |
//!
//! Joy 6+12+25, sadness 1+4+15+17+43, surprise 1+2+5+26, anger 4+5+7+9+24, fear 1+2+4+5+20+26. Calm has no prototype: a
//! trace of 12 and 43.

use super::Emotion;
use crate::BlendShape::{self, *};

/// The blend shapes of an emotion at full intensity; what is not listed is 0.
#[must_use]
pub const fn shapes(emotion: Emotion) -> &'static [(BlendShape, f32)] {
    match emotion {
        Emotion::Joy => &[
            (CheekSquintLeft, 0.60),
            (CheekSquintRight, 0.60),
            (EyeSquintLeft, 0.28),
            (EyeSquintRight, 0.28),
            (MouthSmileLeft, 0.75),
            (MouthSmileRight, 0.75),
            (MouthUpperUpLeft, 0.14),
            (MouthUpperUpRight, 0.14),
            (MouthLowerDownLeft, 0.12),
            (MouthLowerDownRight, 0.12),
            (BrowOuterUpLeft, 0.10),
            (BrowOuterUpRight, 0.10),
        ],
        Emotion::Sadness => &[
            (BrowInnerUp, 0.75),
            (BrowDownLeft, 0.25),
            (BrowDownRight, 0.25),
            (MouthFrownLeft, 0.60),
            (MouthFrownRight, 0.60),
            (MouthShrugLower, 0.30),
            (EyeBlinkLeft, 0.14),
            (EyeBlinkRight, 0.14),
        ],
        Emotion::Surprise => &[
            (BrowInnerUp, 0.85),
            (BrowOuterUpLeft, 0.85),
            (BrowOuterUpRight, 0.85),
            (EyeWideLeft, 0.70),
            (EyeWideRight, 0.70),
            (JawOpen, 0.32),
        ],
        Emotion::Anger => &[
            (BrowDownLeft, 0.90),
            (BrowDownRight, 0.90),
            (EyeWideLeft, 0.20),
            (EyeWideRight, 0.20),
            (EyeSquintLeft, 0.45),
            (EyeSquintRight, 0.45),
            (NoseSneerLeft, 0.25),
            (NoseSneerRight, 0.25),
            (MouthPressLeft, 0.45),
            (MouthPressRight, 0.45),
            (MouthFrownLeft, 0.22),
            (MouthFrownRight, 0.22),
        ],
        Emotion::Fear => &[
            (BrowInnerUp, 0.80),
            (BrowOuterUpLeft, 0.35),
            (BrowOuterUpRight, 0.35),
            (BrowDownLeft, 0.30),
            (BrowDownRight, 0.30),
            (EyeWideLeft, 0.75),
            (EyeWideRight, 0.75),
            (MouthStretchLeft, 0.50),
            (MouthStretchRight, 0.50),
            (JawOpen, 0.14),
        ],
        Emotion::Calm => {
            &[(MouthSmileLeft, 0.14), (MouthSmileRight, 0.14), (EyeBlinkLeft, 0.06), (EyeBlinkRight, 0.06)]
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_emotion_shows_within_range_and_none_looks_like_another() {
        let weight = |emotion, shape| {
            shapes(emotion).iter().find(|(listed, _)| *listed == shape).map_or(0.0, |(_, weight)| *weight)
        };
        for (i, a) in Emotion::ALL.into_iter().enumerate() {
            assert!(shapes(a).iter().all(|(_, weight)| *weight > 0.0 && *weight <= 1.0));
            for b in Emotion::ALL.into_iter().skip(i + 1) {
                let apart = BlendShape::ALL.iter().map(|shape| (weight(a, *shape) - weight(b, *shape)).abs());
                assert!(apart.fold(0.0, f32::max) > 0.3, "{a:?} looks like {b:?}");
            }
        }
    }
}
