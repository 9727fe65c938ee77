//! The brows: art that is lifted, lowered and turned; and the lines that they draw on the forehead.

use tiny_skia::Transform;

use super::brush::Brush;
use super::outline::At;
use super::rig::Rig;
use crate::expression::pairs;
use crate::{BlendShape, Expression};

/// The box that the lines of the forehead stay in, around the middle of the brows: left, top, right, bottom.
pub(super) const BOX: [f32; 4] = [-130.0, -110.0, 130.0, 70.0];

/// What the brows do; pairs are left and right of the picture.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct BrowWeights {
    inner_up: f32,
    outer_up: [f32; 2],
    down: [f32; 2],
}

impl BrowWeights {
    /// The weights of an expression, in steps that can be seen.
    pub(super) fn of(expression: &Expression) -> Self {
        let one = |shape: BlendShape| super::stepped(expression[shape]);
        // The person's left is on the right of the picture.
        let both = |[left, right]: [BlendShape; 2]| [one(right), one(left)];
        Self {
            inner_up: one(BlendShape::BrowInnerUp),
            outer_up: both(pairs::BROW_OUTER_UP),
            down: both(pairs::BROW_DOWN),
        }
    }

    /// How the brow on the left (0) or the right (1) of the picture moves, in art units.
    pub(super) fn movement(&self, side: usize, rig: &Rig) -> Transform {
        let toward = if side == 0 { -1.0 } else { 1.0 };
        let (brows, down, outer_up) = (&rig.brows, self.down[side], self.outer_up[side]);
        // How far the inner and the outer end go down, and how far the inner one goes towards the nose.
        let inner = -brows.raise * (1.05 * self.inner_up + 0.25 * outer_up) + brows.lower * 1.25 * down;
        let outer = -brows.raise * (0.9 * outer_up + 0.05 * self.inner_up) - brows.lower * 0.10 * down
            + 0.15 * brows.raise * (self.inner_up - outer_up).max(0.0);
        let inward = 9.0 * down + 4.0 * (self.inner_up - outer_up).max(0.0);
        let length = (brows.outer - brows.inner).max(1.0);
        let stretch = 1.0 + inward / length;
        let fall = (inner - outer) / length;
        // Sheared and stretched around the outer end.
        let pivot = 500.0 + toward * brows.outer;
        Transform::from_row(stretch, -toward * fall, 0.0, 1.0, pivot * (1.0 - stretch), toward * fall * pivot + outer)
    }
}

/// Draws the lines between the brows and on the forehead.
pub(super) fn paint_lines(brush: &mut Brush, weights: &BrowWeights, rig: &Rig) {
    let at = |x: f32, y: f32| -> At { (500.0 + x, rig.brows.level + y) };
    let deep = rig.colours.skin_deep;
    for (side, toward) in [-1.0_f32, 1.0].into_iter().enumerate() {
        let knit = 0.55 * weights.down[side] * rig.brows.lines;
        if knit > 0.02 {
            let curve =
                [at(toward * 15.0, -12.0), at(toward * 10.0, 0.0), at(toward * 9.0, 14.0), at(toward * 13.0, 26.0)];
            brush.ribbon(curve, 4.0, deep.alpha(knit));
        }
    }
    let raised = weights.inner_up.max(0.8 * f32::midpoint(weights.outer_up[0], weights.outer_up[1]));
    let lines = 0.34 * (raised - 0.25).max(0.0) / 0.75 * rig.brows.lines;
    if lines > 0.01 {
        // Raised at the middle only, the lines bend up there.
        let arch = 10.0 * (weights.inner_up - f32::midpoint(weights.outer_up[0], weights.outer_up[1]));
        for (height, half) in [(-46.0, 84.0), (-66.0, 72.0)] {
            let (end, middle) = (height + 0.5 * arch, height - 7.0 - arch);
            let curve = [at(-half, end), at(-half * 0.4, middle), at(half * 0.4, middle), at(half, end)];
            brush.ribbon(curve, 4.0, deep.alpha(lines));
        }
    }
}
