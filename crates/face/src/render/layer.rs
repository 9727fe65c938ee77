//! Layers: parts of the person, laid down again and again under a small rotation.
//!
//! A layer is rasterised once from the art (hair, skin, clothes) or painted anew when its shape changes (mouth, eyes). Laying
//! it down is a special case of drawing pictures (bilinear, source over, skipping what is empty, only within the damage), and
//! it can bend: the jaw opens by stretching the lower face.

use std::ops::Range;

use tiny_skia::{Pixmap, Transform};

use super::outline::{Area, Scale};
use super::pixel::{CLEAR, Pixel, Wide};

/// One in 16.16 fixed point.
const ONE: i32 = 1 << 16;

/// Empty pixels around a layer, or repeated ones at the lower edge of the picture: more than a breath lifts the shoulders.
const RIM: usize = 12;

/// A part of the person.
pub(super) struct Layer {
    pixels: Vec<Pixel>,
    width: usize,
    height: usize,
    /// Where its first pixel lies in the picture while nothing moves, in pixels.
    left: f32,
    top: f32,
    /// From art units to pixels of the still picture, and back.
    at: Transform,
    home: Transform,
    /// For each row, the first pixel that is not empty and the one after the last.
    filled: Vec<(usize, usize)>,
    /// For each row, the longest empty run within the filled part: the first pixel and the one after the last.
    gap: Vec<(usize, usize)>,
    /// For each row, the longest run of opaque pixels.
    opaque: Vec<(usize, usize)>,
}

/// A bend of a layer: pixels below `from` are pushed down, the further the nearer to `to`, by at most `by`; all in
/// pixels of the still picture.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Bend {
    pub(super) from: f32,
    pub(super) to: f32,
    pub(super) by: f32,
}

/// Where a layer may be laid down.
pub(super) struct Within<'a> {
    /// Nothing outside of this box changes.
    pub(super) area: Area,
    /// For each row the columns that other layers hide, the first and the one after the last; may be empty.
    pub(super) hidden: &'a [(i32, i32)],
    /// How much each pixel of the paper lets through.
    pub(super) stencil: Option<&'a [u8]>,
}

impl Layer {
    /// Keeps what is not empty of a sheet of the picture's size, on which art lies at rest.
    pub(super) fn from_sheet(sheet: &Pixmap, at: Transform) -> Self {
        let (width, height) = (sheet.width() as usize, sheet.height() as usize);
        let pixels: Vec<Pixel> = sheet.data().as_chunks::<4>().0.to_vec();
        let extents: Vec<(usize, usize)> = pixels.chunks_exact(width).map(extent).collect();
        let top = extents.iter().position(|(first, last)| first < last).unwrap_or(0);
        let bottom = extents.iter().rposition(|(first, last)| first < last).map_or(0, |last| last + 1);
        let left = extents.iter().map(|(first, _)| *first).min().unwrap_or(0).min(width);
        let right = extents.iter().map(|(_, last)| *last).max().unwrap_or(0).max(left);

        // An empty rim makes soft edges where the art ends. At the edge of the picture the art goes on: there the rim repeats
        // it, so that a movement does not uncover the background.
        let (full_width, full_height) = (right - left + 2 * RIM, bottom.max(top) - top + 2 * RIM);
        let mut layer = Self::empty(full_width, full_height, left as f32 - RIM as f32, top as f32 - RIM as f32, at);
        for row in 0..full_height {
            let wanted = row as isize - RIM as isize + top as isize;
            let below = wanted >= height as isize && bottom == height;
            let source = if below { height as isize - 1 } else { wanted };
            if source < top as isize || source >= bottom.max(top) as isize {
                continue;
            }
            let (first, last) = extents[source as usize];
            if first < last {
                let from = source as usize * width;
                let line = &mut layer.pixels[row * full_width..(row + 1) * full_width];
                line[RIM + first - left..RIM + last - left].copy_from_slice(&pixels[from + first..from + last]);
            }
        }
        layer.measure();
        for (row, opaque) in layer.pixels.chunks_exact(full_width).zip(&mut layer.opaque) {
            *opaque = longest_run(row, |pixel| pixel[3] == 255);
        }
        layer
    }

    /// An empty layer that covers a box of art units (left, top, right, bottom), to be painted on.
    pub(super) fn for_box([left, top, right, bottom]: [f32; 4], at: Transform) -> Self {
        let (x, y) = ((at.tx + left * at.sx).floor(), (at.ty + top * at.sy).floor());
        let (width, height) = ((right - left) * at.sx, (bottom - top) * at.sy);
        Self::empty(width.ceil().max(2.0) as usize + 2, height.ceil().max(2.0) as usize + 2, x - 1.0, y - 1.0, at)
    }

    fn empty(width: usize, height: usize, left: f32, top: f32, at: Transform) -> Self {
        let home = at.invert().unwrap_or_default();
        let pixels = vec![CLEAR; width * height];
        Self {
            pixels,
            width,
            height,
            left,
            top,
            at,
            home,
            filled: vec![(width, 0); height],
            gap: vec![(0, width); height],
            opaque: vec![(0, 0); height],
        }
    }

    /// From art units to pixels of the layer.
    pub(super) fn scale(&self) -> Scale {
        Scale { by: self.at.sx, x: self.at.tx - self.left, y: self.at.ty - self.top }
    }

    /// Its pixels, width and height, to be painted on; [`Layer::measure`] afterwards.
    pub(super) fn sheet(&mut self) -> (&mut [Pixel], usize, usize) {
        (&mut self.pixels, self.width, self.height)
    }

    /// How many pixels it has.
    pub(super) fn area(&self) -> usize {
        self.pixels.len()
    }

    /// Finds out anew which part of each row is filled. The rim stays empty, so that edges are soft.
    pub(super) fn measure(&mut self) {
        let rows = self.pixels.chunks_exact(self.width).zip(&mut self.filled).zip(&mut self.gap);
        for ((row, filled), gap) in rows {
            *filled = extent(row);
            *gap = match row.get(filled.0..filled.1) {
                Some(inside) if !inside.is_empty() => {
                    let (from, to) = longest_run(inside, |pixel| *pixel == CLEAR);
                    (filled.0 + from, filled.0 + to)
                }
                _ => (0, self.width),
            };
        }
    }

    /// The box that the layer touches when it lies at `at`, bent, within a picture of that size.
    pub(super) fn bounds(&self, at: Transform, bend: Option<Bend>, width: usize, height: usize) -> Option<Area> {
        let first = self.filled.iter().position(|(first, last)| first < last)?;
        let last = self.filled.iter().rposition(|(first, last)| first < last)?;
        let (from, to) = self.filled.iter().fold((self.width, 0), |all, row| (all.0.min(row.0), all.1.max(row.1)));
        let push = bend.map_or(0.0, |bend| bend.by.max(0.0));
        let (left, right) = (self.left + from as f32 - 1.0, self.left + to as f32 + 1.0);
        let (top, bottom) = (self.top + first as f32 - 1.0, self.top + last as f32 + 2.0 + push);
        let movement = at.pre_concat(self.home);
        let (mut low, mut high) = ((f32::MAX, f32::MAX), (f32::MIN, f32::MIN));
        for (x, y) in [(left, top), (right, top), (left, bottom), (right, bottom)] {
            let x_moved = movement.sx * x + movement.kx * y + movement.tx;
            let y_moved = movement.ky * x + movement.sy * y + movement.ty;
            low = (low.0.min(x_moved), low.1.min(y_moved));
            high = (high.0.max(x_moved), high.1.max(y_moved));
        }
        let within = |value: f32, limit: usize| value.clamp(0.0, limit as f32) as i32;
        let (left, right) = (within(low.0.floor(), width), within(high.0.ceil(), width));
        let (top, bottom) = (within(low.1.floor(), height), within(high.1.ceil(), height));
        let area = Area { left, top, width: right - left, height: bottom - top };
        (area.width > 0 && area.height > 0).then_some(area)
    }

    /// Lays the layer onto `paper` of `width` pixels a row, with its art units at `at`, after `bend` if any.
    ///
    /// What a pixel becomes does not depend on the area.
    pub(super) fn lay(&self, paper: &mut [Pixel], width: usize, at: Transform, bend: Option<Bend>, within: &Within) {
        let Some(path) = Path::new(self, at, bend, width, paper.len() / width) else { return };
        let Some(area) = path.whole.intersection(within.area) else { return };
        for y in area.top..area.top + area.height {
            let (start, step) = path.row(self, y);
            let (begin, end) = (area.left, area.left + area.width);
            let covered = within.hidden.get(y as usize).copied().filter(|(from, to)| from < to).unwrap_or((end, end));
            // What is left of the covered columns, and what is right of them.
            for (from, to) in [(begin, covered.0.clamp(begin, end)), (covered.1.clamp(begin, end), end)] {
                if from < to {
                    let skip = from - path.whole.left;
                    let span = y as usize * width + from as usize..y as usize * width + to as usize;
                    let start = (start.0 + step.0 * skip, start.1 + step.1 * skip);
                    self.lay_row(&mut paper[span.clone()], start, step, within.stencil.map(|stencil| &stencil[span]));
                }
            }
        }
    }

    /// Notes for each row of a picture which columns the layer hides entirely, where it hides more than is noted already.
    pub(super) fn hide(&self, hidden: &mut [(i32, i32)], width: usize, at: Transform, bend: Option<Bend>, clip: Area) {
        let Some(path) = Path::new(self, at, bend, width, hidden.len()) else { return };
        let Some(area) = path.whole.intersection(clip) else { return };
        for y in area.top..area.top + area.height {
            let ((u, v), step) = path.row(self, y);
            let end = v + step.1 * path.whole.width;
            let (first, last) = ((v.min(end) >> 16) - 1, (v.max(end) >> 16) + 2);
            if first < 0 || last >= self.height as i32 || step.0 <= 0 {
                continue;
            }
            let rows = &self.opaque[first as usize..=last as usize];
            let run = rows.iter().fold((0, self.width), |all, row| (all.0.max(row.0), all.1.min(row.1)));
            let reach = |column: usize| ((column as i64) << 16).saturating_sub(i64::from(u)) / i64::from(step.0);
            let left = path.whole.left as i64;
            let (from, to) = (left + reach(run.0 + 1) + 1, left + reach(run.1.saturating_sub(2)) - 1);
            let (from, to) = (from.clamp(0, width as i64) as i32, to.clamp(0, width as i64) as i32);
            let noted = &mut hidden[y as usize];
            if to - from > noted.1 - noted.0 {
                *noted = (from, to);
            }
        }
    }

    /// The height in the layer that the bend moves to `v`; both fixed point.
    fn unbend(&self, v: i32, bend: Bend) -> i32 {
        let wanted = v as f32 / ONE as f32 + self.top;
        let mut source = wanted;
        // The bend is a contraction of less than a half a step, so that a few rounds settle it.
        for _ in 0..6 {
            let share = ((source - bend.from) / (bend.to - bend.from)).clamp(0.0, 1.0);
            source = wanted - bend.by * share * share * (3.0 - 2.0 * share);
        }
        fixed(source - self.top)
    }

    fn lay_row(&self, line: &mut [Pixel], start: (i32, i32), step: (i32, i32), stencil: Option<&[u8]>) {
        let (u, v) = start;
        // Skip to the filled part of the rows this line crosses, over the gap in it, and stop after it.
        let pixels = line.len();
        let end_v = v + step.1 * pixels as i32;
        let (first_row, last_row) = ((v.min(end_v) >> 16) - 1, (v.max(end_v) >> 16) + 2);
        let rows = first_row.clamp(0, self.height as i32) as usize..last_row.clamp(0, self.height as i32) as usize;
        let filled =
            self.filled[rows.clone()].iter().fold((self.width, 0), |all, row| (all.0.min(row.0), all.1.max(row.1)));
        let gap = self.gap[rows].iter().fold((0, self.width), |all, row| (all.0.max(row.0), all.1.min(row.1)));
        if filled.0 >= filled.1 || step.0 <= 0 {
            return;
        }
        let reach = |column: i64| ((column << 16) - i64::from(u)).div_euclid(i64::from(step.0));
        let skip = reach(filled.0 as i64 - 2).clamp(0, pixels as i64) as usize;
        let stop = (reach(filled.1 as i64 + 1) + 1).clamp(skip as i64, pixels as i64) as usize;
        let leave = (reach(gap.0 as i64) + 1).clamp(skip as i64, stop as i64) as usize;
        let again = (reach(gap.1 as i64 - 1) - 1).clamp(skip as i64, stop as i64) as usize;
        if gap.0 >= gap.1 || again <= leave {
            return self.lay_run(line, start, step, stencil, skip..stop);
        }
        self.lay_run(line, start, step, stencil, skip..leave);
        self.lay_run(line, start, step, stencil, again..stop);
    }

    fn lay_run(
        &self,
        line: &mut [Pixel],
        (u, v): (i32, i32),
        step: (i32, i32),
        stencil: Option<&[u8]>,
        run: Range<usize>,
    ) {
        let (u, v) = (u + step.0 * run.start as i32, v + step.1 * run.start as i32);
        let line = &mut line[run.clone()];
        if let Some(stencil) = stencil {
            let stencil = &stencil[run];
            self.mix(line, (u, v), step, |index, above, below, right, down| {
                Wide::between(above, below, right, down)
                    .weaken(u32::from(stencil[index]) + u32::from(stencil[index] >> 7))
            });
        } else if step == (ONE, 0) && u & (ONE - 1) == 0 {
            // Nothing but a shift up or down, as of the shoulders: no need to look sideways.
            self.mix(line, (u, v), step, |_, above, below, _, down| Wide::of(above[0]).blend(Wide::of(below[0]), down));
        } else {
            self.mix(line, (u, v), step, |_, above, below, right, down| Wide::between(above, below, right, down));
        }
    }

    /// Lays the pixels that `mixed` makes of their index in the line, four neighbours, and the shares (of 256) of the
    /// right and of the lower ones.
    #[inline(always)]
    fn mix(
        &self,
        line: &mut [Pixel],
        (mut u, mut v): (i32, i32),
        step: (i32, i32),
        mixed: impl Fn(usize, &[Pixel; 2], &[Pixel; 2], u32, u32) -> Wide,
    ) {
        let mut index = 0;
        while index < line.len() {
            // As long as the line stays within one row of the layer, there are two rows of neighbours to look at.
            let (row, into) = (v >> 16, v & (ONE - 1));
            let stays = match step.1 {
                0 => line.len(),
                down if down > 0 => ((ONE - into + down - 1) / down) as usize,
                up => (into / -up) as usize + 1,
            };
            let run = index..line.len().min(index + stays);
            let rows = usize::try_from(row).ok().filter(|row| row + 1 < self.height).map(|row| {
                let (above, rest) = self.pixels[row * self.width..(row + 2) * self.width].split_at(self.width);
                (above, rest)
            });
            let count = run.len() as i32;
            if let Some((above, below)) = rows {
                let (mut u, mut v) = (u, v);
                for (offset, pixel) in line[run].iter_mut().enumerate() {
                    let column = (u >> 16) as usize;
                    let both = column..column.wrapping_add(2);
                    let neighbours = (above.get(both.clone()), below.get(both));
                    if let (Some([a, b]), Some([c, d])) = neighbours {
                        let (above, below) = (&[*a, *b], &[*c, *d]);
                        let (right, down) = (((u >> 8) & 255) as u32, ((v >> 8) & 255) as u32);
                        let colour = mixed(index + offset, above, below, right, down);
                        match colour.alpha() {
                            0 => {}
                            255 => *pixel = colour.narrow(),
                            _ => *pixel = colour.over(Wide::of(*pixel)).narrow(),
                        }
                    }
                    u = u.wrapping_add(step.0);
                    v = v.wrapping_add(step.1);
                }
            }
            u += step.0 * count;
            v += step.1 * count;
            index += count as usize;
        }
    }
}

/// How a layer is walked through while the rows of a picture are.
struct Path {
    /// The box that it touches.
    whole: Area,
    back: Transform,
    bend: Option<Bend>,
    step: (i32, i32),
}

impl Path {
    fn new(layer: &Layer, at: Transform, bend: Option<Bend>, width: usize, height: usize) -> Option<Self> {
        let back = at.pre_concat(layer.home).invert()?;
        let whole = layer.bounds(at, bend, width, height)?;
        Some(Self { whole, back, bend, step: (fixed(back.sx), fixed(back.ky)) })
    }

    /// Where row `y` of the picture begins in the layer, from pixel centre to pixel centre, at the left of the box; and how
    /// far each column goes.
    fn row(&self, layer: &Layer, y: i32) -> ((i32, i32), (i32, i32)) {
        let (back, step) = (&self.back, self.step);
        let (px, py) = (self.whole.left as f32 + 0.5, y as f32 + 0.5);
        let u = fixed(back.sx * px + back.kx * py + back.tx - layer.left - 0.5);
        let v = fixed(back.ky * px + back.sy * py + back.ty - layer.top - 0.5);
        // The bend is smooth and rows are almost level: unbend both ends, and go straight between.
        let columns = self.whole.width.max(1);
        let (v, slope) = self.bend.map_or((v, step.1), |bend| {
            let (near, far) = (layer.unbend(v, bend), layer.unbend(v + step.1 * columns, bend));
            (near, (far - near) / columns)
        });
        ((u, v), (step.0, slope))
    }
}

/// The longest run of such pixels of a row: its first pixel and the one after its last.
fn longest_run(row: &[Pixel], such: impl Fn(&Pixel) -> bool) -> (usize, usize) {
    let (mut best, mut start) = ((0, 0), 0);
    for (index, pixel) in row.iter().enumerate() {
        if !such(pixel) {
            start = index + 1;
        } else if index + 1 - start > best.1 - best.0 {
            best = (start, index + 1);
        }
    }
    best
}

/// The first pixel of a row that is not empty and the one after the last.
fn extent(row: &[Pixel]) -> (usize, usize) {
    let first = row.iter().position(|pixel| *pixel != CLEAR).unwrap_or(row.len());
    let last = row.iter().rposition(|pixel| *pixel != CLEAR).map_or(0, |last| last + 1);
    (first, last)
}

fn fixed(value: f32) -> i32 {
    (value * ONE as f32) as i32
}
