//! The brows, and the fold between them.

use tiny_skia::Transform;

use super::easel::{At, Easel, Ink, Pen};
use super::layer::Layer;
use super::palette::{HAIR, HAIR_DARK, SKIN_DEEP};
use crate::FacePose;

/// How far a full raise lifts the brows, in art units.
const RAISE: f32 = 17.0;

/// How far fully knit brows move their inner end towards the nose and down, and the outer end down.
const KNIT: (At, f32) = ((-10.0, 13.0), 2.0);

/// One brow around its inner end, the top of its arch and its outer end; x is the distance from the middle of the face.
#[derive(Clone, Copy)]
struct Brow {
    inner: At,
    arch: At,
    outer: At,
}

/// The brow at rest.
const REST: Brow = Brow { inner: (45.0, 366.0), arch: (108.0, 348.0), outer: (158.0, 378.0) };

/// Paints one brow at rest; `side` is -1 for the left of the picture, 1 for the right.
pub(super) fn paint_brow(easel: &mut Easel, side: f32) {
    easel.fill(&Ink::Flat(HAIR.alpha(0.92)), |pen| REST.outline(pen, side));
    easel.fill(&Ink::Flat(HAIR_DARK.alpha(0.45)), |pen| REST.hairs(pen, side));
}

/// Draws both brows, as painted by [`paint_brow`].
pub(super) fn paint(easel: &mut Easel, pose: &FacePose, brows: &[Layer; 2]) {
    let (knit, lift) = (pose.brow_knit, RAISE * pose.brow_raise);
    let still = easel.at;
    for (brow, side) in brows.iter().zip([-1.0_f32, 1.0]) {
        // Stretched towards the nose and sheared down there; the outer end stays.
        let length = REST.outer.0 - REST.inner.0;
        let stretch = 1.0 - KNIT.0.0 / length * knit;
        let fall = (KNIT.0.1 - KNIT.1) / length * knit;
        let pivot = 500.0 + side * REST.outer.0;
        let down = side * fall * pivot + KNIT.1 * knit - lift;
        easel.at =
            still.pre_concat(Transform::from_row(stretch, -side * fall, 0.0, 1.0, pivot * (1.0 - stretch), down));
        easel.lay(brow);
    }
    easel.at = still;
    if knit > 0.05 {
        easel.fill(&Ink::Flat(SKIN_DEEP.alpha(0.5 * knit)), |pen| {
            for side in [-1.0_f32, 1.0] {
                let at = |(x, y): At| (500.0 + side * x, y);
                pen.ribbon([at((13.0, 362.0)), at((9.0, 374.0)), at((9.0, 388.0)), at((13.0, 402.0))], 4.0);
            }
        });
    }
}

impl Brow {
    fn outline(self, pen: &mut Pen, side: f32) {
        let Self { inner, arch, outer } = self;
        let at = |from: At, x: f32, y: f32| (500.0 + side * (from.0 + x), from.1 + y);
        pen.from(at(inner, -2.0, -3.0))
            .curve(at(inner, 20.0, -16.0), at(arch, -18.0, -5.0), at(arch, 0.0, 0.0))
            .curve(at(arch, 22.0, 4.0), at(outer, -8.0, -12.0), at(outer, 0.0, 0.0))
            .curve(at(outer, -16.0, -9.0), at(arch, 16.0, 14.0), at(arch, -2.0, 13.0))
            .curve(at(arch, -26.0, 12.0), at(inner, 20.0, 6.0), at(inner, 1.0, 10.0))
            .curve(at(inner, -5.0, 8.0), at(inner, -6.0, -1.0), at(inner, -2.0, -3.0))
            .close();
    }

    /// A few hairs that lie outwards and break the edge.
    fn hairs(self, pen: &mut Pen, side: f32) {
        for step in 0..6 {
            let share = step as f32 / 5.0;
            let x = self.inner.0 - 2.0 + (self.arch.0 - self.inner.0) * share;
            let y = self.inner.1 + 6.0 + (self.arch.1 - self.inner.1 + 6.0) * share;
            let at = |right: f32, up: f32| (500.0 + side * (x + right), y - up);
            pen.ribbon([at(0.0, 0.0), at(4.0, 8.0), at(9.0, 12.0), at(19.0, 13.0 - 5.0 * share)], 2.2);
        }
    }
}
