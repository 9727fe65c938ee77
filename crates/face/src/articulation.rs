//! Articulation: what speech asks of the mouth at one moment.

use crate::{BlendShape, Expression};

/// What speech asks of the face at one moment, as a [`crate::SpeechTrack`] or [`crate::MouthFromSound`] gives it.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Articulation {
    /// The mouth: only shapes of the mouth ([`BlendShape::is_of_mouth`]) are above 0.
    pub mouth: Expression,
    /// How much speech has the mouth, 0 (nothing is said) ..= 1. What the rest of the face wants of the mouth yields to
    /// it.
    pub presence: f32,
    /// How shut the lips must be for a p, b or m, 0..=1; at 1 they are shut whatever else goes on.
    pub closure: f32,
    /// How much of a stressed syllable this is, 0..=1; none when the speech does not say where its stress is.
    pub emphasis: Option<f32>,
}

impl Articulation {
    /// Nothing is said.
    pub const REST: Self = Self { mouth: Expression::REST, presence: 0.0, closure: 0.0, emphasis: None };

    /// The same with every value within its range and nothing but the mouth in `mouth`; what is not a number becomes 0.
    #[must_use]
    pub fn bounded(self) -> Self {
        let share = |value: f32| if value.is_nan() { 0.0 } else { value.clamp(0.0, 1.0) };
        let mut mouth = Expression::REST;
        for shape in BlendShape::ALL.into_iter().filter(|shape| shape.is_of_mouth()) {
            mouth[shape] = share(self.mouth[shape]);
        }
        Self { mouth, presence: share(self.presence), closure: share(self.closure), emphasis: self.emphasis.map(share) }
    }
}

impl BlendShape {
    /// Whether speech moves it: jaw, lips and tongue.
    #[must_use]
    pub const fn is_of_mouth(self) -> bool {
        matches!(self, Self::TongueOut)
            || (self.index() >= Self::JawForward.index() && self.index() <= Self::MouthUpperUpRight.index())
    }
}

impl Expression {
    /// How far the lips are apart, 0 (they touch) ..= 1: what the jaw opens and the lips do not close again, or what
    /// the lips open by themselves.
    #[must_use]
    pub fn lip_opening(&self) -> f32 {
        use crate::expression::pairs;
        let jaw = self[BlendShape::JawOpen] - self[BlendShape::MouthClose];
        let lips = self.mean(pairs::MOUTH_UPPER_UP).max(self.mean(pairs::MOUTH_LOWER_DOWN));
        jaw.max(lips).max(self[BlendShape::MouthFunnel]).clamp(0.0, 1.0)
    }
}
