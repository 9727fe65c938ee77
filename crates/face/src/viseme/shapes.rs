//! What each viseme asks of the mouth, in ARKit's blend shapes, at its full extent.
//!
//! Set by eye after the mouth positions in Meta's "Viseme Reference"; 1 is the end of a blend shape's own range (a
//! `jawOpen` of 1 is a yawn), so that even an "ah" stays well below it.

use super::Viseme;
use crate::BlendShape::{self, *};
use crate::Expression;

/// The blend shapes of a viseme and their weights; what is not listed is 0.
pub(crate) const fn shapes(viseme: Viseme) -> &'static [(BlendShape, f32)] {
    match viseme {
        Viseme::Sil => &[],
        // As much `mouthClose` as `jawOpen`: the lips touch.
        Viseme::PP => &[
            (JawOpen, 0.06),
            (MouthClose, 0.06),
            (MouthPressLeft, 0.55),
            (MouthPressRight, 0.55),
            (MouthRollLower, 0.22),
            (MouthRollUpper, 0.18),
        ],
        Viseme::FF => &[
            (JawOpen, 0.10),
            (MouthRollLower, 0.80),
            (MouthUpperUpLeft, 0.40),
            (MouthUpperUpRight, 0.40),
            (MouthStretchLeft, 0.12),
            (MouthStretchRight, 0.12),
        ],
        Viseme::TH => &[
            (JawOpen, 0.22),
            (TongueOut, 0.50),
            (MouthUpperUpLeft, 0.20),
            (MouthUpperUpRight, 0.20),
            (MouthLowerDownLeft, 0.28),
            (MouthLowerDownRight, 0.28),
        ],
        Viseme::DD => &[
            (JawOpen, 0.17),
            (TongueOut, 0.10),
            (MouthUpperUpLeft, 0.18),
            (MouthUpperUpRight, 0.18),
            (MouthLowerDownLeft, 0.32),
            (MouthLowerDownRight, 0.32),
            (MouthStretchLeft, 0.15),
            (MouthStretchRight, 0.15),
        ],
        Viseme::Kk => &[
            (JawOpen, 0.28),
            (MouthUpperUpLeft, 0.10),
            (MouthUpperUpRight, 0.10),
            (MouthLowerDownLeft, 0.20),
            (MouthLowerDownRight, 0.20),
            (MouthStretchLeft, 0.12),
            (MouthStretchRight, 0.12),
        ],
        Viseme::CH => &[
            (JawOpen, 0.16),
            (MouthFunnel, 0.55),
            (MouthPucker, 0.20),
            (MouthShrugUpper, 0.15),
            (MouthUpperUpLeft, 0.20),
            (MouthUpperUpRight, 0.20),
            (MouthLowerDownLeft, 0.25),
            (MouthLowerDownRight, 0.25),
        ],
        Viseme::SS => &[
            (JawOpen, 0.08),
            (MouthStretchLeft, 0.45),
            (MouthStretchRight, 0.45),
            (MouthDimpleLeft, 0.15),
            (MouthDimpleRight, 0.15),
            (MouthUpperUpLeft, 0.30),
            (MouthUpperUpRight, 0.30),
            (MouthLowerDownLeft, 0.42),
            (MouthLowerDownRight, 0.42),
        ],
        Viseme::Nn => &[
            (JawOpen, 0.28),
            (TongueOut, 0.32),
            (MouthUpperUpLeft, 0.10),
            (MouthUpperUpRight, 0.10),
            (MouthLowerDownLeft, 0.24),
            (MouthLowerDownRight, 0.24),
            (MouthStretchLeft, 0.10),
            (MouthStretchRight, 0.10),
        ],
        Viseme::RR => &[
            (JawOpen, 0.22),
            (MouthPucker, 0.35),
            (MouthFunnel, 0.30),
            (MouthLowerDownLeft, 0.12),
            (MouthLowerDownRight, 0.12),
        ],
        Viseme::Aa => &[
            (JawOpen, 0.75),
            (MouthUpperUpLeft, 0.20),
            (MouthUpperUpRight, 0.20),
            (MouthLowerDownLeft, 0.35),
            (MouthLowerDownRight, 0.35),
            (MouthStretchLeft, 0.10),
            (MouthStretchRight, 0.10),
        ],
        Viseme::E => &[
            (JawOpen, 0.42),
            (MouthStretchLeft, 0.35),
            (MouthStretchRight, 0.35),
            (MouthDimpleLeft, 0.15),
            (MouthDimpleRight, 0.15),
            (MouthUpperUpLeft, 0.22),
            (MouthUpperUpRight, 0.22),
            (MouthLowerDownLeft, 0.38),
            (MouthLowerDownRight, 0.38),
        ],
        Viseme::Ih => &[
            (JawOpen, 0.25),
            (MouthStretchLeft, 0.50),
            (MouthStretchRight, 0.50),
            (MouthDimpleLeft, 0.25),
            (MouthDimpleRight, 0.25),
            (MouthUpperUpLeft, 0.20),
            (MouthUpperUpRight, 0.20),
            (MouthLowerDownLeft, 0.32),
            (MouthLowerDownRight, 0.32),
        ],
        Viseme::Oh => &[(JawOpen, 0.52), (MouthFunnel, 0.55), (MouthPucker, 0.25)],
        Viseme::Ou => &[(JawOpen, 0.22), (MouthPucker, 0.75), (MouthFunnel, 0.30)],
    }
}

impl Viseme {
    /// The viseme at its full extent, on a face that is otherwise at rest.
    #[must_use]
    pub fn expression(self) -> Expression {
        let mut expression = Expression::REST;
        for (shape, weight) in shapes(self) {
            expression[*shape] = *weight;
        }
        expression
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_visemes_look_different_and_stay_within_range() {
        for (i, a) in Viseme::ALL.into_iter().enumerate() {
            assert_eq!(a.expression(), a.expression().bounded());
            for b in Viseme::ALL.into_iter().skip(i + 1) {
                let distance = a.expression().distance(&b.expression());
                assert!(distance >= 0.1, "{} looks like {}: {distance}", a.name(), b.name());
            }
        }
    }

    #[test]
    fn only_silence_and_p_b_m_have_shut_lips() {
        for viseme in Viseme::ALL {
            let shut = matches!(viseme, Viseme::Sil | Viseme::PP);
            assert_eq!(viseme.expression().lip_opening() == 0.0, shut, "{}", viseme.name());
        }
    }

    #[test]
    fn visemes_move_only_what_belongs_to_the_mouth() {
        for viseme in Viseme::ALL {
            assert!(shapes(viseme).iter().all(|(shape, _)| shape.is_of_mouth()), "{}", viseme.name());
        }
    }
}
