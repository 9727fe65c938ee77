//! One eye: its ball and iris behind lids that open and shut.

use super::brush::{Brush, Ink};
use super::layer::Layer;
use super::outline::{At, Pen};
use super::rig::{self, Rig};
use crate::{BlendShape, Expression};

/// The box that an eye stays in, around its middle: left, top, right, bottom.
pub(super) const BOX: [f32; 4] = [-88.0, -72.0, 88.0, 70.0];

/// Everything of an expression that one eye shows.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct EyeWeights {
    blink: f32,
    squint: f32,
    wide: f32,
    cheek: f32,
    brow_down: f32,
    brow_up: f32,
    /// The inner end of the brow higher than the outer one, as in sadness.
    slant: f32,
    /// Gaze, -1..=1; positive looks towards the right of the picture, and down.
    gaze_x: f32,
    gaze_y: f32,
}

impl EyeWeights {
    /// The weights for the eye on the left (-1) or the right (1) of the picture, in steps that can be seen.
    pub(super) fn of(expression: &Expression, side: f32) -> Self {
        use BlendShape as B;
        let one = |shape: BlendShape| super::stepped(expression[shape]);
        // The person's left is on the right of the picture.
        let pick = |left: BlendShape, right: BlendShape| one(if side > 0.0 { left } else { right });
        let away = pick(B::EyeLookOutLeft, B::EyeLookOutRight) - pick(B::EyeLookInLeft, B::EyeLookInRight);
        let brow_up = pick(B::BrowOuterUpLeft, B::BrowOuterUpRight);
        Self {
            blink: pick(B::EyeBlinkLeft, B::EyeBlinkRight),
            squint: pick(B::EyeSquintLeft, B::EyeSquintRight),
            wide: pick(B::EyeWideLeft, B::EyeWideRight),
            cheek: pick(B::CheekSquintLeft, B::CheekSquintRight)
                .max(0.35 * pick(B::MouthSmileLeft, B::MouthSmileRight)),
            brow_down: pick(B::BrowDownLeft, B::BrowDownRight),
            brow_up,
            slant: (one(B::BrowInnerUp) - brow_up).max(0.0),
            gaze_x: side * away,
            gaze_y: pick(B::EyeLookDownLeft, B::EyeLookDownRight) - pick(B::EyeLookUpLeft, B::EyeLookUpRight),
        }
    }
}

/// The lids of an eye, in art units around its middle; x grows away from the nose.
struct Lids<'a> {
    rig: &'a rig::Eyes,
    side: f32,
    /// Height of the upper edge towards the nose and outside, and of the lower edge.
    upper: [f32; 2],
    lower: f32,
    /// Closure, 0..=1.
    shut: f32,
}

impl<'a> Lids<'a> {
    fn of(weights: &EyeWeights, rig: &'a rig::Eyes, side: f32) -> Self {
        let w = weights;
        // A squint, a raised cheek and a blink all lift the lower lid; a look up or raised brows open the upper one.
        let size = (rig.upper + rig.lower) / 44.0;
        let lower = rig.lower
            - size * (7.0 * w.squint + 9.5 * w.cheek + 3.0 * w.blink - 2.5 * w.wide - 2.5 * w.gaze_y.max(0.0));
        let open =
            -rig.upper + size * (5.0 * w.squint - 9.5 * w.wide - 1.5 * w.brow_up + 4.0 * w.brow_down + 1.5 * w.cheek);
        // The lid follows the gaze: down with a look down, a little up with a look up.
        let open = open + size * if w.gaze_y > 0.0 { 11.0 * w.gaze_y } else { 4.0 * w.gaze_y };
        let inner = open + size * (4.5 * w.brow_down - 3.0 * w.slant);
        let outer = open + size * (6.0 * w.slant - 1.5 * w.brow_down);
        let shut = |edge: f32| (edge + (lower - edge) * w.blink).min(lower);
        Self { rig, side, upper: [shut(inner), shut(outer)], lower, shut: w.blink }
    }

    fn at(&self, (x, y): At) -> At {
        (500.0 + self.side * (self.rig.apart + x), self.rig.level + y)
    }

    fn inner(&self) -> At {
        (-self.rig.half_width, self.rig.inner)
    }

    fn outer(&self) -> At {
        (self.rig.half_width, self.rig.outer)
    }

    /// Handles of the cubic edge that has these heights around its middle.
    fn handles(&self, [inner, outer]: [f32; 2]) -> (At, At) {
        let ends = (self.rig.inner + self.rig.outer) / 8.0;
        let half = self.rig.half_width;
        ((-half * 0.52, (inner - ends) / 0.75 - 1.0), (half * 0.58, (outer - ends) / 0.75 + 1.0))
    }

    /// Height of the crease above the upper lid: it follows the lid a little.
    fn crease(&self) -> [f32; 2] {
        let rest = -self.rig.upper - self.rig.crease;
        self.upper.map(|edge| rest + 0.22 * (edge + self.rig.upper))
    }

    fn aperture(&self, pen: &mut Pen) {
        let ((up_in, up_out), (low_in, low_out)) = (self.handles(self.upper), self.handles([self.lower; 2]));
        pen.from(self.at(self.inner())).curve(self.at(up_in), self.at(up_out), self.at(self.outer()));
        pen.curve(self.at(low_out), self.at(low_in), self.at(self.inner())).close();
    }

    /// The dark upper edge, heavier towards the outer corner.
    fn edge(&self, pen: &mut Pen) {
        let (up_in, up_out) = self.handles(self.upper);
        let (thick, (x, y)) = (self.rig.line, self.outer());
        let flick = 0.12 * self.rig.lashes;
        pen.from(self.at(self.inner()))
            .curve(self.at(up_in), self.at(up_out), self.at((x, y)))
            .line(self.at((x + 7.0 * flick + 2.0, y - 6.0 * flick + 9.0 * flick * self.shut)))
            .curve(
                self.at((up_out.0 + 5.0, up_out.1 - thick * 1.45)),
                self.at((up_in.0, up_in.1 - thick)),
                self.at(self.inner()),
            )
            .close();
    }

    /// Three lashes at the outer corner, which turn down as the lid closes.
    fn lashes(&self, pen: &mut Pen) {
        let (up_in, up_out) = self.handles(self.upper);
        for (share, part) in [(0.74_f32, 0.8_f32), (0.83, 1.0), (0.92, 1.0)] {
            let length = part * self.rig.lashes * (1.0 - 0.35 * self.shut);
            let root = cubic([self.inner(), up_in, up_out, self.outer()], share);
            let tip = (root.0 + length * 0.8, root.1 - length * (1.0 - 1.6 * self.shut));
            let bend = (root.0 + length * 0.55, root.1 - length * (0.3 - 0.5 * self.shut));
            pen.ribbon([self.at(root), self.at(bend), self.at(bend), self.at(tip)], 3.0);
        }
    }

    /// A line along an edge that has these heights around its middle.
    fn line(&self, from: At, heights: [f32; 2], to: At) -> [At; 4] {
        let (inner, outer) = self.handles(heights);
        [from, inner, outer, to].map(|point| self.at(point))
    }
}

/// Draws the eye on the left (-1) or the right (1) of the picture.
pub(super) fn paint(brush: &mut Brush, weights: &EyeWeights, rig: &Rig, side: f32, ball: &Layer, iris: &Layer) {
    let lids = Lids::of(weights, &rig.eyes, side);
    paint_lid(brush, &lids, rig);
    if lids.shut < 0.97 {
        brush.within(
            |pen| lids.aperture(pen),
            |brush| {
                brush.lay(ball, (0.0, 0.0));
                let gaze = (rig.eyes.travel.0 * weights.gaze_x, rig.eyes.travel.1 * weights.gaze_y);
                brush.lay(iris, gaze);
                paint_light(brush, &lids, rig, gaze);
            },
        );
    }
    paint_folds(brush, &lids, rig, weights);
    let dark = Ink::Flat(rig.colours.lash.solid());
    brush.fill(&dark, |pen| lids.edge(pen));
    if rig.eyes.lashes > 0.5 {
        // Apart from the edge: where outlines of opposite direction overlap, they would cancel out.
        brush.fill(&dark, |pen| lids.lashes(pen));
    }
}

/// The skin of the upper lid, from crease to edge; shut, it is the whole rounded lid.
fn paint_lid(brush: &mut Brush, lids: &Lids, rig: &Rig) {
    let (crease, colours) = (lids.crease(), &rig.colours);
    let skin = [(0.0, colours.lid.alpha(0.55)), (0.45, colours.skin.alpha(0.9)), (1.0, colours.lid.alpha(0.95))];
    let (crease_in, crease_out) = lids.handles(crease);
    let (up_in, up_out) = lids.handles(lids.upper);
    let edge = f32::midpoint(lids.upper[0], lids.upper[1]);
    let (from, to) = (lids.at((0.0, crease[0])), lids.at((0.0, edge + 4.0)));
    brush.fill(&Ink::Linear(from, to, &skin), |pen| {
        let (x, y) = lids.outer();
        pen.from(lids.at(lids.inner())).curve(lids.at(crease_in), lids.at(crease_out), lids.at((x + 3.0, y - 1.0)));
        pen.curve(lids.at(up_out), lids.at(up_in), lids.at(lids.inner())).close();
    });
}

/// The crease of the upper lid, the rim of the lower one, and the soft edge of the cheek.
fn paint_folds(brush: &mut Brush, lids: &Lids, rig: &Rig, weights: &EyeWeights) {
    let (half, deep) = (rig.eyes.half_width, rig.colours.skin_deep);
    let (x, y) = lids.outer();
    let crease = lids.line((-half + 8.0, rig.eyes.inner - 13.0), lids.crease(), (x + 5.0, y - 8.0));
    brush.ribbon(crease, 3.6, deep.alpha(0.66 * rig.eyes.crease_strength));
    let rim = lids.line(lids.inner(), [lids.lower + 1.0; 2], lids.outer());
    brush.ribbon(rim, 2.8, deep.alpha(0.62));
    let fold = lids.lower + 13.0;
    let under = lids.line((-half + 4.0, 17.0), [fold, fold], (half - 14.0, 17.0));
    let raised = weights.squint.max(weights.cheek);
    brush.ribbon(under, 4.5, deep.alpha(0.22 * rig.eyes.bags + 0.32 * raised));
}

/// The upper lid's shadow on the ball, then the light of the window; the stencil holds the opening.
fn paint_light(brush: &mut Brush, lids: &Lids, rig: &Rig, gaze: At) {
    let shadow = [(0.0, rig.colours.lash.alpha(0.50)), (1.0, rig.colours.lash.alpha(0.0))];
    let middle = lids.at((0.0, 0.0));
    let top = middle.1 + lids.upper[0].min(lids.upper[1]);
    let foot = top + 17.0;
    brush.fill(&Ink::Linear((500.0, top), (500.0, foot), &shadow), |pen| {
        let (left, right) = (middle.0 - 70.0, middle.0 + 70.0);
        pen.from((left, top - 20.0)).line((right, top - 20.0)).line((right, foot)).line((left, foot)).close();
    });
    let (x, y) = (middle.0 + gaze.0 - 8.0, middle.1 + gaze.1 - 10.0);
    brush.fill(&Ink::Flat(rig.colours.tooth.alpha(0.97)), |pen| pen.oval((x, y), 6.4, 6.4));
}

/// A point on a cubic curve.
fn cubic([a, b, c, d]: [At; 4], share: f32) -> At {
    let (t, s) = (share, 1.0 - share);
    let (wa, wb, wc, wd) = (s * s * s, 3.0 * s * s * t, 3.0 * s * t * t, t * t * t);
    (wa * a.0 + wb * b.0 + wc * c.0 + wd * d.0, wa * a.1 + wb * b.1 + wc * c.1 + wd * d.1)
}
