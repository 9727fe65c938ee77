//! A pixel with room to calculate, and colours as a rig file writes them.

use serde::{Deserialize, Deserializer, de};

/// A premultiplied pixel as it is kept: red, green, blue, alpha.
pub(super) type Pixel = [u8; 4];

/// A pixel with nothing in it.
pub(super) const CLEAR: Pixel = [0; 4];

/// A premultiplied pixel (red, blue, green, alpha) of four channels in 16 bits each, so that one multiplication weighs
/// all of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Wide(u64);

impl Wide {
    const CHANNELS: u64 = 0x00ff_00ff_00ff_00ff;
    const HALF: u64 = 0x0080_0080_0080_0080;
    const LOW: u64 = 0xffff_ffff;

    /// A pixel, widened.
    #[inline]
    pub(super) fn of(pixel: Pixel) -> Self {
        let pixel = u64::from(u32::from_le_bytes(pixel));
        Self((pixel | pixel << 24) & Self::CHANNELS)
    }

    /// The pixel to keep.
    #[inline]
    pub(super) fn narrow(self) -> Pixel {
        ((self.0 | self.0 >> 24) as u32).to_le_bytes()
    }

    /// The pixel between `self` (share 0) and `other` (share 256).
    #[inline]
    pub(super) fn blend(self, other: Self, share: u32) -> Self {
        let share = u64::from(share);
        Self(((self.0 * (256 - share) + other.0 * share + Self::HALF) >> 8) & Self::CHANNELS)
    }

    /// Four neighbours weighed by the shares (of 256) of the right and of the lower ones.
    #[inline]
    pub(super) fn between(above: &[Pixel; 2], below: &[Pixel; 2], right: u32, down: u32) -> Self {
        // Two neighbours in one number: red and blue of both are one set of channels, green and alpha the other.
        let pair = |[left, right]: &[Pixel; 2]| {
            u64::from(u32::from_le_bytes(*left)) | u64::from(u32::from_le_bytes(*right)) << 32
        };
        let (above, below) = (pair(above), pair(below));
        let one = |above: u64, below: u64| Self(above & Self::CHANNELS).blend(Self(below & Self::CHANNELS), down).0;
        let (red_blue, green_alpha) = (one(above, below), one(above >> 8, below >> 8));
        let left = Self(red_blue & Self::LOW | green_alpha << 32);
        let beside = Self(red_blue >> 32 | green_alpha & !Self::LOW);
        left.blend(beside, right)
    }

    /// The pixel weakened to a share of 256.
    #[inline]
    pub(super) fn weaken(self, share: u32) -> Self {
        Self(((self.0 * u64::from(share) + Self::HALF) >> 8) & Self::CHANNELS)
    }

    /// Its opacity, 0..=255.
    #[inline]
    pub(super) fn alpha(self) -> u64 {
        self.0 >> 48
    }

    /// This pixel over another.
    #[inline]
    pub(super) fn over(self, under: Self) -> Self {
        let alpha = self.alpha();
        let rest = 256 - alpha - (alpha >> 7);
        Self(self.0 + (((under.0 * rest + Self::HALF) >> 8) & Self::CHANNELS))
    }
}

/// An opaque sRGB colour.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Tint(pub(super) u8, pub(super) u8, pub(super) u8);

impl Tint {
    /// The colour with an opacity of 0..=1.
    pub(super) fn alpha(self, opacity: f32) -> Shade {
        Shade { tint: self, opacity: opacity.clamp(0.0, 1.0) }
    }

    /// The colour, opaque.
    pub(super) fn solid(self) -> Shade {
        self.alpha(1.0)
    }
}

impl<'de> Deserialize<'de> for Tint {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        let digits = text.strip_prefix('#').filter(|digits| digits.len() == 6);
        let value = digits.and_then(|digits| u32::from_str_radix(digits, 16).ok());
        let value = value.ok_or_else(|| {
            de::Error::custom(format!("{text:?} is not a colour: write red, green and blue as \"#rrggbb\""))
        })?;
        Ok(Self((value >> 16) as u8, (value >> 8) as u8, value as u8))
    }
}

/// A colour with an opacity.
#[derive(Debug, Clone, Copy)]
pub(super) struct Shade {
    tint: Tint,
    opacity: f32,
}

impl Shade {
    /// As a premultiplied pixel.
    pub(super) fn pixel(self) -> Wide {
        let Tint(r, g, b) = self.tint;
        let part = |channel: u8| (f32::from(channel) * self.opacity + 0.5) as u8;
        Wide::of([part(r), part(g), part(b), part(255)])
    }
}
