//! A pixel with space to calculate, and colours as a rig file writes them.

use serde::{Deserialize, Deserializer, de};

/// A premultiplied pixel as it is kept: red, green, blue, alpha.
pub(super) type Pixel = [u8; 4];

/// A pixel with nothing in it.
pub(super) const CLEAR: Pixel = [0; 4];

/// A premultiplied pixel (red, blue, green, alpha) of four channels in 16 bits each, so that one multiplication weighs
/// all of them. Shares add up to 256, so that no channel runs over: the arithmetic does without checks for that, which
/// every build of ours would make at every pixel.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Wide(u64);

impl Wide {
    const CHANNELS: u64 = 0x00ff_00ff_00ff_00ff;
    const HALF: u64 = 0x0080_0080_0080_0080;

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
        let (own, other) = (self.0.wrapping_mul(256_u64.wrapping_sub(share)), other.0.wrapping_mul(share));
        Self((own.wrapping_add(other).wrapping_add(Self::HALF) >> 8) & Self::CHANNELS)
    }

    /// Four neighbours weighed by the shares (of 256) of the right and of the lower ones.
    #[inline]
    pub(super) fn between(above: &[Pixel; 2], below: &[Pixel; 2], right: u32, down: u32) -> Self {
        // The shares of all four add up to 256: what is opaque stays so, and no channel runs over.
        let corner = (right.wrapping_mul(down)) >> 8;
        let (beside, under) = (right.wrapping_sub(corner), down.wrapping_sub(corner));
        let rest = 256_u32.wrapping_sub(right).wrapping_sub(under);
        let weighed = |pixel: Pixel, share: u32| Self::of(pixel).0.wrapping_mul(u64::from(share));
        let sum = weighed(above[0], rest)
            .wrapping_add(weighed(above[1], beside))
            .wrapping_add(weighed(below[0], under))
            .wrapping_add(weighed(below[1], corner));
        Self((sum.wrapping_add(Self::HALF) >> 8) & Self::CHANNELS)
    }

    /// The pixel weakened to a share of 256.
    #[inline]
    pub(super) fn weaken(self, share: u32) -> Self {
        Self((self.0.wrapping_mul(u64::from(share)).wrapping_add(Self::HALF) >> 8) & Self::CHANNELS)
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
        let rest = 256_u64.wrapping_sub(alpha).wrapping_sub(alpha >> 7);
        let below = (under.0.wrapping_mul(rest).wrapping_add(Self::HALF) >> 8) & Self::CHANNELS;
        Self(self.0.wrapping_add(below))
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

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// A premultiplied pixel: no channel is above alpha.
    fn any_pixel() -> impl Strategy<Value = Pixel> {
        any::<Pixel>().prop_map(|[red, green, blue, alpha]| [red.min(alpha), green.min(alpha), blue.min(alpha), alpha])
    }

    proptest! {
        #[test]
        fn what_is_between_neighbours_is_as_weighed_and_stays_premultiplied(
            corners: [[u8; 4]; 4], right in 0_u32..256, down in 0_u32..256, opaque: bool,
        ) {
            let corners = corners.map(|[red, green, blue, alpha]| {
                let alpha = if opaque { 255 } else { alpha };
                [red.min(alpha), green.min(alpha), blue.min(alpha), alpha]
            });
            let [a, b, c, d] = corners;
            let mixed = Wide::between(&[a, b], &[c, d], right, down).narrow();
            let (right, down) = (f64::from(right) / 256.0, f64::from(down) / 256.0);
            for channel in 0..4 {
                let [a, b, c, d] = corners.map(|pixel| f64::from(pixel[channel]));
                let exact = (a * (1.0 - right) + b * right) * (1.0 - down) + (c * (1.0 - right) + d * right) * down;
                // The lower right share is rounded down, by less than 1 of 256, which counts for two pairs of neighbours that
                // are at most 255 apart: less than 2; and the sum is rounded by at most a half.
                prop_assert!((f64::from(mixed[channel]) - exact).abs() < 2.5, "{mixed:?}, channel {channel}: {exact}");
                prop_assert!(mixed[channel] <= mixed[3]);
            }
            prop_assert!(!opaque || mixed[3] == 255);
        }

        #[test]
        fn a_pixel_over_another_never_runs_over_and_an_opaque_one_hides_it(over in any_pixel(), under in any_pixel()) {
            let laid = Wide::of(over).over(Wide::of(under)).narrow();
            for channel in 0..4 {
                let exact = f64::from(over[channel]) + f64::from(under[channel]) * (1.0 - f64::from(over[3]) / 255.0);
                prop_assert!((f64::from(laid[channel]) - exact).abs() <= 1.5, "{laid:?}, channel {channel}: {exact}");
            }
            prop_assert!(over[3] < 255 || laid == over);
        }
    }
}
