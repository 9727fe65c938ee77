//! Triangles with a texture: each is drawn with the part of the still picture that it is made of.

use super::landmarks::Point;
use super::plane::{Plane, Planes, fixed};

/// A corner: where it is drawn, and where it comes from, in pixels of luma.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Corner {
    pub(super) to: Point,
    pub(super) from: Point,
}

/// Draws one triangle, in either orientation. Triangles that share an edge neither overlap nor leave a gap.
pub(super) fn triangle(still: &Planes, out: &mut Planes, corners: [Corner; 3]) {
    plane(&still.luma, &mut out.luma, corners);
    let halved = corners.map(|corner| Corner { to: corner.to * 0.5, from: corner.from * 0.5 });
    for (still, out) in still.chroma.iter().zip(&mut out.chroma) {
        plane(still, out, halved);
    }
}

fn plane(still: &Plane, out: &mut Plane, mut corners: [Corner; 3]) {
    corners.sort_by(|a, b| a.to.y.total_cmp(&b.to.y).then(a.to.x.total_cmp(&b.to.x)));
    let [a, b, c] = corners;
    let (ab, ac) = (b.to - a.to, c.to - a.to);
    let area = ab.x * ac.y - ab.y * ac.x;
    if area.abs() < 1e-6 {
        return;
    }
    // How the origin changes with a step to the right and a step down.
    let (from_b, from_c) = (b.from - a.from, c.from - a.from);
    let across = (from_b * ac.y - from_c * ab.y) * (1.0 / area);
    let down = (from_c * ab.x - from_b * ac.x) * (1.0 / area);

    let first = (a.to.y - 0.5).ceil().max(0.0) as usize;
    let last = (c.to.y - 0.5).ceil().clamp(0.0, out.height as f32) as usize;
    for row in first..last {
        let y = row as f32 + 0.5;
        let long = crossing(a.to, c.to, y);
        let short = if y < b.to.y { crossing(a.to, b.to, y) } else { crossing(b.to, c.to, y) };
        let bound = |x: f32| (x - 0.5).ceil().clamp(0.0, out.width as f32) as usize;
        let (left, right) = (bound(long.min(short)), bound(long.max(short)));
        if left >= right {
            continue;
        }
        let offset = Point::new(left as f32 + 0.5 - a.to.x, y - a.to.y);
        let from = a.from + across * offset.x + down * offset.y;
        let (mut x, mut y) = (fixed(from.x - 0.5), fixed(from.y - 0.5));
        let (step_x, step_y) = (fixed(across.x), fixed(across.y));
        for sample in &mut out.samples[row * out.width + left..row * out.width + right] {
            *sample = still.sample(x, y);
            x = x.saturating_add(step_x);
            y = y.saturating_add(step_y);
        }
    }
}

/// Where the edge between two corners, the upper one first, crosses a line.
fn crossing(upper: Point, lower: Point, y: f32) -> f32 {
    if lower.y <= upper.y { upper.x } else { upper.x + (lower.x - upper.x) * (y - upper.y) / (lower.y - upper.y) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn corner(x: f32, y: f32) -> Corner {
        Corner { to: Point::new(x, y), from: Point::new(x, y) }
    }

    #[test]
    fn triangles_around_a_point_cover_a_square_without_a_gap() {
        let mut still = Planes::new(32, 32);
        still.luma.samples.fill(200);
        let corners = [corner(3.0, 3.0), corner(29.0, 3.0), corner(29.0, 29.0), corner(3.0, 29.0)];
        for middle in [corner(16.0, 16.0), corner(7.3, 21.7), corner(28.5, 3.5)] {
            let mut out = Planes::new(32, 32);
            for index in 0..4 {
                triangle(&still, &mut out, [corners[index], corners[(index + 1) % 4], middle]);
            }
            let covered = |x: usize, y: usize| out.luma.samples[y * 32 + x] == 200;
            assert!((3..29).all(|y| (3..29).all(|x| covered(x, y))));
            assert_eq!(out.luma.samples.iter().filter(|sample| **sample == 200).count(), 26 * 26);
        }
    }
}
