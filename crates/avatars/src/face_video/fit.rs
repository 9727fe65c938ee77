//! A picture cut to the middle and scaled to another size, plane by plane.

use face::I420Frame;

/// An I420 picture of any size, whose rows may be apart.
pub(super) struct Planes<'a> {
    pub(super) width: usize,
    pub(super) height: usize,
    /// Y, U and V, each with the bytes from row to row.
    pub(super) planes: [(&'a [u8], usize); 3],
}

impl<'a> Planes<'a> {
    pub(super) fn of(frame: &'a I420Frame) -> Self {
        let (width, height) = (frame.width as usize, frame.height as usize);
        Self { width, height, planes: [(&frame.y, width), (&frame.u, width / 2), (&frame.v, width / 2)] }
    }

    /// A copy, with even sides.
    pub(super) fn to_frame(&self) -> I420Frame {
        let even = |side: usize| u32::try_from(side / 2 * 2).unwrap_or_default();
        let mut frame = I420Frame::new(even(self.width), even(self.height));
        fit(self, &mut frame);
        frame
    }
}

/// Where a scaled row or column comes from: two neighbours, and how much of the second, of 256.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Tap {
    first: usize,
    second: usize,
    share: u16,
}

/// The taps of `to` pixels that show `length` pixels from `start` on, of a plane that has `whole`.
fn taps(start: f32, length: f32, whole: usize, to: usize) -> Vec<Tap> {
    let step = length / to as f32;
    let last = whole.saturating_sub(1);
    let tap = |n: usize| {
        let at = (start + (n as f32 + 0.5) * step - 0.5).clamp(0.0, last as f32);
        let first = (at as usize).min(last);
        Tap { first, second: (first + 1).min(last), share: ((at - first as f32) * 256.0) as u16 }
    };
    (0..to).map(tap).collect()
}

/// Shows the middle of `from` in all of `to`.
pub(super) fn fit(from: &Planes<'_>, to: &mut I420Frame) {
    let (width, height) = (to.width as usize, to.height as usize);
    // The largest part of it that has the shape of the frame.
    let scale = (from.width as f32 / width as f32).min(from.height as f32 / height as f32);
    let (kept_width, kept_height) = (width as f32 * scale, height as f32 * scale);
    let (left, top) = ((from.width as f32 - kept_width) / 2.0, (from.height as f32 - kept_height) / 2.0);
    let targets = [(&mut to.y, 1), (&mut to.u, 2), (&mut to.v, 2)];
    for ((source, stride), (target, shrunk)) in from.planes.into_iter().zip(targets) {
        let divided = shrunk as f32;
        let columns = taps(left / divided, kept_width / divided, from.width / shrunk, width / shrunk);
        let rows = taps(top / divided, kept_height / divided, from.height / shrunk, height / shrunk);
        let same = from.width == width && from.height == height;
        for (row, line) in rows.iter().zip(target.chunks_exact_mut(width / shrunk)) {
            let of = |row: usize| source.get(row * stride..).unwrap_or_default();
            let (above, below) = (of(row.first), of(row.second));
            if same {
                if let Some(pixels) = above.get(..line.len()) {
                    line.copy_from_slice(pixels);
                }
                continue;
            }
            for (pixel, column) in line.iter_mut().zip(&columns) {
                let across = |line: &[u8]| {
                    let at = |n: usize| u32::from(line.get(n).copied().unwrap_or_default());
                    at(column.first) * u32::from(256 - column.share) + at(column.second) * u32::from(column.share)
                };
                let sum = across(above) * u32::from(256 - row.share) + across(below) * u32::from(row.share);
                *pixel = (sum >> 16) as u8;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Left half dark, right half bright.
    fn halves(width: u32, height: u32) -> I420Frame {
        let mut frame = I420Frame::new(width, height);
        for (n, pixel) in frame.y.iter_mut().enumerate() {
            *pixel = if n as u32 % width < width / 2 { 50 } else { 200 };
        }
        frame.u.fill(90);
        frame
    }

    #[test]
    fn the_middle_of_a_wide_picture_fills_the_frame() {
        let wide = halves(640, 320);
        let mut frame = I420Frame::new(128, 128);
        fit(&Planes::of(&wide), &mut frame);
        assert_eq!((frame.y[64 * 128 + 8], frame.y[64 * 128 + 120]), (50, 200));
        assert!(frame.y[127 * 128] == 50 && frame.y[127] == 200, "every corner is filled");
        assert!(frame.u.iter().all(|pixel| *pixel == 90));
    }

    #[test]
    fn a_picture_of_the_same_size_stays_as_it_is() {
        let frame = halves(64, 64);
        assert_eq!(Planes::of(&frame).to_frame().y, frame.y);
    }
}
