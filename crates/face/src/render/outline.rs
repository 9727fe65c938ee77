//! Outlines: made in art units, kept in pixels of the sheet that is drawn on, turned into coverage.

use ab_glyph_rasterizer::{Point, Rasterizer, point};

/// A point in art units.
pub(super) type At = (f32, f32);

/// Art units to pixels: a scale and a shift.
#[derive(Debug, Clone, Copy)]
pub(super) struct Scale {
    /// Pixels per art unit.
    pub(super) by: f32,
    /// Where the origin of the art lies, in pixels.
    pub(super) x: f32,
    pub(super) y: f32,
}

impl Scale {
    /// A point in pixels.
    pub(super) fn map(self, (x, y): At) -> Point {
        point(x * self.by + self.x, y * self.by + self.y)
    }
}

#[derive(Debug, Clone, Copy)]
enum Step {
    Move(Point),
    Line(Point),
    Curve(Point, Point, Point),
    Close,
}

/// An outline in the making. Its memory serves one outline after the other.
#[derive(Debug)]
pub(super) struct Pen {
    steps: Vec<Step>,
    scale: Scale,
}

/// A box of whole pixels.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Area {
    pub(super) left: i32,
    pub(super) top: i32,
    pub(super) width: i32,
    pub(super) height: i32,
}

impl Area {
    /// What both have in common.
    pub(super) fn intersection(self, other: Self) -> Option<Self> {
        let (left, top) = (self.left.max(other.left), self.top.max(other.top));
        let right = (self.left + self.width).min(other.left + other.width);
        let bottom = (self.top + self.height).min(other.top + other.height);
        let area = Self { left, top, width: right - left, height: bottom - top };
        (area.width > 0 && area.height > 0).then_some(area)
    }

    /// The box grown so that it begins and ends on multiples of a number of columns and of two rows, as far as a picture of
    /// that size goes.
    pub(super) fn on_grid(self, columns: i32, width: usize, height: usize) -> Self {
        let left = self.left / columns * columns;
        let right = (self.left + self.width + columns - 1) / columns * columns;
        let (top, bottom) = (self.top & !1, (self.top + self.height + 1) & !1);
        let (right, bottom) = (right.min(width as i32), bottom.min(height as i32));
        Self { left, top, width: right - left, height: bottom - top }
    }

    /// The smallest box around both.
    pub(super) fn union(self, other: Self) -> Self {
        let (left, top) = (self.left.min(other.left), self.top.min(other.top));
        let right = (self.left + self.width).max(other.left + other.width);
        let bottom = (self.top + self.height).max(other.top + other.height);
        Self { left, top, width: right - left, height: bottom - top }
    }
}

impl Pen {
    /// An empty outline, with memory for `steps` of them.
    pub(super) fn with_capacity(steps: usize) -> Self {
        Self { steps: Vec::with_capacity(steps), scale: Scale { by: 1.0, x: 0.0, y: 0.0 } }
    }

    /// Forgets the outline and draws the next one under `scale`.
    pub(super) fn restart(&mut self, scale: Scale) {
        self.steps.clear();
        self.scale = scale;
    }

    /// Begins a contour.
    pub(super) fn from(&mut self, at: At) -> &mut Self {
        self.steps.push(Step::Move(self.scale.map(at)));
        self
    }

    /// A straight line.
    pub(super) fn line(&mut self, at: At) -> &mut Self {
        self.steps.push(Step::Line(self.scale.map(at)));
        self
    }

    /// A cubic curve with two handles.
    pub(super) fn curve(&mut self, first: At, second: At, to: At) -> &mut Self {
        let scale = self.scale;
        self.steps.push(Step::Curve(scale.map(first), scale.map(second), scale.map(to)));
        self
    }

    /// Closes the contour.
    pub(super) fn close(&mut self) {
        self.steps.push(Step::Close);
    }

    /// An oval with two radii.
    pub(super) fn oval(&mut self, (x, y): At, rx: f32, ry: f32) {
        // The handle length that makes a cubic curve a quarter of a circle to within 0.03 %.
        let (hx, hy) = (rx * 0.5523, ry * 0.5523);
        self.from((x + rx, y))
            .curve((x + rx, y + hy), (x + hx, y + ry), (x, y + ry))
            .curve((x - hx, y + ry), (x - rx, y + hy), (x - rx, y))
            .curve((x - rx, y - hy), (x - hx, y - ry), (x, y - ry))
            .curve((x + hx, y - ry), (x + rx, y - hy), (x + rx, y))
            .close();
    }

    /// A stroke along a cubic curve, `width` wide in the middle, pointed at both ends.
    pub(super) fn ribbon(&mut self, [a, b, c, d]: [At; 4], width: f32) {
        let (dx, dy) = (d.0 - a.0, d.1 - a.1);
        let length = (dx * dx + dy * dy).sqrt().max(1e-3);
        // A cubic moves by 3/4 of what both handles move by.
        let push = width / 1.5 / length;
        let (nx, ny) = (-dy * push, dx * push);
        self.from(a)
            .curve((b.0 + nx, b.1 + ny), (c.0 + nx, c.1 + ny), d)
            .curve((c.0 - nx, c.1 - ny), (b.0 - nx, b.1 - ny), a)
            .close();
    }

    /// The box around the outline, cut to a `width` by `height` sheet; none when nothing of it is on the sheet.
    ///
    /// Columns left and right of the sheet count to the box: coverage is summed up along whole rows.
    fn area(&self, width: i32, height: i32) -> Option<Area> {
        let (mut low, mut high) = (point(f32::MAX, f32::MAX), point(f32::MIN, f32::MIN));
        let mut take = |p: &Point| {
            low = point(low.x.min(p.x), low.y.min(p.y));
            high = point(high.x.max(p.x), high.y.max(p.y));
        };
        for step in &self.steps {
            match step {
                Step::Move(p) | Step::Line(p) => take(p),
                Step::Curve(a, b, c) => [a, b, c].into_iter().for_each(&mut take),
                Step::Close => {}
            }
        }
        let left = (low.x.floor() as i32).clamp(-width, 2 * width);
        let right = (high.x.ceil() as i32 + 1).clamp(-width, 2 * width);
        let top = (low.y.floor() as i32).clamp(0, height);
        let bottom = (high.y.ceil() as i32 + 1).clamp(0, height);
        let area = Area { left, top, width: right - left, height: bottom - top };
        (area.width > 0 && area.height > 0).then_some(area)
    }

    /// Coverage of the outline within a `width` by `height` sheet.
    pub(super) fn cover(&self, raster: &mut Rasterizer, width: usize, height: usize) -> Option<Area> {
        let area = self.area(width as i32, height as i32)?;
        raster.reset(area.width as usize, area.height as usize);
        let (right, shift) = (area.width as f32 - 0.01, point(area.left as f32, area.top as f32));
        let local = |p: &Point| point((p.x - shift.x).clamp(0.0, right), p.y - shift.y);
        let (mut start, mut last) = (point(0.0, 0.0), point(0.0, 0.0));
        for step in &self.steps {
            match step {
                Step::Move(p) => {
                    start = local(p);
                    last = start;
                }
                Step::Line(p) => {
                    raster.draw_line(last, local(p));
                    last = local(p);
                }
                Step::Curve(a, b, c) => {
                    raster.draw_cubic(last, local(a), local(b), local(c));
                    last = local(c);
                }
                Step::Close => {
                    raster.draw_line(last, start);
                    last = start;
                }
            }
        }
        Some(area)
    }
}
