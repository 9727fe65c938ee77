//! A photo: decoded within limits, turned upright, and looked at in parts.

use std::io::Cursor;

use image::metadata::Orientation;
use image::{DynamicImage, ImageDecoder, ImageReader, Limits};

use super::PortraitError;
use super::tensor::Tensor;

/// The largest file that is looked at, in bytes.
const MOST_BYTES: usize = 20 << 20;
/// The most pixels that are decoded.
const MOST_PIXELS: u64 = 40_000_000;
/// Memory that decoding may take, in bytes.
const MOST_MEMORY: u64 = 512 << 20;
/// A longer side is shrunk to this many pixels: a call never shows more.
const LONGEST_SIDE: u32 = 2400;

/// A rectangle in pixels of a photo; it may reach beyond it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Area {
    pub(super) x: f32,
    pub(super) y: f32,
    pub(super) width: f32,
    pub(super) height: f32,
}

impl Area {
    /// A square around a centre.
    pub(super) fn square(x: f32, y: f32, side: f32) -> Self {
        Self { x: x - side / 2.0, y: y - side / 2.0, width: side, height: side }
    }

    /// Intersection over union.
    pub(super) fn overlap(&self, other: &Self) -> f32 {
        let along = |a: f32, length: f32, b: f32, other: f32| ((a + length).min(b + other) - a.max(b)).max(0.0);
        let shared =
            along(self.x, self.width, other.x, other.width) * along(self.y, self.height, other.y, other.height);
        shared / (self.width * self.height + other.width * other.height - shared)
    }
}

/// An upright photo, 8-bit RGB.
pub(super) struct Photo {
    pub(super) width: usize,
    pub(super) height: usize,
    /// `width * height * 3` bytes.
    rgb: Vec<u8>,
}

impl Photo {
    /// Decodes a JPEG or PNG and turns it as its EXIF orientation says. Transparent parts become grey.
    pub(super) fn decode(bytes: &[u8]) -> Result<Self, PortraitError> {
        if bytes.len() > MOST_BYTES {
            return Err(PortraitError::FileTooLarge { bytes: bytes.len(), most: MOST_BYTES });
        }
        let unreadable = |error: image::ImageError| PortraitError::NotAnImage(error.to_string());
        let mut limits = Limits::default();
        limits.max_alloc = Some(MOST_MEMORY);
        let mut reader = ImageReader::new(Cursor::new(bytes))
            .with_guessed_format()
            .map_err(|error| PortraitError::NotAnImage(error.to_string()))?;
        reader.limits(limits);
        let mut decoder = reader.into_decoder().map_err(unreadable)?;
        let (width, height) = decoder.dimensions();
        if u64::from(width) * u64::from(height) > MOST_PIXELS {
            return Err(PortraitError::TooManyPixels { width, height, most: MOST_PIXELS });
        }
        let orientation = decoder.orientation().unwrap_or(Orientation::NoTransforms);
        let mut picture = DynamicImage::from_decoder(decoder).map_err(unreadable)?;
        if picture.width().max(picture.height()) > LONGEST_SIDE {
            picture = picture.thumbnail(LONGEST_SIDE, LONGEST_SIDE);
        }
        picture.apply_orientation(orientation);
        Ok(Self {
            width: picture.width() as usize,
            height: picture.height() as usize,
            rgb: if picture.color().has_alpha() { over_grey(&picture) } else { picture.into_rgb8().into_raw() },
        })
    }

    fn pixel(&self, x: usize, y: usize) -> [f32; 3] {
        let at = 3 * (y * self.width + x);
        [f32::from(self.rgb[at]), f32::from(self.rgb[at + 1]), f32::from(self.rgb[at + 2])]
    }

    /// The colour at a place between pixel centres (0.5 is the centre of the first); beyond the edge, the edge's.
    pub(super) fn sample(&self, x: f32, y: f32) -> [f32; 3] {
        let (x, y) = ((x - 0.5).clamp(0.0, (self.width - 1) as f32), (y - 0.5).clamp(0.0, (self.height - 1) as f32));
        let (left, top) = (x as usize, y as usize);
        let (right, bottom) = ((left + 1).min(self.width - 1), (top + 1).min(self.height - 1));
        let (across, down) = (x.fract(), y.fract());
        let corners =
            [self.pixel(left, top), self.pixel(right, top), self.pixel(left, bottom), self.pixel(right, bottom)];
        std::array::from_fn(|channel| {
            let upper = corners[0][channel] + across * (corners[1][channel] - corners[0][channel]);
            let lower = corners[2][channel] + across * (corners[3][channel] - corners[2][channel]);
            upper + down * (lower - upper)
        })
    }

    /// The mean colour of a square of side `side` around a place.
    pub(super) fn mean(&self, x: f32, y: f32, side: f32) -> [f32; 3] {
        let taps = (side.ceil() as usize).clamp(1, 12);
        let mut sum = [0.0; 3];
        for row in 0..taps {
            for column in 0..taps {
                let offset = |index: usize| ((index as f32 + 0.5) / taps as f32 - 0.5) * side;
                let colour = self.sample(x + offset(column), y + offset(row));
                sum.iter_mut().zip(colour).for_each(|(sum, value)| *sum += value);
            }
        }
        sum.map(|sum| sum / (taps * taps) as f32)
    }

    fn holds(&self, x: f32, y: f32) -> bool {
        (0.0..self.width as f32).contains(&x) && (0.0..self.height as f32).contains(&y)
    }

    /// A part of the photo as a net sees it: `side` x `side`, less `mean`, in 255ths; black beyond the photo.
    pub(super) fn tensor(&self, area: &Area, side: usize, mean: [f32; 3]) -> Tensor {
        let mut tensor = Tensor::zeros(side, side, 3);
        let step = area.width / side as f32;
        for (place, values) in tensor.values.chunks_exact_mut(3).enumerate() {
            let x = area.x + ((place % side) as f32 + 0.5) * step;
            let y = area.y + ((place / side) as f32 + 0.5) * step;
            let colour = if self.holds(x, y) { self.mean(x, y, step) } else { [0.0; 3] };
            for ((value, colour), mean) in values.iter_mut().zip(colour).zip(mean) {
                *value = (colour - mean) / 255.0;
            }
        }
        tensor
    }
}

fn over_grey(picture: &DynamicImage) -> Vec<u8> {
    const GREY: u16 = 128;
    let over =
        |value: u8, alpha: u8| ((u16::from(value) * u16::from(alpha) + GREY * (255 - u16::from(alpha))) / 255) as u8;
    picture.to_rgba8().pixels().flat_map(|pixel| [0, 1, 2].map(|channel| over(pixel[channel], pixel[3]))).collect()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used)]
    use image::{ImageFormat, Rgba, RgbaImage};
    use proptest::prelude::*;

    use super::*;

    fn encoded(format: ImageFormat) -> Vec<u8> {
        let picture = RgbaImage::from_fn(40, 24, |x, y| Rgba([(6 * x) as u8, (9 * y) as u8, 77, 255]));
        let mut out = Cursor::new(Vec::new());
        let picture = DynamicImage::ImageRgba8(picture);
        match format {
            ImageFormat::Jpeg => picture.into_rgb8().write_to(&mut out, format).unwrap(),
            _ => picture.write_to(&mut out, format).unwrap(),
        }
        out.into_inner()
    }

    #[test]
    fn transparent_parts_become_grey() {
        let mut out = Cursor::new(Vec::new());
        RgbaImage::from_pixel(4, 4, Rgba([255, 0, 0, 0])).write_to(&mut out, ImageFormat::Png).unwrap();
        let photo = Photo::decode(&out.into_inner()).unwrap();
        assert_eq!(photo.sample(2.0, 2.0), [128.0; 3]);
    }

    #[test]
    fn large_photos_are_shrunk_in_proportion() {
        let mut out = Cursor::new(Vec::new());
        image::RgbImage::new(4800, 1200).write_to(&mut out, ImageFormat::Png).unwrap();
        let photo = Photo::decode(&out.into_inner()).unwrap();
        assert_eq!((photo.width, photo.height), (2400, 600));
    }

    proptest! {
        #[test]
        fn damaged_files_are_read_or_refused_but_never_break_anything(
            jpeg in any::<bool>(),
            changes in proptest::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..8),
            keep in 0.1..=1.0_f64,
        ) {
            let mut bytes = encoded(if jpeg { ImageFormat::Jpeg } else { ImageFormat::Png });
            for (index, value) in changes {
                let at = index.index(bytes.len());
                bytes[at] = value;
            }
            bytes.truncate((bytes.len() as f64 * keep) as usize);
            if let Ok(photo) = Photo::decode(&bytes) {
                prop_assert_eq!(photo.rgb.len(), photo.width * photo.height * 3);
            }
        }
    }
}
