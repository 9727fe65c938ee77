//! Where the parts of a mouth lie for an expression.
//!
//! The upper teeth belong to the skull and the lower ones to the jaw; lips are what moves before them. So a mouth shows as
//! much of them as the lips uncover, whatever the mixture of blend shapes.

use super::super::outline::{At, Pen};
use super::super::rig;
use crate::expression::pairs;
use crate::{BlendShape, Expression};

/// Everything of an expression that the mouth shows. Pairs are in the order of the picture: left, then right.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(in super::super) struct MouthWeights {
    /// How far the jaw is down, and how much of that the closed lips take back.
    pub(super) jaw: f32,
    pub(super) close: f32,
    pub(super) press: f32,
    pub(super) pucker: f32,
    pub(super) funnel: f32,
    pub(super) roll_upper: f32,
    pub(super) roll_lower: f32,
    pub(super) shrug_upper: f32,
    pub(super) shrug_lower: f32,
    pub(super) tongue: f32,
    /// Sideways, -1..=1; positive towards the right of the picture.
    pub(super) lips_aside: f32,
    pub(super) jaw_aside: f32,
    pub(super) puff: f32,
    pub(super) smile: [f32; 2],
    pub(super) frown: [f32; 2],
    pub(super) stretch: [f32; 2],
    pub(super) dimple: [f32; 2],
    pub(super) upper_up: [f32; 2],
    pub(super) lower_down: [f32; 2],
    pub(super) sneer: [f32; 2],
}

impl MouthWeights {
    /// The weights of an expression, in steps that can be seen.
    pub(in super::super) fn of(expression: &Expression) -> Self {
        let one = |shape: BlendShape| super::super::stepped(expression[shape]);
        // The person's left is on the right of the picture.
        let both = |[left, right]: [BlendShape; 2]| [one(right), one(left)];
        Self {
            jaw: one(BlendShape::JawOpen),
            close: one(BlendShape::MouthClose),
            press: super::super::stepped(expression.mean(pairs::MOUTH_PRESS)),
            pucker: one(BlendShape::MouthPucker),
            funnel: one(BlendShape::MouthFunnel),
            roll_upper: one(BlendShape::MouthRollUpper),
            roll_lower: one(BlendShape::MouthRollLower),
            shrug_upper: one(BlendShape::MouthShrugUpper),
            shrug_lower: one(BlendShape::MouthShrugLower),
            tongue: one(BlendShape::TongueOut),
            lips_aside: one(BlendShape::MouthLeft) - one(BlendShape::MouthRight),
            jaw_aside: one(BlendShape::JawLeft) - one(BlendShape::JawRight),
            puff: one(BlendShape::CheekPuff),
            smile: both(pairs::MOUTH_SMILE),
            frown: both(pairs::MOUTH_FROWN),
            stretch: both(pairs::MOUTH_STRETCH),
            dimple: both(pairs::MOUTH_DIMPLE),
            upper_up: both(pairs::MOUTH_UPPER_UP),
            lower_down: both(pairs::MOUTH_LOWER_DOWN),
            sneer: both(pairs::NOSE_SNEER),
        }
    }

    /// How tightly the lips are shut, 0..=1, whatever else pulls at them.
    ///
    /// The lips of a p press hard and shut any mouth; those of an angry face press less, and only shut a mouth that is
    /// hardly open.
    pub(super) fn shut(&self) -> f32 {
        let closed = if self.jaw > 0.02 { (self.close / self.jaw).min(1.0) } else { 0.0 };
        let within = |value: f32, from: f32, to: f32| ((value - from) / (to - from)).clamp(0.0, 1.0);
        let hard = within(self.press, 0.42, 0.54);
        let light = within(self.press, 0.15, 0.5) * (1.0 - within(self.jaw - self.close, 0.08, 0.25));
        hard.max(light).max(closed * closed)
    }

    /// How far the jaw itself is down, 0..=1: what bends the face.
    pub(in super::super) fn chin(&self) -> f32 {
        self.jaw * (1.0 - 0.75 * self.shut())
    }
}

/// Where everything lies, in art units around the middle of the resting mouth. Pairs: left, then right.
pub(super) struct Plan {
    /// Corners of the lips.
    pub(super) corner: [At; 2],
    /// How far inside of them the opening ends.
    pub(super) inset: f32,
    /// Height of the upper and of the lower edge of the opening at its middle, per side.
    pub(super) top: [f32; 2],
    pub(super) bottom: [f32; 2],
    /// Thickness of the lips.
    pub(super) upper: f32,
    pub(super) lower: f32,
    pub(super) bow: f32,
    /// How round the opening is, 0..=1.
    pub(super) round: f32,
    /// How round the lips themselves are, 0..=1.
    pub(super) pucker: f32,
    /// Middle of the lips.
    pub(super) middle: f32,
    /// Lower edge of the upper teeth and upper edge of the lower ones.
    pub(super) upper_teeth: f32,
    pub(super) lower_teeth: f32,
}

impl Plan {
    pub(super) fn of(weights: &MouthWeights, rig: &rig::Mouth) -> Self {
        let w = weights;
        let shut = w.shut();
        let open = 1.0 - shut;
        let round = w.pucker.max(0.85 * w.funnel);
        let jaw = rig.gape * w.jaw * open;
        let roll = w.roll_lower * open;

        let upper_teeth = 7.0 - 2.0 * w.jaw;
        // Lips part before the teeth do.
        let apart = (jaw - 0.10 * rig.gape * open).max(0.0);
        let lower_teeth = upper_teeth - 1.0 + 0.93 * apart;

        let shrug = 5.0 * w.shrug_lower;
        let mut top = [0.0; 2];
        let mut bottom = [0.0; 2];
        let mut corner = [(0.0, 0.0); 2];
        for side in 0..2 {
            let toward = if side == 0 { -1.0 } else { 1.0 };
            let (smile, frown, stretch) = (w.smile[side] * (1.0 - 0.65 * round), w.frown[side], w.stretch[side]);
            // A broad smile bares the teeth.
            let beam = ((smile - 0.5) / 0.5).clamp(0.0, 1.0);
            let lifted =
                8.5 * w.upper_up[side] + 2.5 * w.sneer[side] + 3.0 * smile * w.jaw + 4.0 * w.funnel + 8.0 * beam;
            top[side] = (-0.13 * jaw - lifted) * open - 1.5 * w.shrug_upper - shrug;
            let lowered = 0.87 * jaw + (9.5 * w.lower_down[side] + 4.0 * w.funnel + 9.0 * beam) * open;
            let tucked = upper_teeth + 1.0;
            bottom[side] = (lowered + (tucked.min(lowered.max(tucked)) - lowered) * roll) * 1.0 - shrug;
            bottom[side] = bottom[side].max(top[side]);
            let wide = 15.0 * stretch + 15.0 * smile + 5.0 * w.dimple[side] + 2.5 * w.press + 1.5 * frown
                - 31.0 * w.pucker * (1.0 - 0.3 * w.funnel)
                - 21.0 * w.funnel
                - 6.0 * w.jaw * open
                - 7.0 * w.puff;
            let x = (rig.half_width + wide).max(0.35 * rig.half_width);
            let raised = (rig.corner_lift + 25.0 * smile) * (1.0 - 0.35 * shut) + 3.0 * w.dimple[side];
            let y = -raised + 17.0 * frown * (1.0 - 0.3 * round) + 3.0 * stretch + (0.24 + 0.12 * round) * jaw
                - 0.3 * shrug;
            corner[side] = (toward * x + 12.0 * w.lips_aside + 3.0 * w.jaw_aside, y);
        }
        let smiled = f32::midpoint(w.smile[0], w.smile[1]);
        let stretched = f32::midpoint(w.stretch[0], w.stretch[1]);
        let thin = (1.0 - 0.38 * w.press.max(0.4 * shut))
            * (1.0 - 0.16 * stretched)
            * (1.0 - 0.14 * smiled)
            * (1.0 + 0.32 * w.pucker)
            * (1.0 + 0.25 * w.funnel);
        Self {
            corner,
            inset: 6.0 + 8.0 * round,
            top,
            bottom,
            upper: rig.upper_lip * thin * (1.0 - 0.6 * w.roll_upper) * (1.0 + 0.15 * w.shrug_upper),
            lower: rig.lower_lip * thin * (1.0 - 0.5 * w.roll_lower) * (1.0 + 0.2 * w.shrug_lower),
            bow: rig.bow * (1.0 - 0.5 * w.press) * (1.0 - 0.4 * stretched) * (1.0 - 0.55 * smiled),
            round: (0.25 + 0.75 * round).max(0.65 * w.jaw),
            pucker: round,
            middle: 12.0 * w.lips_aside + 6.0 * w.jaw_aside * w.jaw,
            upper_teeth,
            lower_teeth,
        }
    }

    /// Height of the handles of a cubic edge from corner to corner whose middle has this height.
    fn handle(&self, side: usize, middle: f32) -> f32 {
        (middle - 0.25 * self.corner[side].1) / 0.75
    }

    /// The highest and the lowest point of the opening, at the middle.
    pub(super) fn gap(&self) -> (f32, f32) {
        (f32::midpoint(self.top[0], self.top[1]), f32::midpoint(self.bottom[0], self.bottom[1]))
    }

    /// Half the width of the lips.
    pub(super) fn half(&self) -> f32 {
        f32::midpoint(-self.corner[0].0, self.corner[1].0)
    }

    /// Continues an outline along an edge, from the left corner to the right, or back. `inset` shortens it; `out` is where
    /// its handles stand, as a share of the way from the middle to the corner.
    fn edge(&self, pen: &mut Pen, at: impl Fn(At) -> At, heights: [f32; 2], inset: f32, out: f32, back: bool) {
        let x = |side: usize, share: f32| {
            let toward = if side == 0 { 1.0 } else { -1.0 };
            self.middle + (self.corner[side].0 + toward * inset - self.middle) * share
        };
        let handle = |side: usize| at((x(side, out), self.handle(side, heights[side])));
        let end = |side: usize| at((x(side, 1.0), self.corner[side].1));
        if back {
            pen.curve(handle(1), handle(0), end(0));
        } else {
            pen.curve(handle(0), handle(1), end(1));
        }
    }

    /// The opening between the lips.
    pub(super) fn opening(&self, pen: &mut Pen, at: impl Fn(At) -> At + Copy) {
        let out = 0.48 + 0.45 * self.round;
        pen.from(at((self.corner[0].0 + self.inset, self.corner[0].1)));
        self.edge(pen, at, self.top, self.inset, out, false);
        self.edge(pen, at, self.bottom, self.inset, out, true);
        pen.close();
    }

    /// The bow of the upper lip, from the left corner to the right.
    pub(super) fn upper_rim(&self, pen: &mut Pen, at: impl Fn(At) -> At + Copy) {
        let top = self.gap().0;
        let dip = top - self.upper + 0.55 * self.bow;
        let (near, far) = (0.68 + 0.30 * self.pucker, 0.42 + 0.12 * self.pucker);
        let peak = |side: usize| {
            let reach = self.corner[side].0 - self.middle;
            (self.middle + 0.20 * reach, self.top[side] - self.upper - 0.45 * self.bow)
        };
        let slope = |side: usize| {
            let c = self.corner[side].1;
            c + (peak(side).1 - c) * (0.62 + 0.3 * self.pucker)
        };
        let along = |side: usize, share: f32| self.middle + (self.corner[side].0 - self.middle) * share;
        pen.from(at(self.corner[0]))
            .curve(at((along(0, near), slope(0))), at((along(0, far), peak(0).1 - 1.0)), at(peak(0)))
            .curve(at((along(0, 0.12), peak(0).1)), at((along(0, 0.07), dip)), at((self.middle, dip)))
            .curve(at((along(1, 0.07), dip)), at((along(1, 0.12), peak(1).1)), at(peak(1)))
            .curve(at((along(1, far), peak(1).1 - 1.0)), at((along(1, near), slope(1))), at(self.corner[1]));
    }

    /// Continues along the lower rim of the lower lip, back to the left corner.
    pub(super) fn lower_rim(&self, pen: &mut Pen, at: impl Fn(At) -> At + Copy) {
        let out = (0.50 + 0.22 * self.round).max(0.95 * self.pucker);
        let heights = [self.bottom[0] + self.lower, self.bottom[1] + self.lower];
        self.edge(pen, at, heights, 0.0, out, true);
        pen.close();
    }

    /// Continues along the lower edge of the upper lip, back to the left corner.
    pub(super) fn under_upper(&self, pen: &mut Pen, at: impl Fn(At) -> At + Copy) {
        self.edge(pen, at, [self.top[0] + 1.5, self.top[1] + 1.5], 0.0, 0.5, true);
        pen.close();
    }

    /// The line where closed lips meet.
    pub(super) fn seam(&self, at: impl Fn(At) -> At) -> [At; 4] {
        let sag = |side: usize| self.handle(side, f32::midpoint(self.top[side], self.bottom[side]) + 1.0);
        let end = |side: usize| {
            let toward = if side == 0 { 1.0 } else { -1.0 };
            at((self.corner[side].0 + toward, self.corner[side].1))
        };
        let x = |side: usize| self.middle + 0.4 * (self.corner[side].0 - self.middle);
        [end(0), at((x(0), sag(0))), at((x(1), sag(1))), end(1)]
    }
}
