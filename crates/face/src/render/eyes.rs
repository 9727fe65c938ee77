//! The eyes. What has one colour is drawn for both at once: every fill has a price of its own.

use super::easel::{At, Easel, Ink, Pen};
use super::layer::Layer;
use super::palette::{
    EYE_SHADE, EYE_WHITE, HAIR_DARK, IRIS, IRIS_LIGHT, IRIS_RING, PUPIL, SKIN, SKIN_DEEP, SKIN_SHADE,
};
use crate::FacePose;

/// Distance of an eye's centre from the middle of the face, and its height, in art units.
const APART: f32 = 91.0;
const LEVEL: f32 = 432.0;
/// Half the width of an eye, and how far the lids stand above and below its centre when open.
const HALF: f32 = 50.0;
const UPPER: f32 = 25.0;
const LOWER: f32 = 19.0;
/// Radius of the iris, and how far it travels at a gaze of 1.
const IRIS_RADIUS: f32 = 25.5;
const TRAVEL: (f32, f32) = (17.0, 10.0);
/// The corners of an eye around its centre; x grows away from the nose.
const INNER: At = (-HALF, 7.0);
const OUTER: At = (HALF, -1.0);

/// Draws both eyes, with the balls and irises as painted below.
pub(super) fn paint(easel: &mut Easel, pose: &FacePose, balls: &Layer, irises: &[Layer; 2]) {
    let lids = Lids::of(pose);
    paint_lids(easel, lids);
    if lids.shut < 0.97 {
        easel.within(
            |pen| both(|side| lids.aperture(pen, side)),
            |easel| {
                easel.lay(balls);
                let still = easel.at;
                easel.at = still.pre_translate(TRAVEL.0 * pose.gaze_x, TRAVEL.1 * pose.gaze_y);
                irises.iter().for_each(|iris| easel.lay(iris));
                easel.at = still;
                paint_light(easel, pose, lids);
            },
        );
    }
    paint_folds(easel, lids, pose.squint);
    let dark = Ink::Flat(HAIR_DARK.solid());
    easel.fill(&dark, |pen| both(|side| lids.edge(pen, side)));
    // Apart from the edge: where outlines of opposite direction overlap, they would cancel out.
    easel.fill(&dark, |pen| both(|side| lids.lashes(pen, side)));
}

/// Calls for the left (-1) and the right (1) of the picture.
fn both(mut paint: impl FnMut(f32)) {
    paint(-1.0);
    paint(1.0);
}

/// A point around the centre of an eye, in art units.
fn at(side: f32, (x, y): At) -> At {
    (500.0 + side * (APART + x), LEVEL + y)
}

/// The lids of an eye, in art units around its centre.
#[derive(Clone, Copy)]
struct Lids {
    /// Height of the middle of the upper and the lower edge.
    upper: f32,
    lower: f32,
    /// Closure, 0..=1.
    shut: f32,
}

impl Lids {
    fn of(pose: &FacePose) -> Self {
        // A squint and a blink both lift the lower lid; a look up, or raised brows, open the upper one.
        let lower = LOWER - 8.0 * pose.squint - 3.0 * pose.lids;
        let open =
            -UPPER - 3.0 * pose.brow_raise.max(0.0) + 3.0 * pose.gaze_y + 4.0 * pose.squint + 3.0 * pose.brow_knit;
        Self { upper: open + (lower - open) * pose.lids, lower, shut: pose.lids }
    }

    /// Handles of the cubic edge whose middle has this height.
    fn handles(middle: f32) -> (At, At) {
        let y = (middle - (INNER.1 + OUTER.1) / 8.0) / 0.75;
        ((-HALF * 0.52, y - 1.0), (HALF * 0.58, y + 1.0))
    }

    /// Height of the crease above the upper lid.
    fn crease(self) -> f32 {
        -UPPER - 9.0 + 6.0 * self.shut
    }

    fn aperture(self, pen: &mut Pen, side: f32) {
        let at = |point: At| at(side, point);
        let ((up_in, up_out), (low_in, low_out)) = (Self::handles(self.upper), Self::handles(self.lower));
        pen.from(at(INNER)).curve(at(up_in), at(up_out), at(OUTER));
        pen.curve(at(low_out), at(low_in), at(INNER)).close();
    }

    /// The dark upper edge, heavier towards the outer corner.
    fn edge(self, pen: &mut Pen, side: f32) {
        let at = |point: At| at(side, point);
        let (up_in, up_out) = Self::handles(self.upper);
        let thick = 6.5;
        pen.from(at(INNER))
            .curve(at(up_in), at(up_out), at(OUTER))
            .line(at((HALF + 8.0, -7.0 + 10.0 * self.shut)))
            .curve(at((up_out.0 + 5.0, up_out.1 - thick * 1.45)), at((up_in.0, up_in.1 - thick)), at(INNER))
            .close();
    }

    /// Three lashes at the outer corner, which turn down as the lid closes.
    fn lashes(self, pen: &mut Pen, side: f32) {
        let at = |point: At| at(side, point);
        let (up_in, up_out) = Self::handles(self.upper);
        for (share, length) in [(0.74_f32, 8.0_f32), (0.83, 10.0), (0.92, 10.0)] {
            let length = length * (1.0 - 0.35 * self.shut);
            let root = cubic([INNER, up_in, up_out, OUTER], share);
            let tip = (root.0 + length * 0.8, root.1 - length * (1.0 - 1.6 * self.shut));
            let bend = (root.0 + length * 0.55, root.1 - length * (0.3 - 0.5 * self.shut));
            pen.ribbon([at(root), at(bend), at(bend), at(tip)], 3.0);
        }
    }

    /// A line along an edge whose middle has this height.
    fn line(side: f32, from: At, middle: f32, to: At) -> [At; 4] {
        let (inner, outer) = Self::handles(middle);
        [at(side, from), at(side, inner), at(side, outer), at(side, to)]
    }
}

/// The skin of the upper lids, from crease to edge; shut, it is the whole rounded lid.
fn paint_lids(easel: &mut Easel, lids: Lids) {
    let crease = lids.crease();
    let skin = [(0.0, SKIN_SHADE.alpha(0.70)), (0.5, SKIN.alpha(0.95)), (1.0, SKIN_SHADE.alpha(0.95))];
    let (crease_in, crease_out) = Lids::handles(crease);
    let (up_in, up_out) = Lids::handles(lids.upper);
    let (from, to) = ((500.0, LEVEL + crease), (500.0, LEVEL + lids.upper + 4.0));
    easel.fill(&Ink::Linear(from, to, &skin), |pen| {
        both(|side| {
            let at = |point: At| at(side, point);
            pen.from(at(INNER)).curve(at(crease_in), at(crease_out), at((HALF + 3.0, -2.0)));
            pen.curve(at(up_out), at(up_in), at(INNER)).close();
        });
    });
}

/// The crease of the upper lid, the rim of the lower one, and the soft edge of the cheek.
fn paint_folds(easel: &mut Easel, lids: Lids, squint: f32) {
    easel.fill(&Ink::Flat(SKIN_DEEP.alpha(0.66)), |pen| {
        both(|side| {
            pen.ribbon(Lids::line(side, (-HALF + 8.0, -6.0), lids.crease(), (HALF + 5.0, -9.0)), 3.6);
            pen.ribbon(Lids::line(side, INNER, lids.lower + 1.0, OUTER), 2.8);
        });
    });
    easel.fill(&Ink::Flat(SKIN_DEEP.alpha(0.07 + 0.30 * squint)), |pen| {
        both(|side| {
            pen.ribbon(Lids::line(side, (-HALF + 4.0, 17.0), lids.lower + 15.0, (HALF - 14.0, 18.0)), 4.0);
        });
    });
}

/// Paints both eyeballs, wholly open.
pub(super) fn paint_balls(easel: &mut Easel) {
    let white =
        [(0.0, EYE_SHADE.solid()), (0.4, EYE_WHITE.solid()), (0.8, EYE_WHITE.solid()), (1.0, EYE_SHADE.solid())];
    easel.fill(&Ink::Linear((500.0, LEVEL - 40.0), (500.0, LEVEL + 34.0), &white), |pen| {
        both(|side| pen.oval(at(side, (0.0, 0.0)), HALF + 4.0, 46.0));
    });
    // The pinkish corner at the nose.
    easel.fill(&Ink::Flat(SKIN_DEEP.alpha(0.38)), |pen| {
        both(|side| pen.oval(at(side, (-HALF + 3.0, 6.0)), 7.0, 6.0));
    });
}

/// The middle of an iris that looks at the viewer.
fn iris_middle(side: f32) -> At {
    (500.0 + side * APART, LEVEL - 2.0)
}

/// Paints one iris with its pupil, looking at the viewer.
pub(super) fn paint_iris(easel: &mut Easel, side: f32) {
    let (r, (x, y)) = (IRIS_RADIUS, iris_middle(side));
    let iris = [
        (0.0, IRIS.solid()),
        (0.45, IRIS_LIGHT.solid()),
        (0.72, IRIS.solid()),
        (0.90, IRIS_RING.solid()),
        (1.0, IRIS_RING.alpha(0.85)),
    ];
    easel.fill(&Ink::Radial((x, y), r, &iris), |pen| pen.oval((x, y), r, r));
    // Light that fell through the cornea gathers opposite the window.
    easel.spot((x + 4.0, y + 11.0), 14.0, 9.0, IRIS_LIGHT.alpha(0.9));
    easel.fill(&Ink::Flat(PUPIL.solid()), |pen| pen.oval((x, y), r * 0.44, r * 0.44));
    easel.fill(&Ink::Flat(EYE_WHITE.alpha(0.7)), |pen| pen.oval((x + 8.5, y + 9.0), 2.8, 2.8));
}

/// The upper lids' shadow on the balls, then the light of the window; the stencil holds the openings.
fn paint_light(easel: &mut Easel, pose: &FacePose, lids: Lids) {
    let shadow = [(0.0, HAIR_DARK.alpha(0.55)), (1.0, HAIR_DARK.alpha(0.0))];
    let (top, foot) = (LEVEL + lids.upper, LEVEL + lids.upper + 19.0);
    easel.fill(&Ink::Linear((500.0, top), (500.0, foot), &shadow), |pen| {
        both(|side| {
            let (left, right) = (500.0 + side * APART - 60.0, 500.0 + side * APART + 60.0);
            pen.from((left, top - 20.0)).line((right, top - 20.0)).line((right, foot)).line((left, foot)).close();
        });
    });
    both(|side| {
        let (x, y) = iris_middle(side);
        let (x, y) = (x + TRAVEL.0 * pose.gaze_x - 8.0, y + TRAVEL.1 * pose.gaze_y - 8.5);
        easel.fill(&Ink::Flat(EYE_WHITE.solid()), |pen| pen.oval((x, y), 6.8, 6.8));
    });
}

/// A point on a cubic curve.
fn cubic([a, b, c, d]: [At; 4], share: f32) -> At {
    let (t, s) = (share, 1.0 - share);
    let (wa, wb, wc, wd) = (s * s * s, 3.0 * s * s * t, 3.0 * s * t * t, t * t * t);
    (wa * a.0 + wb * b.0 + wc * c.0 + wd * d.0, wa * a.1 + wb * b.1 + wc * c.1 + wd * d.1)
}
