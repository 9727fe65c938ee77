//! The warp of the whole picture: a grid of places that move, and the picture drawn through it.
//!
//! Displacements are computed forward at the nodes, then turned around: for each node of the drawn picture, where in the still
//! one it comes from. Within a cell that is interpolated bilinearly, so neighbouring cells always meet.

use super::field::{Anatomy, Moment, Place};
use super::landmarks::Point;
use super::plane::{FRACTION, Plane, Planes};

/// Side of a cell in pixels of luma.
pub(super) const CELL: usize = 8;
/// The least area that a triangle keeps of its own.
const LEAST_AREA: f32 = 0.08;
/// Rounds in which the displacement is turned around.
const ROUNDS: usize = 6;
/// Origins are kept in 64ths of a pixel: what moves less is the same picture.
const GRAIN: f32 = 64.0;

/// A rectangle of cells, upper bounds excluded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Cells {
    pub(super) columns: (usize, usize),
    pub(super) rows: (usize, usize),
}

/// The grid.
pub(super) struct Grid {
    columns: usize,
    rows: usize,
    places: Vec<Place>,
    /// The places that ever move.
    moving: Vec<usize>,
    /// Where each place has gone, less where it was.
    forward: Vec<Point>,
    /// Where each node of the drawn picture comes from, in [`GRAIN`]ths of a pixel.
    origins: Vec<(i32, i32)>,
    /// The same of the picture drawn before.
    before: Vec<(i32, i32)>,
    /// Which cells are to be drawn; one for each node, those of the last row and column are no cells.
    marked: Vec<bool>,
}

impl Grid {
    pub(super) fn new(anatomy: &Anatomy, width: usize, height: usize) -> Self {
        let (columns, rows) = (width.div_ceil(CELL) + 1, height.div_ceil(CELL) + 1);
        let node = |index: usize| Point::new((index % columns * CELL) as f32, (index / columns * CELL) as f32);
        let places: Vec<_> = (0..columns * rows).map(|index| anatomy.place(node(index))).collect();
        let count = places.len();
        Self {
            columns,
            rows,
            moving: (0..count).filter(|index| !places[*index].is_still()).collect(),
            places,
            forward: vec![Point::default(); count],
            origins: vec![(0, 0); count],
            before: vec![(0, 0); count],
            marked: vec![true; count],
        }
    }

    /// Moves all places. False when that would fold the picture.
    pub(super) fn advance(&mut self, anatomy: &Anatomy, moment: &Moment) -> bool {
        for index in &self.moving {
            let place = &self.places[*index];
            self.forward[*index] = moment.moved(anatomy, place, moment.displacement(place)) - place.at;
        }
        self.is_unfolded()
    }

    /// Whether both triangles of every cell, along either diagonal, keep their orientation.
    pub(super) fn is_unfolded(&self) -> bool {
        let at = |row: usize, column: usize| {
            let index = row * self.columns + column;
            self.places[index].at + self.forward[index]
        };
        let least = LEAST_AREA * (CELL * CELL) as f32;
        (1..self.rows).all(|row| {
            (1..self.columns).all(|column| {
                let corners = [at(row - 1, column - 1), at(row - 1, column), at(row, column), at(row, column - 1)];
                (0..4).all(|turn| {
                    let [a, b, c] = [0, 1, 2].map(|offset| corners[(turn + offset) % 4]);
                    (b.x - a.x) * (c.y - a.y) - (b.y - a.y) * (c.x - a.x) > least
                })
            })
        })
    }

    /// Turns the displacement around, and marks the cells that differ from the picture before.
    pub(super) fn settle(&mut self) {
        std::mem::swap(&mut self.origins, &mut self.before);
        for index in 0..self.origins.len() {
            let node = self.places[index].at;
            let mut origin = node - self.forward[index];
            for _ in 1..ROUNDS {
                let next = node - self.displacement_at(origin);
                let step = (next - origin) * GRAIN;
                origin = next;
                if step.x.abs() + step.y.abs() < 0.25 {
                    break;
                }
            }
            self.origins[index] = ((origin.x * GRAIN).round() as i32, (origin.y * GRAIN).round() as i32);
        }
        for row in 0..self.rows {
            for column in 0..self.columns {
                let at = row * self.columns + column;
                if self.origins[at] != self.before[at] {
                    // A node belongs to the four cells around it.
                    for (up, left) in [(0, 0), (0, 1), (1, 0), (1, 1)] {
                        if row >= up && column >= left {
                            self.marked[at - up * self.columns - left] = true;
                        }
                    }
                }
            }
        }
    }

    /// Marks the cells in a rectangle.
    pub(super) fn mark(&mut self, cells: &Cells) {
        for row in cells.rows.0..cells.rows.1 {
            self.marked[row * self.columns + cells.columns.0..row * self.columns + cells.columns.1].fill(true);
        }
    }

    /// Marks the cells into which a rectangle of the still picture (left, top, right, bottom, in pixels) is drawn.
    pub(super) fn mark_reached(&mut self, rectangle: &[usize; 4]) {
        let [left, top, right, bottom] = rectangle.map(|edge| edge as i32 * GRAIN as i32);
        let grain = GRAIN as i32;
        for at in 0..self.origins.len() - self.columns - 1 {
            let nodes = [at, at + 1, at + self.columns, at + self.columns + 1].map(|index| self.origins[index]);
            let reaches = |values: [i32; 4], low: i32, high: i32| {
                values.iter().any(|value| value + grain >= low) && values.iter().any(|value| value - grain <= high)
            };
            if reaches(nodes.map(|node| node.0), left, right) && reaches(nodes.map(|node| node.1), top, bottom) {
                self.marked[at] = true;
            }
        }
    }

    /// The rectangle around the marked cells.
    pub(super) fn marked(&self) -> Option<Cells> {
        let mut around: Option<Cells> = None;
        for row in 0..self.rows - 1 {
            for column in 0..self.columns - 1 {
                if self.marked[row * self.columns + column] {
                    let cells = around.get_or_insert(Cells { columns: (column, column), rows: (row, row) });
                    cells.columns = (cells.columns.0.min(column), cells.columns.1.max(column + 1));
                    cells.rows = (cells.rows.0, row + 1);
                }
            }
        }
        around
    }

    fn displacement_at(&self, point: Point) -> Point {
        let x = (point.x / CELL as f32).clamp(0.0, (self.columns - 1) as f32 - 0.001);
        let y = (point.y / CELL as f32).clamp(0.0, (self.rows - 1) as f32 - 0.001);
        let at = y as usize * self.columns + x as usize;
        let upper = self.forward[at].towards(self.forward[at + 1], x.fract());
        let lower = self.forward[at + self.columns].towards(self.forward[at + self.columns + 1], x.fract());
        upper.towards(lower, y.fract())
    }

    /// Draws the marked cells, and clears the marks.
    pub(super) fn draw(&mut self, still: &Planes, out: &mut Planes) {
        for row in 0..self.rows - 1 {
            for column in 0..self.columns - 1 {
                let at = row * self.columns + column;
                if !std::mem::take(&mut self.marked[at]) {
                    continue;
                }
                let nodes = [at, at + 1, at + self.columns, at + self.columns + 1].map(|index| self.origins[index]);
                draw_cell(&still.luma, &mut out.luma, (row, column), &nodes, 0);
                for (still, out) in still.chroma.iter().zip(&mut out.chroma) {
                    draw_cell(still, out, (row, column), &nodes, 1);
                }
            }
        }
    }
}

/// Draws one cell. `halved` is 1 for planes of half the size.
fn draw_cell(still: &Plane, out: &mut Plane, (row, column): (usize, usize), nodes: &[(i32, i32); 4], halved: u32) {
    let side = CELL >> halved;
    // From grains to fixed point, and from edges at whole numbers to pixel centres there.
    let shift = FRACTION - GRAIN.log2() as u32 - halved;
    let half = 1 << (FRACTION - 1);
    let corners = nodes.map(|(x, y)| ((x << shift) - half, (y << shift) - half));
    let inside = corners.iter().all(|(x, y)| still.holds(*x, *y));
    let lines = side.min(out.height.saturating_sub(row * side));
    let length = side.min(out.width.saturating_sub(column * side));
    let twice = 2 * side as i32;
    for line in 0..lines {
        // At the pixel's centre, in shares of twice `side`.
        let share = (2 * line + 1) as i32;
        let between = |upper: i32, lower: i32| upper + (lower - upper) / twice * share;
        let left = (between(corners[0].0, corners[2].0), between(corners[0].1, corners[2].1));
        let right = (between(corners[1].0, corners[3].0), between(corners[1].1, corners[3].1));
        let step = ((right.0 - left.0) / side as i32, (right.1 - left.1) / side as i32);
        let (mut x, mut y) = (left.0 + step.0 / 2, left.1 + step.1 / 2);
        let start = (row * side + line) * out.width + column * side;
        let samples = &mut out.samples[start..start + length];
        if inside {
            for sample in samples {
                *sample = still.sample_inside(x, y);
                x += step.0;
                y += step.1;
            }
        } else {
            for sample in samples {
                *sample = still.sample(x, y);
                x += step.0;
                y += step.1;
            }
        }
    }
}
