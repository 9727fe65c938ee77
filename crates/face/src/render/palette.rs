//! Every colour of the picture, in one place: warm skin and hair before a calm, light room.

use tiny_skia::Color;

/// An opaque sRGB colour.
#[derive(Debug, Clone, Copy)]
pub(super) struct Tint(pub(super) u8, pub(super) u8, pub(super) u8);

impl Tint {
    /// The colour with an opacity of 0..=1.
    pub(super) fn alpha(self, opacity: f32) -> Color {
        Color::from_rgba8(self.0, self.1, self.2, (opacity.clamp(0.0, 1.0) * 255.0) as u8)
    }

    /// The colour, opaque.
    pub(super) fn solid(self) -> Color {
        self.alpha(1.0)
    }
}

pub(super) const ROOM_LIGHT: Tint = Tint(0xf6, 0xee, 0xe2);
pub(super) const ROOM: Tint = Tint(0xe0, 0xd3, 0xc2);
pub(super) const ROOM_SHADE: Tint = Tint(0xb9, 0xac, 0x9f);
pub(super) const LEAF: Tint = Tint(0x8f, 0xa0, 0x8b);

pub(super) const SKIN_LIGHT: Tint = Tint(0xfd, 0xdf, 0xc4);
pub(super) const SKIN: Tint = Tint(0xf3, 0xc3, 0x9f);
pub(super) const SKIN_SHADE: Tint = Tint(0xdc, 0x9b, 0x78);
pub(super) const SKIN_DEEP: Tint = Tint(0xb3, 0x6a, 0x4d);
pub(super) const BLUSH: Tint = Tint(0xea, 0x7f, 0x68);

pub(super) const HAIR_DARK: Tint = Tint(0x2b, 0x19, 0x12);
pub(super) const HAIR: Tint = Tint(0x4d, 0x2f, 0x20);
pub(super) const HAIR_LIGHT: Tint = Tint(0x7d, 0x50, 0x33);
pub(super) const HAIR_SHINE: Tint = Tint(0xc2, 0x8b, 0x5b);

pub(super) const EYE_WHITE: Tint = Tint(0xfd, 0xfa, 0xf6);
pub(super) const EYE_SHADE: Tint = Tint(0xa9, 0x9a, 0x9d);
pub(super) const IRIS_LIGHT: Tint = Tint(0x9c, 0xb8, 0x8a);
pub(super) const IRIS: Tint = Tint(0x4f, 0x85, 0x7a);
pub(super) const IRIS_RING: Tint = Tint(0x22, 0x45, 0x4a);
pub(super) const PUPIL: Tint = Tint(0x12, 0x12, 0x16);

pub(super) const LIP: Tint = Tint(0xd5, 0x83, 0x74);
pub(super) const LIP_UPPER: Tint = Tint(0xbd, 0x69, 0x5d);
pub(super) const LIP_LIGHT: Tint = Tint(0xf4, 0xb5, 0xa5);
pub(super) const LIP_LINE: Tint = Tint(0x82, 0x3c, 0x36);
pub(super) const CAVITY: Tint = Tint(0x4a, 0x16, 0x19);
pub(super) const CAVITY_DEEP: Tint = Tint(0x25, 0x09, 0x0d);
pub(super) const TOOTH: Tint = Tint(0xfd, 0xf9, 0xf1);
pub(super) const TOOTH_SHADE: Tint = Tint(0xd2, 0xc3, 0xb9);
pub(super) const TONGUE: Tint = Tint(0xd9, 0x74, 0x71);
pub(super) const TONGUE_SHADE: Tint = Tint(0xa6, 0x46, 0x49);

pub(super) const KNIT_LIGHT: Tint = Tint(0x4c, 0x8c, 0x8f);
pub(super) const KNIT: Tint = Tint(0x2e, 0x6a, 0x70);
pub(super) const KNIT_SHADE: Tint = Tint(0x1b, 0x45, 0x4e);
pub(super) const SHIRT: Tint = Tint(0xf7, 0xf4, 0xee);
pub(super) const SHIRT_SHADE: Tint = Tint(0xcb, 0xc8, 0xc6);
