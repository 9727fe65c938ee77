//! How large the face's picture is: one of three sizes.

use std::borrow::Cow;
use std::str::FromStr;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::{Deserializer, Error, Unexpected, Visitor};
use serde::{Deserialize, de};

/// The sizes, as errors name them.
const NAMES: &str = "256, 512 or 720";

/// Width and height of the face's picture.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum PictureSize {
    /// 256 by 256 pixels: for small tiles and narrow networks.
    Small,
    /// 512 by 512 pixels.
    #[default]
    Medium,
    /// 720 by 720 pixels: for a face that fills the screen.
    Large,
}

/// There is no such size.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is no size of the picture; set {NAMES} (pixels)")]
pub struct PictureSizeError(String);

impl PictureSize {
    /// All sizes, the smallest first.
    pub const ALL: [Self; 3] = [Self::Small, Self::Medium, Self::Large];

    /// Width and height in pixels.
    #[must_use]
    pub const fn pixels(self) -> u32 {
        match self {
            Self::Small => 256,
            Self::Medium => 512,
            Self::Large => 720,
        }
    }

    /// Bits a second of the video at most. A picture of more pixels holds more smooth ones: what an encoder needs for the
    /// same look grows with the number of pixels to the power of 0.75, from 1.2 Mbit/s at 512 by 512.
    #[must_use]
    pub const fn bits_per_second(self) -> u64 {
        match self {
            Self::Small => 424_000,
            Self::Medium => 1_200_000,
            Self::Large => 2_000_000,
        }
    }

    fn of(pixels: i64) -> Option<Self> {
        Self::ALL.into_iter().find(|size| i64::from(size.pixels()) == pixels)
    }
}

impl FromStr for PictureSize {
    type Err = PictureSizeError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        text.trim().parse().ok().and_then(Self::of).ok_or_else(|| PictureSizeError(text.to_owned()))
    }
}

impl JsonSchema for PictureSize {
    fn schema_name() -> Cow<'static, str> {
        "PictureSize".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({"type": "integer", "enum": Self::ALL.map(Self::pixels)})
    }
}

impl<'de> Deserialize<'de> for PictureSize {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_i64(OfPixels)
    }
}

/// Reads the number; what it expects is what an error names.
struct OfPixels;

impl Visitor<'_> for OfPixels {
    type Value = PictureSize;

    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(NAMES)
    }

    fn visit_i64<E: de::Error>(self, pixels: i64) -> Result<PictureSize, E> {
        PictureSize::of(pixels).ok_or_else(|| Error::invalid_value(Unexpected::Signed(pixels), &self))
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used)]
    use super::*;

    #[test]
    fn a_size_is_one_of_three_and_another_is_refused_with_them() {
        for size in PictureSize::ALL {
            assert_eq!(size.pixels().to_string().parse(), Ok(size));
        }
        for wrong in ["300", "-512", "", "large", "512x512"] {
            let refused = wrong.parse::<PictureSize>().unwrap_err().to_string();
            assert!(refused.contains("256, 512 or 720"), "{refused}");
        }
    }

    #[test]
    fn a_larger_picture_may_take_more_bits_but_fewer_a_pixel() {
        let bits_a_pixel = |size: PictureSize| size.bits_per_second() / u64::from(size.pixels().pow(2));
        for [smaller, larger] in [[PictureSize::Small, PictureSize::Medium], [PictureSize::Medium, PictureSize::Large]]
        {
            assert!(smaller.bits_per_second() < larger.bits_per_second());
            assert!(bits_a_pixel(smaller) > bits_a_pixel(larger));
        }
    }
}
