//! The shape of a mouth, and the shape each viseme asks for.
//!
//! The parameters are a small subset of the ARKit face blend shapes (jawOpen, mouthStretch, mouthFunnel/Pucker,
//! mouthPress, mouthRollLower, tongueOut), as far as a drawing can show them.

use crate::Viseme;

/// A mouth. Every field is within 0..=1; all zero is the mouth at rest.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct MouthShape {
    /// How far the jaw is down; 1 is wide open.
    pub jaw_open: f32,
    /// Corners pulled apart.
    pub lips_wide: f32,
    /// Lips rounded and pushed forward.
    pub lips_round: f32,
    /// Lips pressed together; 1 means shut, whatever the jaw does.
    pub lips_press: f32,
    /// How much of the teeth shows.
    pub teeth: f32,
    /// Lower lip drawn in under the upper teeth.
    pub lip_tuck: f32,
    /// Tongue raised and forward, towards the upper teeth.
    pub tongue: f32,
}

impl MouthShape {
    /// The mouth at rest, lips lightly closed.
    pub const REST: Self = Self {
        jaw_open: 0.0,
        lips_wide: 0.0,
        lips_round: 0.0,
        lips_press: 0.0,
        teeth: 0.0,
        lip_tuck: 0.0,
        tongue: 0.0,
    };

    /// The shape of a viseme at its full extent.
    #[must_use]
    pub const fn of(viseme: Viseme) -> Self {
        // jaw, wide, round, press, teeth, tuck, tongue
        let [jaw_open, lips_wide, lips_round, lips_press, teeth, lip_tuck, tongue] = match viseme {
            Viseme::Sil => [0.00, 0.00, 0.00, 0.00, 0.00, 0.00, 0.00],
            Viseme::PP => [0.00, 0.05, 0.10, 1.00, 0.00, 0.00, 0.00],
            Viseme::FF => [0.17, 0.20, 0.00, 0.00, 0.90, 1.00, 0.00],
            Viseme::TH => [0.30, 0.25, 0.00, 0.00, 0.65, 0.00, 1.00],
            Viseme::DD => [0.26, 0.35, 0.00, 0.00, 0.75, 0.00, 0.60],
            Viseme::Kk => [0.38, 0.20, 0.00, 0.00, 0.40, 0.00, 0.15],
            Viseme::CH => [0.28, 0.00, 0.62, 0.00, 1.00, 0.00, 0.00],
            Viseme::SS => [0.20, 0.75, 0.00, 0.00, 1.00, 0.00, 0.00],
            Viseme::Nn => [0.36, 0.30, 0.00, 0.00, 0.35, 0.00, 0.75],
            Viseme::RR => [0.32, 0.00, 0.48, 0.00, 0.35, 0.00, 0.35],
            Viseme::Aa => [1.00, 0.25, 0.00, 0.00, 0.55, 0.00, 0.10],
            Viseme::E => [0.58, 0.55, 0.00, 0.00, 0.70, 0.00, 0.20],
            Viseme::Ih => [0.36, 1.00, 0.00, 0.00, 0.85, 0.00, 0.30],
            Viseme::Oh => [0.72, 0.00, 0.75, 0.00, 0.15, 0.00, 0.05],
            Viseme::Ou => [0.34, 0.00, 1.00, 0.00, 0.00, 0.00, 0.00],
        };
        Self { jaw_open, lips_wide, lips_round, lips_press, teeth, lip_tuck, tongue }
    }

    /// The shape on the way from `self` (`share` 0) to `other` (`share` 1).
    #[must_use]
    pub fn blend(self, other: Self, share: f32) -> Self {
        self.zip(other, |a, b| a + (b - a) * share)
    }

    /// The same shape with every value forced into 0..=1; a NaN becomes 0.
    #[must_use]
    pub fn bounded(self) -> Self {
        self.zip(self, |a, _| if a.is_nan() { 0.0 } else { a.clamp(0.0, 1.0) })
    }

    /// The largest difference of any parameter between two shapes.
    #[must_use]
    pub fn distance(self, other: Self) -> f32 {
        let d = self.zip(other, |a, b| (a - b).abs());
        [d.lips_wide, d.lips_round, d.lips_press, d.teeth, d.lip_tuck, d.tongue].into_iter().fold(d.jaw_open, f32::max)
    }

    /// Adds `other * weight`.
    pub(crate) fn add(self, other: Self, weight: f32) -> Self {
        self.zip(other, |a, b| a + b * weight)
    }

    fn zip(self, other: Self, of: impl Fn(f32, f32) -> f32) -> Self {
        Self {
            jaw_open: of(self.jaw_open, other.jaw_open),
            lips_wide: of(self.lips_wide, other.lips_wide),
            lips_round: of(self.lips_round, other.lips_round),
            lips_press: of(self.lips_press, other.lips_press),
            teeth: of(self.teeth, other.teeth),
            lip_tuck: of(self.lip_tuck, other.lip_tuck),
            tongue: of(self.tongue, other.tongue),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_visemes_look_different() {
        for (i, a) in Viseme::ALL.into_iter().enumerate() {
            for b in Viseme::ALL.into_iter().skip(i + 1) {
                assert!(MouthShape::of(a).distance(MouthShape::of(b)) >= 0.2, "{} looks like {}", a.name(), b.name());
            }
        }
    }

    #[test]
    fn bounded_takes_anything() {
        let odd = MouthShape { jaw_open: f32::NAN, lips_wide: 7.0, lips_round: -3.0, ..MouthShape::REST };
        assert_eq!(odd.bounded(), MouthShape { lips_wide: 1.0, ..MouthShape::REST });
    }
}
