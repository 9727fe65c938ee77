//! One expression out of what speech, emotion, habit, eyes and head want.
//!
//! Speech has the mouth: while something is said, what the rest of the face wants of the lips yields to it. The corners
//! of the mouth keep a part, so that a smile can be seen (and is gone where lips are round); everything else of an
//! emotion's mouth waits for a pause. Lips that must be shut for a p, b or m are shut under every emotion.

use super::life::{Asymmetry, RestingFace};
use crate::emotion::{Emotion, Levels, shapes};
use crate::expression::pairs;
use crate::{Articulation, BlendShape, Expression, HeadPose};

/// The share of an emotion's lip corners that full speech takes away, and the share that round lips take of the rest.
const CORNERS_YIELD: f32 = 0.55;
const ROUND_YIELD: f32 = 0.75;
/// How far the lids follow the eyes down, and how far they open as the eyes look up.
const LIDS_DOWN: f32 = 0.28;
const LIDS_UP: f32 = 0.15;

/// What goes into one expression.
pub(super) struct Parts<'a> {
    pub(super) speech: &'a Articulation,
    /// How much of the mouth speech has, 0..=1; falls slower than the speech's own.
    pub(super) presence: f32,
    pub(super) levels: &'a Levels,
    pub(super) rest: RestingFace,
    /// -1 or 1: the side to which the present thought looks.
    pub(super) side: f32,
    /// How far brow and head underline a stressed syllable, 0..=1.
    pub(super) accent: f32,
    /// Eyes in the head, -1..=1; positive looks right in the picture, and down.
    pub(super) eyes: (f32, f32),
    /// How shut a blink has the lids.
    pub(super) blink: f32,
    pub(super) head: HeadPose,
    pub(super) breath: f32,
    pub(super) asymmetry: Asymmetry,
}

pub(super) fn compose(parts: &Parts<'_>) -> Expression {
    let mut face = resting(parts);
    for emotion in Emotion::ALL {
        let level = parts.levels[emotion.index()];
        for (shape, weight) in shapes::shapes(emotion) {
            face[*shape] += level * weight;
        }
    }
    let presence = parts.presence.max(parts.speech.closure);
    let round = parts.speech.mouth[BlendShape::MouthPucker].max(parts.speech.mouth[BlendShape::MouthFunnel]);
    for shape in BlendShape::ALL {
        face[shape] *= parts.asymmetry.of(shape);
        if shape.is_of_mouth() {
            face[shape] = parts.speech.mouth[shape] + face[shape] * left_by_speech(shape, presence, round);
        }
    }
    let closed = face[BlendShape::JawOpen].min(1.0) * parts.speech.closure;
    face[BlendShape::MouthClose] = face[BlendShape::MouthClose].max(closed);
    add_eyes(&mut face, parts);
    face.head = parts.head;
    face.breath = parts.breath;
    face.bounded()
}

fn resting(parts: &Parts<'_>) -> Expression {
    let RestingFace { smile, squint, brow_raise, brow_knit, press, aside } = parts.rest;
    let brows = brow_raise + 0.45 * parts.accent;
    // The person's left is the right side of the picture.
    let to = if parts.side > 0.0 { BlendShape::MouthLeft } else { BlendShape::MouthRight };
    Expression::REST
        .with_both(pairs::MOUTH_SMILE, smile)
        .with_both(pairs::CHEEK_SQUINT, 0.4 * smile)
        .with_both(pairs::EYE_SQUINT, squint)
        .with_both(pairs::BROW_OUTER_UP, brows)
        .with(BlendShape::BrowInnerUp, 0.8 * brows)
        .with_both(pairs::BROW_DOWN, brow_knit)
        .with_both(pairs::MOUTH_PRESS, press)
        .with(to, aside)
}

/// The share of what the rest of the face wants of a mouth shape that speech leaves.
fn left_by_speech(shape: BlendShape, presence: f32, round: f32) -> f32 {
    use BlendShape::*;
    match shape {
        MouthSmileLeft | MouthSmileRight | MouthFrownLeft | MouthFrownRight => {
            (1.0 - CORNERS_YIELD * presence) * (1.0 - ROUND_YIELD * round)
        }
        _ => 1.0 - presence,
    }
}

fn add_eyes(face: &mut Expression, parts: &Parts<'_>) {
    let (x, y) = parts.eyes;
    for (pair, weight) in [
        (pairs::EYE_LOOK_PICTURE_RIGHT, x),
        (pairs::EYE_LOOK_PICTURE_LEFT, -x),
        (pairs::EYE_LOOK_DOWN, y),
        (pairs::EYE_LOOK_UP, -y),
    ] {
        *face = face.with_both(pair, weight.max(0.0));
    }
    for (blink, wide) in pairs::EYE_BLINK.into_iter().zip(pairs::EYE_WIDE) {
        let lids = parts.blink.max((face[blink] + LIDS_DOWN * y.max(0.0)).min(0.6));
        face[blink] = lids;
        face[wide] = (face[wide] + LIDS_UP * (-y).max(0.0)) * (1.0 - parts.blink);
    }
}
