//! What is seen between the lips: the dark of the mouth, teeth and tongue.
//!
//! The upper teeth are the photo's own where it shows them, otherwise drawn in the light of the photo's skin.

use super::landmarks::{Landmarks, Point};
use super::lips::{CONTOUR, Lips, column_at};
use super::mouth_drive::MouthDrive;
use super::plane::Planes;
use super::rest_mouth::RestMouth;

/// How far the drawn upper teeth reach below the closed lips.
const UPPER_TEETH: f32 = 0.075;
/// How far the lower teeth hide behind the lower lip, and how far it can be drawn off them.
const LOWER_TEETH: [f32; 2] = [0.02, 0.05];
/// How far the corners are looked past, in pixels.
const MARGIN: f32 = 2.0;
/// Half the width of the drawn row of teeth, as a share of half the mouth's width.
const ROW: f32 = 0.90;
/// Widths of the teeth from the middle outwards.
const TEETH: [f32; 5] = [0.125, 0.100, 0.110, 0.10, 0.10];

/// Colours (luma, chroma) and measures taken from the photo.
pub(super) struct InnerMouth {
    dark: [f32; 3],
    tooth: [f32; 3],
    tongue: [f32; 3],
    rest: RestMouth,
    half: f32,
    unit: f32,
    /// Per pixel across the mouth: upper and lower edge of the opening, in pixels of the mouth.
    edges: Vec<(f32, f32)>,
}

/// The mouth at one moment.
struct Opening<'a> {
    mouth: &'a InnerMouth,
    lips: &'a Lips,
    still: &'a Planes,
    drive: &'a MouthDrive,
    /// Middle between the corners, and the direction from one to the other.
    origin: Point,
    along: Point,
    left: f32,
    /// How far the line through the photo's corners lies below that through the moved ones, in the unit of the face.
    skull: f32,
    tallest: f32,
}

impl InnerMouth {
    pub(super) fn new(still: &Planes, face: &Landmarks, lips: &Lips, rest: RestMouth, unit: f32, width: usize) -> Self {
        let lower = face.at(66).towards(face.at(57), 0.55);
        let lip = still.mean(lower.x, lower.y, 0.06 * unit);
        let skin = [0, 1].map(|side| {
            let cheek = face.at([41, 46][side]).towards(face.at([48, 54][side]), 0.35);
            still.mean(cheek.x, cheek.y, 0.15 * unit)
        });
        let light = (skin[0][0] + skin[1][0]) / 2.0 - 16.0;
        Self {
            dark: [16.0 + 0.075 * light, 119.0, 145.0],
            tooth: [16.0 + (1.04 * light).min(196.0), 119.0, 135.0],
            tongue: [16.0 + 0.55 * (lip[0] - 16.0), lip[1] * 0.6 + 120.0 * 0.4, lip[2] * 0.75 + 152.0 * 0.25],
            rest,
            half: lips.half,
            unit,
            edges: vec![(0.0, 0.0); width],
        }
    }

    /// Draws the inside over the lips that were just drawn.
    pub(super) fn draw(&mut self, lips: &Lips, still: &Planes, drive: &MouthDrive, out: &mut Planes) {
        let [upper, lower] = &lips.inner;
        let (first, last) = (upper[0], upper[CONTOUR - 1]);
        let length = first.distance(last).max(1.0);
        let along = (last - first) * (1.0 / length);
        let origin = first.towards(last, 0.5);
        let left = -length / 2.0 - MARGIN;
        let inward = |point: Point| {
            let offset = point - origin;
            Point::new(offset.x * along.x + offset.y * along.y, offset.y * along.x - offset.x * along.y)
        };
        let count = ((length + 2.0 * MARGIN) as usize + 2).min(self.edges.len());
        let mut tallest = 0.0_f32;
        let mut segment = [0, 0];
        for index in 0..count {
            let x = left + index as f32 + 0.5;
            let mut edge = [0.0; 2];
            for (side, contour) in [upper, lower].into_iter().enumerate() {
                while segment[side] + 2 < CONTOUR && inward(contour[segment[side] + 1]).x < x {
                    segment[side] += 1;
                }
                let (a, b) = (inward(contour[segment[side]]), inward(contour[segment[side] + 1]));
                let share = ((x - a.x) / (b.x - a.x).max(0.01)).clamp(0.0, 1.0);
                edge[side] = a.y + (b.y - a.y) * share;
            }
            self.edges[index] = (edge[0], edge[1]);
            tallest = tallest.max(edge[1] - edge[0]);
        }
        let points = upper.iter().chain(lower);
        let top = points.clone().map(|point| point.y).fold(f32::MAX, f32::min) - 2.0;
        let bottom = points.clone().map(|point| point.y).fold(f32::MIN, f32::max) + 2.0;
        let from = points.clone().map(|point| point.x).fold(f32::MAX, f32::min) - 2.0;
        let to = points.map(|point| point.x).fold(f32::MIN, f32::max) + 2.0;

        // The skull does not follow the lips: where the upper lip's edge of the photo would be, had it not moved.
        let middle = CONTOUR / 2;
        let moved = lips.lip_displacement(drive, 0, 0, middle).y + lips.edge_in_photo(0, middle).y;
        let skull = inward(upper[middle]).y / self.unit - moved;
        let opening = Opening { mouth: self, lips, still, drive, origin, along, left, skull, tallest };
        let (width, height) = (out.luma.width, out.luma.height);
        let range = |from: f32, to: f32, most: usize, step: usize| {
            let low = (from.max(0.0) as usize / step).min(most / step);
            let high = (to.max(0.0) as usize / step + 1).min(most / step);
            low..high
        };
        for row in range(top, bottom, height, 1) {
            for column in range(from, to, width, 1) {
                let (share, colour) = opening.at(column as f32 + 0.5, row as f32 + 0.5);
                blend(&mut out.luma.samples[row * width + column], colour[0], share);
            }
        }
        for row in range(top, bottom, height, 2) {
            for column in range(from, to, width, 2) {
                let (share, colour) = opening.at(2.0 * column as f32 + 1.0, 2.0 * row as f32 + 1.0);
                for (plane, value) in out.chroma.iter_mut().zip([colour[1], colour[2]]) {
                    blend(&mut plane.samples[row * (width / 2) + column], value, share);
                }
            }
        }
    }
}

impl Opening<'_> {
    /// How much of the inside is seen at a place in pixels, and its colour.
    fn at(&self, x: f32, y: f32) -> (f32, [f32; 3]) {
        let offset = Point::new(x, y) - self.origin;
        let x = offset.x * self.along.x + offset.y * self.along.y;
        let y = offset.y * self.along.x - offset.x * self.along.y;
        let index = (x - self.left - 0.5).max(0.0);
        let edges = self.mouth.edges.get(index as usize..index as usize + 2);
        let (Some(&[near, next]), true) = (edges, x.abs() < -self.left) else { return (0.0, [0.0; 3]) };
        let (slope_upper, slope_lower) = (next.0 - near.0, next.1 - near.1);
        let upper = near.0 + slope_upper * index.fract();
        let lower = near.1 + slope_lower * index.fract();
        // Distances to the edges, across them.
        let below = (y - upper) / 1.0_f32.hypot(slope_upper);
        let above = (lower - y) / 1.0_f32.hypot(slope_lower);
        let end = (-self.left - MARGIN - x.abs() + 0.5).clamp(0.0, 1.0);
        let share =
            (below + 0.5).clamp(0.0, 1.0) * (above + 0.5).clamp(0.0, 1.0) * (lower - upper).clamp(0.0, 1.0) * end;
        if share <= 0.0 {
            return self.seam(x, y, (upper + lower) / 2.0);
        }
        (share, self.inside(x / self.mouth.unit, y / self.mouth.unit, upper / self.mouth.unit, lower / self.mouth.unit))
    }

    /// The shadow where closed lips meet; an open photo has none of its own.
    fn seam(&self, x: f32, y: f32, line: f32) -> (f32, [f32; 3]) {
        if self.mouth.rest == RestMouth::Shut {
            return (0.0, [0.0; 3]);
        }
        let thick = 0.012 * self.mouth.unit;
        let distance = (y - line) / thick;
        let end = 1.0 - (x / self.left).abs().powi(4);
        let shut = 1.0 - (self.tallest / (0.05 * self.mouth.unit)).min(1.0);
        (0.8 * shut * end.max(0.0) * (-distance * distance).exp(), [self.mouth.dark[0] + 18.0, 124.0, 142.0])
    }

    /// The colour inside, at a place in the unit of the face from the middle of the mouth.
    fn inside(&self, x: f32, y: f32, upper: f32, lower: f32) -> [f32; 3] {
        let mouth = self.mouth;
        let pixel = 1.0 / mouth.unit;
        let mut colour = mouth.dark;
        let line = self.skull + self.lips.line();
        let aside = (x / mouth.half).abs();
        // Tongue: a soft mound on the floor of the mouth.
        let floor = lower - upper;
        let raised = 0.42 + 0.5 * self.drive.tongue;
        let mound = lower - floor * raised * (1.0 - (x / (0.62 * mouth.half)).powi(2)).max(0.0);
        let on_tongue = ((y - mound) / (0.05 + 2.0 * pixel)).clamp(0.0, 1.0)
            * ((floor - 0.07) / 0.1 + self.drive.tongue).clamp(0.0, 1.0);
        let dim = 0.45 + 0.55 * ((y - mound) / 0.12).clamp(0.0, 1.0);
        let tongue = [16.0 + (mouth.tongue[0] - 16.0) * dim, mouth.tongue[1], mouth.tongue[2]];
        mix(&mut colour, tongue, 0.85 * on_tongue);
        // Lower teeth go with the jaw.
        let fall = (self.drive.lower[0] + self.drive.lower[1]) / 2.0;
        let arc = 0.05 * aside * aside;
        let lower_edge = line + fall + LOWER_TEETH[0] - LOWER_TEETH[1] * self.drive.bared + arc;
        let on_lower =
            ((y - lower_edge) / pixel + 0.5).clamp(0.0, 1.0) * row_end(aside * 1.15) * (1.0 - self.drive.tongue);
        mix(&mut colour, self.tooth(x * 1.35, 0.84 - 0.4 * self.drive.round, 0.07), on_lower);
        // Upper teeth go with the skull.
        // Rounded lips come down before the teeth.
        let hidden = 0.08 * self.drive.round;
        let edge = line + UPPER_TEETH - 0.6 * arc - hidden;
        let on_upper = ((edge - y) / pixel + 0.5).clamp(0.0, 1.0) * row_end(aside);
        // Behind the photo's own teeth, what they leave dark at the sides.
        let light = if mouth.rest == RestMouth::Teeth { 0.55 } else { 0.94 - 0.5 * self.drive.round };
        mix(&mut colour, self.tooth(x, light, 0.16), on_upper);
        if mouth.rest == RestMouth::Teeth {
            self.own_teeth(&mut colour, x, y - self.skull + hidden);
        }
        // The upper lip throws a shadow, and the corners are dark.
        let shade = 0.62 + 0.38 * ((y - upper) / 0.06).clamp(0.0, 1.0);
        let depth = 1.0 - 0.5 * (x / (self.left / mouth.unit)).abs().powi(3);
        colour[0] = 16.0 + (colour[0] - 16.0) * shade * depth;
        colour
    }

    /// A drawn tooth at a distance from the middle, as light as given; `gap` is how dark the lines between teeth are.
    fn tooth(&self, x: f32, light: f32, gap: f32) -> [f32; 3] {
        let mut from = 0.0;
        let mut distance = 1.0_f32;
        for width in TEETH {
            distance = distance.min((x.abs() - from).abs());
            from += width;
        }
        let line = 1.0 - gap * (1.0 - (distance / 0.014).min(1.0));
        let round = 1.0 - 0.35 * (x / 0.5).powi(2).min(1.0);
        let mut tooth = self.mouth.tooth;
        mix(&mut tooth, self.mouth.dark, 1.0 - light * line * round);
        tooth
    }

    /// The teeth that the photo shows, where it shows them.
    fn own_teeth(&self, colour: &mut [f32; 3], x: f32, y: f32) {
        let half = self.mouth.half;
        if x.abs() >= half {
            return;
        }
        let (index, share) = column_at(x / half);
        let edge = |side: usize| {
            let at = |index: usize| self.lips.edge_in_photo(side, index).y;
            at(index) + (at(index + 1) - at(index)) * share
        };
        let pixel = 1.0 / self.mouth.unit;
        let (upper, lower) = (edge(0) + 0.04, edge(1) - 0.028);
        if lower <= upper {
            return;
        }
        let place = self.lips.in_photo(x, y.clamp(upper, lower));
        let seen = ((lower - y) / pixel + 0.5).clamp(0.0, 1.0);
        let end = (4.0 * (1.0 - (x / half).abs())).clamp(0.0, 1.0);
        let mut tooth = self.still.at(place.x, place.y);
        mix(&mut tooth, self.mouth.dark, 0.3 * self.drive.round);
        mix(colour, tooth, seen * end);
    }
}

/// 1 on the row of teeth, fading to 0 at its ends.
fn row_end(aside: f32) -> f32 {
    ((ROW - aside) / 0.2).clamp(0.0, 1.0)
}

fn mix(colour: &mut [f32; 3], other: [f32; 3], share: f32) {
    colour.iter_mut().zip(other).for_each(|(value, other)| *value += (other - *value) * share);
}

fn blend(sample: &mut u8, value: f32, share: f32) {
    if share > 0.0 {
        let old = f32::from(*sample);
        *sample = (old + (value - old) * share + 0.5) as u8;
    }
}
