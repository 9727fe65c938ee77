//! One plane of a picture, and samples between its pixels.

/// Bits behind the point of a coordinate in [`Plane::sample`].
pub(super) const FRACTION: u32 = 16;

/// 8-bit samples, row by row.
#[derive(Clone)]
pub(super) struct Plane {
    pub(super) width: usize,
    pub(super) height: usize,
    pub(super) samples: Vec<u8>,
}

impl Plane {
    pub(super) fn new(width: usize, height: usize) -> Self {
        Self { width, height, samples: vec![0; width * height] }
    }

    /// The bilinear sample at a fixed-point place; whole numbers are pixel centres. Beyond the edge, the edge's.
    #[inline]
    pub(super) fn sample(&self, x: i32, y: i32) -> u8 {
        let x = x.clamp(0, ((self.width as i32 - 1) << FRACTION) - 1);
        let y = y.clamp(0, ((self.height as i32 - 1) << FRACTION) - 1);
        self.sample_inside(x, y)
    }

    /// [`Self::sample`] of a place that is known to lie between pixel centres of the plane.
    #[inline]
    pub(super) fn sample_inside(&self, x: i32, y: i32) -> u8 {
        let at = (y >> FRACTION) as usize * self.width + (x >> FRACTION) as usize;
        let (across, down) = ((x as u32 >> 8) & 0xff, (y as u32 >> 8) & 0xff);
        let Some(samples) = self.samples.get(at..at + self.width + 2) else { return 0 };
        let mix = |left: u8, right: u8| u32::from(left) * (256 - across) + u32::from(right) * across;
        let upper = mix(samples[0], samples[1]);
        let lower = mix(samples[self.width], samples[self.width + 1]);
        ((upper * (256 - down) + lower * down + (1 << 15)) >> 16) as u8
    }

    /// Whether a place in fixed point can be sampled with [`Self::sample_inside`].
    pub(super) fn holds(&self, x: i32, y: i32) -> bool {
        let within = |value: i32, length: usize| value >= 0 && value < ((length as i32 - 1) << FRACTION);
        within(x, self.width) && within(y, self.height)
    }

    /// [`Self::sample`] at a place in pixels.
    pub(super) fn sample_at(&self, x: f32, y: f32) -> u8 {
        self.sample(fixed(x), fixed(y))
    }
}

/// A coordinate in fixed point.
pub(super) fn fixed(value: f32) -> i32 {
    (value * (1 << FRACTION) as f32) as i32
}

/// The planes of an I420 picture. Places are given in pixels of the luma plane, edges at whole numbers.
#[derive(Clone)]
pub(super) struct Planes {
    pub(super) luma: Plane,
    pub(super) chroma: [Plane; 2],
}

impl Planes {
    pub(super) fn new(width: usize, height: usize) -> Self {
        let half = Plane::new(width / 2, height / 2);
        Self { luma: Plane::new(width, height), chroma: [half.clone(), half] }
    }

    /// Luma and chroma at a place.
    pub(super) fn at(&self, x: f32, y: f32) -> [f32; 3] {
        let chroma = |plane: &Plane| f32::from(plane.sample_at(x / 2.0 - 0.5, y / 2.0 - 0.5));
        [f32::from(self.luma.sample_at(x - 0.5, y - 0.5)), chroma(&self.chroma[0]), chroma(&self.chroma[1])]
    }

    /// Luma and chroma, each the mean over a square.
    pub(super) fn mean(&self, x: f32, y: f32, side: f32) -> [f32; 3] {
        const TAPS: usize = 5;
        let mut sum = [0.0; 3];
        for index in 0..TAPS * TAPS {
            let offset = |index: usize| (index as f32 / (TAPS - 1) as f32 - 0.5) * side;
            let colour = self.at(x + offset(index % TAPS), y + offset(index / TAPS));
            sum.iter_mut().zip(colour).for_each(|(sum, value)| *sum += value);
        }
        sum.map(|sum| sum / (TAPS * TAPS) as f32)
    }
}

/// RGB to luma and chroma, BT.601 limited range.
pub(super) fn yuv([red, green, blue]: [f32; 3]) -> [f32; 3] {
    [
        16.0 + 0.256_788 * red + 0.504_129 * green + 0.097_906 * blue,
        128.0 - 0.148_223 * red - 0.290_993 * green + 0.439_216 * blue,
        128.0 + 0.439_216 * red - 0.367_788 * green - 0.071_427 * blue,
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn samples_between_pixels_are_their_mix_and_the_edge_goes_on() {
        let plane = Plane { width: 2, height: 2, samples: vec![0, 100, 200, 100] };
        assert_eq!(plane.sample_at(0.0, 0.0), 0);
        assert_eq!(plane.sample_at(0.5, 0.0), 50);
        assert_eq!(plane.sample_at(0.5, 0.5), 100);
        assert!(plane.sample_at(-9.0, 9.0) >= 199);
        assert!(plane.sample_at(9.0, -9.0).abs_diff(100) <= 1);
    }

    #[test]
    fn white_and_black_are_the_ends_of_the_limited_range() {
        assert_eq!(yuv([255.0; 3]).map(f32::round), [235.0, 128.0, 128.0]);
        assert_eq!(yuv([0.0; 3]).map(f32::round), [16.0, 128.0, 128.0]);
    }
}
