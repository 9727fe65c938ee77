//! The rig of a character: `rig.toml`, checked strictly. Lengths are art units: thousandths of the art square.

use serde::{Deserialize, Deserializer, de};

use super::outline::At;
use super::pixel::Tint;

/// A rig file. `docs/face-drawn.md` describes every key.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Rig {
    pub(super) name: String,
    pub(super) licence: String,
    pub(super) credit: String,
    pub(super) colours: Colours,
    pub(super) mouth: Mouth,
    pub(super) eyes: Eyes,
    pub(super) brows: Brows,
    pub(super) jaw: Jaw,
    pub(super) head: Head,
    pub(super) parallax: Parallax,
}

impl Rig {
    /// A key and what is wrong with it together with others.
    pub(super) fn problem(&self) -> Option<(&'static str, String)> {
        let Self { jaw, brows, head, .. } = self;
        if jaw.to < jaw.from + 2.0 * jaw.drop {
            let least = jaw.from + 2.0 * jaw.drop;
            return Some((
                "jaw.to",
                format!("must be at least jaw.from + 2 * jaw.drop = {least}: the face would fold"),
            ));
        }
        if brows.outer < brows.inner + 20.0 {
            return Some(("brows.outer", "must be at least brows.inner + 20".into()));
        }
        if head.neck_foot < head.pivot.1 + 20.0 {
            return Some(("head.neck_foot", "must be at least 20 below head.pivot".into()));
        }
        None
    }
}

/// `[colours]`: of what is drawn anew for every picture.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Colours {
    pub(super) skin: Tint,
    pub(super) skin_light: Tint,
    pub(super) skin_shade: Tint,
    pub(super) skin_deep: Tint,
    pub(super) lid: Tint,
    pub(super) lash: Tint,
    pub(super) lip_upper: Tint,
    pub(super) lip_lower: Tint,
    pub(super) lip_light: Tint,
    pub(super) lip_line: Tint,
    pub(super) cavity: Tint,
    pub(super) cavity_deep: Tint,
    pub(super) tooth: Tint,
    pub(super) tooth_shade: Tint,
    pub(super) tongue: Tint,
    pub(super) tongue_shade: Tint,
}

/// `[mouth]`.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Mouth {
    /// The middle of the line between the resting lips.
    #[serde(deserialize_with = "place")]
    pub(super) at: At,
    /// From the middle to a corner.
    #[serde(deserialize_with = "mouth_width")]
    pub(super) half_width: f32,
    /// Thickness of the lips.
    #[serde(deserialize_with = "lip")]
    pub(super) upper_lip: f32,
    #[serde(deserialize_with = "lip")]
    pub(super) lower_lip: f32,
    /// Depth of the bow of the upper lip.
    #[serde(deserialize_with = "lip")]
    pub(super) bow: f32,
    /// How much higher than the middle the corners lie at rest.
    #[serde(deserialize_with = "small")]
    pub(super) corner_lift: f32,
    /// Height of the opening with the jaw wide open.
    #[serde(deserialize_with = "opening")]
    pub(super) gape: f32,
    /// Strength of the shade and the folds around the mouth.
    #[serde(deserialize_with = "share")]
    pub(super) shade: f32,
    /// Strength of the light on the lower lip.
    #[serde(deserialize_with = "share")]
    pub(super) shine: f32,
}

/// `[eyes]`.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Eyes {
    /// Height of the middle of the eyes.
    #[serde(deserialize_with = "level")]
    pub(super) level: f32,
    /// From the middle of the face to the middle of an eye.
    #[serde(deserialize_with = "eye_width")]
    pub(super) apart: f32,
    /// From the middle of an eye to a corner.
    #[serde(deserialize_with = "eye_width")]
    pub(super) half_width: f32,
    /// How far the lids stand above and below the middle at rest.
    #[serde(deserialize_with = "lid")]
    pub(super) upper: f32,
    #[serde(deserialize_with = "lid")]
    pub(super) lower: f32,
    /// How much lower than the middle the corners lie, at the nose and outside.
    #[serde(deserialize_with = "small")]
    pub(super) inner: f32,
    #[serde(deserialize_with = "small")]
    pub(super) outer: f32,
    /// Distance and strength of the crease above the upper lid.
    #[serde(deserialize_with = "lid")]
    pub(super) crease: f32,
    #[serde(deserialize_with = "share")]
    pub(super) crease_strength: f32,
    /// Thickness of the line of lashes, and length of the lashes.
    #[serde(deserialize_with = "lid")]
    pub(super) line: f32,
    #[serde(deserialize_with = "lid")]
    pub(super) lashes: f32,
    /// How far the iris goes to the side and up or down.
    #[serde(deserialize_with = "reach")]
    pub(super) travel: At,
    /// Strength of the fold under the eye.
    #[serde(deserialize_with = "share")]
    pub(super) bags: f32,
}

/// `[brows]`.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Brows {
    /// Where the brow begins and ends, from the middle of the face outwards.
    #[serde(deserialize_with = "eye_width")]
    pub(super) inner: f32,
    #[serde(deserialize_with = "eye_width")]
    pub(super) outer: f32,
    /// Height of the brows.
    #[serde(deserialize_with = "level")]
    pub(super) level: f32,
    /// How far they go up and down.
    #[serde(deserialize_with = "lid")]
    pub(super) raise: f32,
    #[serde(deserialize_with = "lid")]
    pub(super) lower: f32,
    /// Strength of the lines on the forehead and between the brows.
    #[serde(deserialize_with = "share")]
    pub(super) lines: f32,
}

/// `[jaw]`.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Jaw {
    /// The face stretches between these heights as the jaw opens.
    #[serde(deserialize_with = "level")]
    pub(super) from: f32,
    #[serde(deserialize_with = "level")]
    pub(super) to: f32,
    /// How far the chin goes down with the jaw wide open.
    #[serde(deserialize_with = "lid")]
    pub(super) drop: f32,
}

/// `[head]`: ranges of motion.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Head {
    /// What it tilts around.
    #[serde(deserialize_with = "place")]
    pub(super) pivot: At,
    /// How far the features travel over the head with a turn and a nod of 1.
    #[serde(deserialize_with = "lid")]
    pub(super) turn: f32,
    #[serde(deserialize_with = "lid")]
    pub(super) nod: f32,
    /// How far the whole head moves with a turn and a nod of 1.
    #[serde(deserialize_with = "reach")]
    pub(super) shift: At,
    /// The foot of the neck, which stays with the shoulders.
    #[serde(deserialize_with = "level")]
    pub(super) neck_foot: f32,
    /// How far a full breath lifts the shoulders.
    #[serde(deserialize_with = "small")]
    pub(super) breath: f32,
}

/// `[parallax]`: how far each plane travels, as a share of the features' way.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Parallax {
    #[serde(deserialize_with = "parallax")]
    pub(super) hair_back: f32,
    #[serde(deserialize_with = "parallax")]
    pub(super) ears: f32,
    #[serde(deserialize_with = "parallax")]
    pub(super) skin: f32,
    #[serde(deserialize_with = "parallax")]
    pub(super) cheeks: f32,
    #[serde(deserialize_with = "parallax")]
    pub(super) beard: f32,
    #[serde(deserialize_with = "parallax")]
    pub(super) nose: f32,
    #[serde(deserialize_with = "parallax")]
    pub(super) glasses: f32,
    #[serde(deserialize_with = "parallax")]
    pub(super) hair_front: f32,
}

/// Makes a reader of numbers within a range.
macro_rules! within {
    ($($name:ident: $low:literal to $high:literal),+ $(,)?) => {$(
        fn $name<'de, D: Deserializer<'de>>(deserializer: D) -> Result<f32, D::Error> {
            checked(f32::deserialize(deserializer)?, $low, $high)
        }
    )+};
}

within! {
    level: 0.0 to 1000.0,
    mouth_width: 30.0 to 130.0,
    lip: 0.0 to 40.0,
    small: -30.0 to 30.0,
    opening: 20.0 to 130.0,
    share: 0.0 to 2.0,
    eye_width: 20.0 to 250.0,
    lid: 0.0 to 60.0,
    parallax: -2.0 to 3.0,
}

fn place<'de, D: Deserializer<'de>>(deserializer: D) -> Result<At, D::Error> {
    let (x, y) = At::deserialize(deserializer)?;
    Ok((checked(x, 0.0, 1000.0)?, checked(y, 0.0, 1000.0)?))
}

fn reach<'de, D: Deserializer<'de>>(deserializer: D) -> Result<At, D::Error> {
    let (x, y) = At::deserialize(deserializer)?;
    Ok((checked(x, 0.0, 60.0)?, checked(y, 0.0, 60.0)?))
}

fn checked<E: de::Error>(value: f32, low: f32, high: f32) -> Result<f32, E> {
    if (low..=high).contains(&value) {
        return Ok(value);
    }
    Err(E::custom(format!("{value} is not between {low} and {high}")))
}
