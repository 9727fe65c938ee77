//! The lips: a mesh around the mouth, slit along the line between the lips, that moves with them.
//!
//! It has two halves, upper and lower, each of columns from the left corner to the right and of rings from the inner edge
//! of the lip outwards. Its outermost ring moves as the picture around it does, so no seam shows.

use super::axes::{Axes, smooth};
use super::field::{Anatomy, Moment, Place};
use super::landmarks::{Landmarks, Point};
use super::mouth_drive::{CORNERS, MouthDrive};
use super::plane::Planes;
use super::raster::{Corner, triangle};
use super::rest_mouth::{RestMouth, shut_line};

/// Spans between the corners of the mouth.
pub(super) const COLUMNS: usize = 18;
/// How far each ring outside of the lip's outer edge is towards the border of the mesh.
const OUTER_RINGS: [f32; 5] = [0.12, 0.3, 0.52, 0.76, 1.0];
/// Rings of a half: the inner edge, the lip's middle, its outer edge, and those around.
const RINGS: usize = 3 + OUTER_RINGS.len();
/// Points of a contour.
pub(super) const CONTOUR: usize = COLUMNS + 1;
/// How much of the photo's own opening is closed by the upper and by the lower lip.
const CLOSING: [f32; 2] = [0.45, 0.55];
/// The least area of a triangle, as a share of what it has at rest.
const LEAST_AREA: f32 = 0.01;

#[derive(Clone, Copy)]
struct Vertex {
    place: Place,
    to: Point,
}

/// The mesh.
pub(super) struct Lips {
    /// The mouth's own coordinates in the photo: origin between the corners, unit of the face.
    axes: Axes,
    /// Half the mouth's width in the photo, in the unit of the face.
    pub(super) half: f32,
    /// Height of the photo's own opening at each column, in the unit of the face.
    gaps: [f32; CONTOUR],
    /// Where the lips meet when they close, at each column, below the line through the corners.
    line: [f32; CONTOUR],
    /// Upper half, lower half; ring by ring.
    halves: [Vec<Vertex>; 2],
    /// The moved inner edge of each lip, as far as the mouth is to be filled, in pixels.
    pub(super) inner: [[Point; CONTOUR]; 2],
}

/// How far a column is from the middle: -1 at the left corner, 1 at the right.
fn across(column: usize) -> f32 {
    let share = column as f32 / COLUMNS as f32;
    // Closer together towards the corners, where the lips bend most.
    0.5 * (2.0 * share - 1.0) - 0.5 * (std::f32::consts::PI * share).cos()
}

/// Which two columns a place across the mouth lies between, and how far from the first.
pub(super) fn column_at(u: f32) -> (usize, f32) {
    let column = (1..COLUMNS).take_while(|column| across(*column) <= u).count();
    let (near, next) = (across(column), across(column + 1));
    (column, ((u - near) / (next - near)).clamp(0.0, 1.0))
}

impl Lips {
    pub(super) fn new(still: &Planes, face: &Landmarks, anatomy: &Anatomy, rest: RestMouth) -> Self {
        let corner = |outer: usize, inner: usize| face.at(outer).towards(face.at(inner), 0.35);
        let corners = [corner(48, 60), corner(54, 64)];
        let line = corners[1] - corners[0];
        let unit = anatomy.axes.unit;
        let axes = Axes::new(corners[0].towards(corners[1], 0.5), unit, line.y.atan2(line.x));
        let half = corners[0].distance(corners[1]) / 2.0 / unit;
        let contour = |indices: &[usize]| {
            let mut points = vec![Point::new(-half, 0.0)];
            points.extend(indices.iter().map(|index| axes.inward(face.at(*index))));
            points.push(Point::new(half, 0.0));
            points
        };
        let outer = [contour(&[49, 50, 51, 52, 53]), contour(&[59, 58, 57, 56, 55])];
        let mut inner = [contour(&[61, 62, 63]), contour(&[67, 66, 65])];
        match rest {
            // Both lips end where they meet.
            RestMouth::Shut => {
                for (index, (upper, lower)) in [(61, 67), (62, 66), (63, 65)].into_iter().enumerate() {
                    let line = axes.inward(shut_line(still, face.at(upper), face.at(lower), unit));
                    inner.iter_mut().for_each(|points| points[index + 1] = line);
                }
            }
            // The net draws the edge a little inside of the teeth: a lip must not carry a rim of them.
            RestMouth::Open | RestMouth::Teeth => {
                for (points, way) in inner.iter_mut().zip([-0.02, 0.048]) {
                    points.iter_mut().skip(1).take(3).for_each(|point| point.y += way);
                }
            }
        }
        let below = axes.inward(face.at(Landmarks::CHIN)).y * 0.82;
        let above = -axes.inward(face.at(Landmarks::NOSE_BASE)).y * 1.15;
        let mut gaps = [0.0; CONTOUR];
        let mut halves = [Vec::with_capacity(RINGS * CONTOUR), Vec::with_capacity(RINGS * CONTOUR)];
        for (side, vertices) in halves.iter_mut().enumerate() {
            for ring in 0..RINGS {
                for (column, gap) in gaps.iter_mut().enumerate() {
                    let u = across(column);
                    let x = u * half;
                    let (mut near, far) = (height(&inner[side], x), height(&outer[side], x));
                    let opening = height(&inner[1], x) - height(&inner[0], x);
                    if opening < 0.0 {
                        near = (height(&inner[0], x) + height(&inner[1], x)) / 2.0;
                    }
                    *gap = opening.max(0.0);
                    let lip = |share: f32| Point::new(x, near + (far - near) * share);
                    let angle = std::f32::consts::PI * column as f32 / COLUMNS as f32;
                    let reach = if side == 0 { -above } else { below };
                    let border = Point::new(-1.75 * half * angle.cos(), reach * angle.sin());
                    let point = match ring {
                        0 => lip(0.0),
                        1 => lip(0.5),
                        2 => lip(1.0),
                        _ => lip(1.0).towards(border, OUTER_RINGS[ring - 3]),
                    };
                    let at = axes.outward(point);
                    vertices.push(Vertex { place: anatomy.place(at), to: at });
                }
            }
        }
        let mut lips = Self { axes, half, gaps, line: [0.0; CONTOUR], halves, inner: [[Point::default(); CONTOUR]; 2] };
        lips.line = std::array::from_fn(|column| lips.edge_in_photo(0, column).y + CLOSING[0] * gaps[column]);
        lips
    }

    /// How far the line between the closed lips lies below the corners, in the unit of the face: it sags in a smile.
    pub(super) fn sag(&self) -> f32 {
        self.line().max(0.0)
    }

    /// Where the lips meet in the middle, below the line through the corners, in the unit of the face.
    pub(super) fn line(&self) -> f32 {
        self.line[CONTOUR / 2]
    }

    /// A place of the photo's mouth: `x` from its middle, `y` below the line through its corners, in the unit of the face.
    pub(super) fn in_photo(&self, x: f32, y: f32) -> Point {
        self.axes.outward(Point::new(x, y))
    }

    /// Where a place of the photo's inner edge was, per column, in the mouth's coordinates.
    pub(super) fn edge_in_photo(&self, side: usize, column: usize) -> Point {
        self.axes.inward(self.halves[side][column].place.at)
    }

    /// Moves the mesh. False when that would fold it.
    pub(super) fn advance(&mut self, anatomy: &Anatomy, moment: &Moment, drive: &MouthDrive, strength: f32) -> bool {
        for side in 0..2 {
            for ring in 0..RINGS {
                for column in 0..CONTOUR {
                    let lip = self.lip_displacement(drive, side, ring, column);
                    // Displacements are in the face's coordinates; those of the mouth differ by a small angle only.
                    let vertex = &mut self.halves[side][ring * CONTOUR + column];
                    let around = moment.displacement(&vertex.place);
                    let share = if ring < 3 { 0.0 } else { fading(OUTER_RINGS[ring - 3]) };
                    let displacement = (lip * strength).towards(around, share);
                    vertex.to = moment.moved(anatomy, &vertex.place, displacement);
                }
            }
        }
        for (inner, vertices) in self.inner.iter_mut().zip(&self.halves) {
            inner.iter_mut().zip(vertices).for_each(|(point, vertex)| *point = vertex.to);
        }
        self.is_unfolded()
    }

    /// How the lip moves at a ring and a column; outside of the lip as its outer edge does.
    pub(super) fn lip_displacement(&self, drive: &MouthDrive, side: usize, ring: usize, column: usize) -> Point {
        let u = across(column);
        let right = (u + 1.0) / 2.0;
        let bulge = (1.0 - u * u).max(0.0).powf(0.8 - 0.3 * drive.round);
        let mix = |pair: [f32; 2]| pair[0] + (pair[1] - pair[0]) * smooth(0.0, 1.0, right);
        let corner = if u < 0.0 { drive.corners[0] } else { drive.corners[1] };
        let middle = (drive.corners[0] + drive.corners[1]) * 0.5;
        // The corners' shift fades towards the middle; what both corners share goes with the whole mouth.
        // Flat at the corner, so that the mesh beside it is carried along.
        let cornered = smooth(0.0, 1.0, u.abs());
        let base = Point::new(middle.x * (1.0 - u.abs()) + corner.x * u.abs(), corner.y * cornered);
        let straight = drive.flat * (CORNERS * self.sag() * (1.0 - cornered) - self.line[column]);
        let base = base + Point::new(0.0, straight);
        let gap = self.gaps[column] * (1.0 - drive.parted);
        let way = if side == 0 { -1.0 } else { 1.0 };
        let open = if side == 0 { drive.upper } else { drive.lower };
        let closing = CLOSING[side];
        let (follow, shut) = if side == 0 { (0.75, 0.45) } else { (0.94, 0.62) };
        let edge = way * (mix(open) * bulge) - way * closing * gap;
        let outer = way * mix(open) * bulge * follow - way * closing * gap * shut + way * drive.fuller[side] * bulge;
        let y = match ring {
            0 => edge,
            1 => (edge + outer) / 2.0,
            _ => outer,
        };
        base + Point::new(0.0, y)
    }

    /// Whether all triangles keep their orientation, and enough of their area.
    pub(super) fn is_unfolded(&self) -> bool {
        let mut unfolded = true;
        for (side, vertices) in self.halves.iter().enumerate() {
            each_triangle(|indices| {
                let area = |corners: [Point; 3]| {
                    let [a, b, c] = corners;
                    (b.x - a.x) * (c.y - a.y) - (b.y - a.y) * (c.x - a.x)
                };
                let rest = area(indices.map(|index| vertices[index].place.at));
                let now = area(indices.map(|index| vertices[index].to));
                let way = if side == 0 { 1.0 } else { -1.0 };
                // At the corners of the mouth, where both edges meet, a triangle may have no area to begin with.
                if rest * way > 0.05 && now * way < LEAST_AREA * rest * way {
                    unfolded = false;
                }
            });
        }
        unfolded
    }

    /// Draws the skin and the lips.
    pub(super) fn draw(&self, still: &Planes, out: &mut Planes) {
        for vertices in &self.halves {
            each_triangle(|indices| {
                triangle(
                    still,
                    out,
                    indices.map(|index| {
                        let vertex = &vertices[index];
                        Corner { to: vertex.to, from: vertex.place.at }
                    }),
                );
            });
        }
    }

    /// The rectangle that the mesh covers, in pixels: left, top, right, bottom.
    pub(super) fn bounds(&self) -> [f32; 4] {
        let mut bounds = [f32::MAX, f32::MAX, f32::MIN, f32::MIN];
        for vertex in self.halves.iter().flatten() {
            bounds[0] = bounds[0].min(vertex.to.x);
            bounds[1] = bounds[1].min(vertex.to.y);
            bounds[2] = bounds[2].max(vertex.to.x);
            bounds[3] = bounds[3].max(vertex.to.y);
        }
        bounds
    }
}

/// How much less the skin follows the lip, from the lip's edge (0) to the border of the mesh (1): nearly even, so that it
/// takes a large movement to fold it.
fn fading(share: f32) -> f32 {
    0.6 * share + 0.4 * smooth(0.0, 1.0, share)
}

fn each_triangle(mut action: impl FnMut([usize; 3])) {
    for ring in 1..RINGS {
        for column in 1..CONTOUR {
            let (a, b) = ((ring - 1) * CONTOUR + column - 1, ring * CONTOUR + column - 1);
            // The diagonal leans outwards on both sides, which suits the corners.
            if column <= COLUMNS / 2 {
                action([a, b, a + 1]);
                action([b, b + 1, a + 1]);
            } else {
                action([a, b, b + 1]);
                action([a, b + 1, a + 1]);
            }
        }
    }
}

/// Height of a smooth curve through points that go from left to right: a cubic through each pair, with slopes from the
/// neighbours (Catmull-Rom).
fn height(points: &[Point], x: f32) -> f32 {
    let index = points.iter().rposition(|point| point.x <= x).unwrap_or(0).min(points.len() - 2);
    let slope = |index: usize| {
        let (a, b) = (points[index.saturating_sub(1)], points[(index + 1).min(points.len() - 1)]);
        (b.y - a.y) / (b.x - a.x).max(1e-4)
    };
    let (a, b) = (points[index], points[index + 1]);
    let length = (b.x - a.x).max(1e-4);
    let t = ((x - a.x) / length).clamp(0.0, 1.0);
    let (t2, t3) = (t * t, t * t * t);
    (2.0 * t3 - 3.0 * t2 + 1.0) * a.y
        + (t3 - 2.0 * t2 + t) * length * slope(index)
        + (3.0 * t2 - 2.0 * t3) * b.y
        + (t3 - t2) * length * slope(index + 1)
}
