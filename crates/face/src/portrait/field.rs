//! The displacement of the whole picture: how each place moves with the expression, and with the head.
//!
//! Every movement has a weight at each place, smooth and computed once; a moment is the weighted sum of the movements, then
//! a turn of the head by a smooth depth. Displacements are in the unit of the face.

use super::axes::{Axes, smooth};
use super::landmarks::{Landmarks, Point};
use super::mouth_drive::MouthDrive;
use crate::BlendShape::*;
use crate::{BlendShape, Expression, HeadPose};

/// How many movements there are.
pub(super) const MOVEMENTS: usize = 14;
/// Radians of a full turn and of a full nod.
const TURN: f32 = 0.20;
const NOD: f32 = 0.15;
/// How much of the tilt the head follows; the rest would tear at the background.
const TILT: f32 = 0.6;
/// A weight below this moves nothing that can be seen.
const NOTHING: f32 = 0.002;
/// How far the nose's tip stands out, and the face before its edge.
const NOSE: f32 = 0.30;
const DEPTH: f32 = 1.0;

/// Where the movements are, in coordinates of the face.
pub(super) struct Anatomy {
    pub(super) axes: Axes,
    mouth: Point,
    chin: Point,
    nose: Point,
    corners: [Point; 2],
    /// Inner and outer ends of the brows: left outer, left inner, right inner, right outer.
    brows: [Point; 4],
    /// Left and right edge of the face at the height of the mouth.
    edges: [Point; 2],
    size: (f32, f32),
}

/// One place and the weights of all movements there.
#[derive(Clone, Copy)]
pub(super) struct Place {
    /// Pixels.
    pub(super) at: Point,
    weights: [f32; MOVEMENTS],
    /// How far it stands out of the picture.
    depth: f32,
    /// How much it belongs to the head.
    head: f32,
}

impl Place {
    /// Whether nothing ever moves it.
    pub(super) fn is_still(&self) -> bool {
        self.depth == 0.0 && self.head == 0.0 && self.weights.iter().all(|weight| *weight == 0.0)
    }
}

impl Anatomy {
    pub(super) fn new(face: &Landmarks, width: usize, height: usize) -> Self {
        let axes = Axes::of(face);
        let at = |index: usize| axes.inward(face.at(index));
        Self {
            axes,
            mouth: axes.inward(face.mean(Landmarks::LIPS)),
            chin: at(Landmarks::CHIN),
            nose: at(Landmarks::NOSE_TIP),
            corners: [at(48), at(54)],
            brows: [at(18), at(20).towards(at(21), 0.5), at(23).towards(at(22), 0.5), at(25)],
            edges: [at(4), at(12)],
            size: (width as f32, height as f32),
        }
    }

    /// The weights of a place in pixels.
    pub(super) fn place(&self, at: Point) -> Place {
        let point = self.axes.inward(at);
        let bump = |centre: Point, across: f32, down: f32| {
            let (x, y) = ((point.x - centre.x) / across, (point.y - centre.y) / down);
            (-(x * x + y * y)).exp()
        };
        // Everything rests at the picture's edge, except for the shoulders at the lower one.
        let margin = 0.10 * self.size.1;
        let inside = smooth(0.0, margin, at.x.min(self.size.0 - at.x).min(at.y));
        let floor = smooth(0.0, margin, self.size.1 - at.y);
        let still = inside * floor;

        let mut weights = [0.0; MOVEMENTS];
        let jaw = self.jaw(point);
        weights[0] = jaw;
        for (index, corner) in self.corners.iter().enumerate() {
            weights[1 + index] = bump(*corner, 0.42, 0.42);
        }
        for (index, brow) in self.brows.iter().enumerate() {
            weights[3 + index] = bump(Point::new(brow.x, brow.y - 0.09), 0.30, 0.25);
        }
        for (index, side) in [-1.0, 1.0].into_iter().enumerate() {
            let cheek = Point::new(side * 0.62, 0.5 * self.nose.y + 0.12);
            weights[7 + index] = bump(cheek, 0.36, 0.30);
            let hollow = Point::new(side * 0.74, self.mouth.y - 0.05);
            weights[9 + index] = bump(hollow, 0.38, 0.42);
            weights[11 + index] = bump(Point::new(self.nose.x + side * 0.2, self.nose.y), 0.16, 0.22);
        }
        weights.iter_mut().for_each(|weight| *weight *= still);
        weights.iter_mut().filter(|weight| **weight < NOTHING).for_each(|weight| *weight = 0.0);
        weights[13] = inside * smooth(self.chin.y + 0.35, self.chin.y + 1.3, point.y);

        let middle = Point::new(0.5 * (self.edges[0].x + self.edges[1].x), 0.25);
        let (x, y) = ((point.x - middle.x) / 1.30, (point.y - middle.y) / 1.85);
        let dome = (1.0 - x * x - y * y).max(0.0);
        let radius = (x * 0.90).hypot(y * if y > 0.0 { 1.02 } else { 0.88 });
        Place {
            at,
            weights,
            depth: still * (DEPTH * dome * dome.sqrt() + NOSE * bump(self.nose, 0.20, 0.30)),
            head: still * (1.0 - smooth(0.95, 1.9, radius)),
        }
    }

    /// 1 at the chin, 0 at the ears, above the mouth and down the neck.
    fn jaw(&self, point: Point) -> f32 {
        let length = self.chin.y - self.mouth.y;
        let down = smooth(self.mouth.y - 0.35 * length, self.mouth.y + 0.55 * length, point.y);
        let end = 1.0 - smooth(self.chin.y - 0.05, self.chin.y + 1.25, point.y);
        let middle = 0.5 * (self.edges[0].x + self.edges[1].x);
        let half = 0.5 * (self.edges[1].x - self.edges[0].x);
        let aside = 1.0 - smooth(0.35, 1.25, (point.x - middle).abs() / half);
        down * end * aside
    }
}

/// The movements of one moment, and the head's.
pub(super) struct Moment {
    displacements: [Point; MOVEMENTS],
    head: HeadPose,
    /// Cosine and sine of the head's tilt.
    tilt: (f32, f32),
}

impl Moment {
    /// `strength` scales all movements of the expression; 1 but where that would fold the picture.
    pub(super) fn new(expression: &Expression, mouth: &MouthDrive, strength: f32) -> Self {
        let e = |shape: BlendShape| expression[shape];
        let point = Point::new;
        let inner = e(BrowInnerUp);
        let brow = |down: BlendShape, outer: BlendShape, out: f32| {
            let down = e(down);
            [
                point(0.0, 0.07 * down - 0.12 * e(outer) - 0.02 * inner),
                point(out * (0.03 * inner - 0.06 * down), 0.10 * down - 0.12 * inner - 0.05 * e(outer)),
            ]
        };
        let [left_outer, left_inner] = brow(BrowDownRight, BrowOuterUpRight, -1.0);
        let [right_outer, right_inner] = brow(BrowDownLeft, BrowOuterUpLeft, 1.0);
        let cheek = |squint, smile| point(0.0, -0.07 * e(squint) - 0.07 * e(smile));
        let puff = 0.09 * e(CheekPuff) - 0.06 * e(MouthPucker);
        let sneer = |shape| point(0.0, -0.06 * e(shape));
        let corner = |index: usize| mouth.corners[index] * 0.75;
        let displacements = [
            mouth.jaw,
            corner(0),
            corner(1),
            left_outer,
            left_inner,
            right_inner,
            right_outer,
            cheek(CheekSquintRight, MouthSmileRight),
            cheek(CheekSquintLeft, MouthSmileLeft),
            point(-puff, 0.0),
            point(puff, 0.0),
            sneer(NoseSneerRight),
            sneer(NoseSneerLeft),
            point(0.0, -0.045 * expression.breath),
        ];
        let tilt = expression.head.roll * TILT;
        let tilt = (tilt.cos(), tilt.sin());
        Self { displacements: displacements.map(|displacement| displacement * strength), head: expression.head, tilt }
    }

    /// How a place is displaced by the expression, in the unit of the face.
    pub(super) fn displacement(&self, place: &Place) -> Point {
        let mut sum = Point::default();
        for (displacement, weight) in self.displacements.iter().zip(place.weights) {
            sum = sum + *displacement * weight;
        }
        sum
    }

    /// Where a place goes, in pixels: displaced by the expression, then turned with the head.
    pub(super) fn moved(&self, anatomy: &Anatomy, place: &Place, displacement: Point) -> Point {
        let point = anatomy.axes.inward(place.at) + displacement;
        let HeadPose { yaw, pitch, .. } = self.head;
        // The neck's joint, about which the head tilts.
        let joint = Point::new(0.0, anatomy.chin.y + 0.4);
        let arm = point - joint;
        let (cos, sin) = self.tilt;
        let tilted = Point::new(arm.x * cos - arm.y * sin, arm.x * sin + arm.y * cos);
        let sway = Point::new(0.05 * yaw, 0.03 * pitch);
        let parallax = Point::new(yaw * TURN, pitch * NOD) * place.depth;
        anatomy.axes.outward(point + (tilted - arm + sway) * place.head + parallax)
    }
}
