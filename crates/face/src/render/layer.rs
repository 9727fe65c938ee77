//! Layers: parts of the art that keep their shape, painted once and laid down again and again under a small rotation.
//!
//! tiny-skia can do this with a pattern fill; this special case (bilinear, source over, opaque paper, skipping what is
//! empty) is several times cheaper, and it can bend: the jaw opens by stretching the lower face.

use tiny_skia::{Mask, Pixmap, Transform};

use super::easel::Easel;

/// One in 16.16 fixed point.
const ONE: i32 = 1 << 16;

/// A pixel of four channels in 16 bits each, so that one multiplication weighs all of them.
#[derive(Clone, Copy)]
struct Wide(u64);

impl Wide {
    const CHANNELS: u64 = 0x00ff_00ff_00ff_00ff;
    const HALF: u64 = 0x0080_0080_0080_0080;

    fn from_bytes(bytes: [u8; 4]) -> Self {
        let [r, g, b, a] = bytes.map(u64::from);
        Self(r | g << 16 | b << 32 | a << 48)
    }

    fn to_bytes(self) -> [u8; 4] {
        [self.0 as u8, (self.0 >> 16) as u8, (self.0 >> 32) as u8, (self.0 >> 48) as u8]
    }

    /// The pixel between `self` (share 0) and `other` (share 256).
    fn blend(self, other: Self, share: u32) -> Self {
        let share = u64::from(share);
        Self(((self.0 * (256 - share) + other.0 * share + Self::HALF) >> 8) & Self::CHANNELS)
    }

    fn alpha(self) -> u64 {
        self.0 >> 48
    }

    /// This premultiplied pixel over an opaque one.
    fn over(self, under: Self) -> Self {
        let alpha = self.alpha();
        let rest = 256 - alpha - (alpha >> 7);
        Self(self.0 + (((under.0 * rest + Self::HALF) >> 8) & Self::CHANNELS))
    }
}

/// A painted part of the art.
pub(super) struct Layer {
    pixels: Vec<Wide>,
    width: usize,
    height: usize,
    /// Where its first pixel lies in the picture while nothing moves, in pixels.
    left: f32,
    top: f32,
    /// From pixels of the still picture to art units.
    home: Transform,
    /// For each row, the first pixel that is not empty and the one after the last.
    filled: Vec<(usize, usize)>,
}

/// A bend of a layer: pixels below `from` are pushed down, the further the nearer to `to`, by at most `by`; all in
/// pixels of the still picture.
#[derive(Clone, Copy)]
pub(super) struct Bend {
    pub(super) from: f32,
    pub(super) to: f32,
    pub(super) by: f32,
}

impl Layer {
    /// Paints the layer on a sheet of the picture's size, at rest, and keeps what is not empty.
    pub(super) fn paint(sheet: &mut Pixmap, stencil: &mut Mask, at: Transform, draw: impl FnOnce(&mut Easel)) -> Self {
        sheet.fill(tiny_skia::Color::TRANSPARENT);
        draw(&mut Easel::new(sheet.as_mut(), stencil, at));
        let (width, height) = (sheet.width() as usize, sheet.height() as usize);
        let pixels: Vec<Wide> =
            sheet.pixels().iter().map(|p| Wide::from_bytes([p.red(), p.green(), p.blue(), p.alpha()])).collect();
        let rows = pixels.chunks_exact(width);
        let extent = |row: &[Wide]| {
            let first = row.iter().position(|pixel| pixel.alpha() > 0).unwrap_or(width);
            let last = row.iter().rposition(|pixel| pixel.alpha() > 0).map_or(0, |last| last + 1);
            (first, last)
        };
        let extents: Vec<(usize, usize)> = rows.map(extent).collect();
        let top = extents.iter().position(|(first, last)| first < last).unwrap_or(0);
        let bottom = extents.iter().rposition(|(first, last)| first < last).map_or(0, |last| last + 1);
        let left = extents.iter().map(|(first, _)| *first).min().unwrap_or(0).min(width);
        let right = extents.iter().map(|(_, last)| *last).max().unwrap_or(0).max(left);

        // An empty rim of one pixel makes soft edges where the art ends. At the edge of the picture the art goes on:
        // there the rim repeats it, so that a movement does not uncover the room.
        let (inner_width, inner_height) = (right - left, bottom.max(top) - top);
        let (full_width, full_height) = (inner_width + 2 * RIM, inner_height + 2 * RIM);
        let mut kept = vec![Wide(0); full_width * full_height];
        let mut filled = vec![(full_width, 0); full_height];
        for (row, filled) in filled.iter_mut().enumerate() {
            let wanted = row as isize - RIM as isize + top as isize;
            let below = wanted >= height as isize && bottom == height;
            let source = if below { height as isize - 1 } else { wanted };
            if source < top as isize || source >= bottom.max(top) as isize {
                continue;
            }
            let (first, last) = extents[source as usize];
            if first >= last {
                continue;
            }
            let from = source as usize * width;
            let line = &mut kept[row * full_width..(row + 1) * full_width];
            line[RIM + first - left..RIM + last - left].copy_from_slice(&pixels[from + first..from + last]);
            *filled = (RIM + first - left, RIM + last - left);
        }
        Self {
            pixels: kept,
            width: full_width,
            height: full_height,
            left: left as f32 - RIM as f32,
            top: top as f32 - RIM as f32,
            home: at.invert().unwrap_or_default(),
            filled,
        }
    }

    /// Lays the layer onto opaque RGBA `paper` of `width` pixels a row, with its art units at `at`, after `bend` if any,
    /// and only where `stencil` (one byte per pixel of the paper), if any, lets it through.
    pub(super) fn lay(
        &self,
        paper: &mut [u8],
        width: usize,
        at: Transform,
        bend: Option<Bend>,
        stencil: Option<&[u8]>,
    ) {
        let movement = at.pre_concat(self.home);
        let Some(back) = movement.invert() else { return };
        if self.width < 2 || self.height < 2 {
            return;
        }
        let height = paper.len() / (width * 4);
        let push = bend.map_or(0.0, |bend| bend.by.max(0.0));
        let (left, right) = (self.left, self.left + self.width as f32);
        let (top, bottom) = (self.top, self.top + self.height as f32 + push);
        let corners = [(left, top), (right, top), (left, bottom), (right, bottom)].map(|(x, y)| {
            (movement.sx * x + movement.kx * y + movement.tx, movement.ky * x + movement.sy * y + movement.ty)
        });
        let low = |of: fn(&(f32, f32)) -> f32, limit: usize| {
            (corners.iter().map(of).fold(f32::MAX, f32::min).floor().max(0.0) as usize).min(limit)
        };
        let high = |of: fn(&(f32, f32)) -> f32, limit: usize| {
            (corners.iter().map(of).fold(f32::MIN, f32::max).ceil().max(0.0) as usize).min(limit)
        };
        let (from_x, to_x) = (low(|c| c.0, width), high(|c| c.0, width));
        let (from_y, to_y) = (low(|c| c.1, height), high(|c| c.1, height));
        let step = (fixed(back.sx), fixed(back.ky));
        for y in from_y..to_y {
            let (px, py) = (from_x as f32 + 0.5, y as f32 + 0.5);
            // Where the row begins in the layer, from pixel centre to pixel centre.
            let u = fixed(back.sx * px + back.kx * py + back.tx - self.left - 0.5);
            let v = fixed(back.ky * px + back.sy * py + back.ty - self.top - 0.5);
            let span = y * width + from_x..y * width + to_x;
            let line = &mut paper[span.start * 4..span.end * 4];
            // The bend is smooth and rows are almost level: unbend both ends, and go straight between.
            let columns = (to_x - from_x).max(1) as i32;
            let (v, slope) = bend.map_or((v, step.1), |bend| {
                let (near, far) = (self.unbend(v, bend), self.unbend(v + step.1 * columns, bend));
                (near, (far - near) / columns)
            });
            self.lay_row(line, (u, v), (step.0, slope), stencil.map(|stencil| &stencil[span]));
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

    fn lay_row(&self, line: &mut [u8], start: (i32, i32), step: (i32, i32), stencil: Option<&[u8]>) {
        let (mut u, mut v) = start;
        // Skip to the filled part of the rows this line crosses, and stop after it.
        let pixels = line.len() / 4;
        let end_v = v + step.1 * pixels as i32;
        let (first_row, last_row) = ((v.min(end_v) >> 16) - 1, (v.max(end_v) >> 16) + 2);
        let rows = first_row.clamp(0, self.height as i32) as usize..last_row.clamp(0, self.height as i32) as usize;
        let filled = self.filled[rows].iter().fold((self.width, 0), |all, row| (all.0.min(row.0), all.1.max(row.1)));
        if filled.0 >= filled.1 || step.0 <= 0 {
            return;
        }
        let reach = |column: i64| ((column << 16) - i64::from(u)).div_euclid(i64::from(step.0));
        let skip = reach(filled.0 as i64 - 2).clamp(0, pixels as i64) as usize;
        let stop = (reach(filled.1 as i64 + 1) + 1).clamp(skip as i64, pixels as i64) as usize;
        u += step.0 * skip as i32;
        v += step.1 * skip as i32;
        let line = &mut line[skip * 4..stop * 4];
        let around = |above: &[Wide; 2], below: &[Wide; 2], right: u32, down: u32| {
            above[0].blend(above[1], right).blend(below[0].blend(below[1], right), down)
        };
        if let Some(stencil) = stencil {
            let stencil = &stencil[skip..stop];
            self.mix(line, (u, v), step, |index, above, below, right, down| {
                Wide(0).blend(around(above, below, right, down), opened(stencil[index]))
            });
        } else if step == (ONE, 0) && u & (ONE - 1) == 0 {
            // Nothing but a shift up or down, as of the shoulders: no need to look sideways.
            self.mix(line, (u, v), step, |_, above, below, _, down| above[0].blend(below[0], down));
        } else {
            self.mix(line, (u, v), step, |_, above, below, right, down| around(above, below, right, down));
        }
    }

    /// Lays the pixels that `mixed` makes of their index in the line, four neighbours, and the shares (of 256) of the
    /// right and of the lower ones.
    #[inline(always)]
    fn mix(
        &self,
        line: &mut [u8],
        (mut u, mut v): (i32, i32),
        step: (i32, i32),
        mixed: impl Fn(usize, &[Wide; 2], &[Wide; 2], u32, u32) -> Wide,
    ) {
        for (index, pixel) in line.as_chunks_mut::<4>().0.iter_mut().enumerate() {
            let (column, row) = ((u >> 16) as usize, (v >> 16) as usize);
            if column < self.width - 1 && row < self.height - 1 {
                let at = row * self.width + column;
                let neighbours = (self.pixels[at..].first_chunk(), self.pixels[at + self.width..].first_chunk());
                if let (Some(above), Some(below)) = neighbours {
                    let colour = mixed(index, above, below, ((u >> 8) & 255) as u32, ((v >> 8) & 255) as u32);
                    match colour.alpha() {
                        0 => {}
                        255 => *pixel = colour.to_bytes(),
                        _ => *pixel = colour.over(Wide::from_bytes(*pixel)).to_bytes(),
                    }
                }
            }
            u += step.0;
            v += step.1;
        }
    }
}

/// A stencil's byte as a share of 256.
fn opened(stencil: u8) -> u32 {
    u32::from(stencil) + u32::from(stencil >> 7)
}

/// Empty pixels around a layer, or repeated ones at the lower edge of the picture: more than a breath lifts the shoulders.
const RIM: usize = 12;

fn fixed(value: f32) -> i32 {
    (value * ONE as f32) as i32
}
