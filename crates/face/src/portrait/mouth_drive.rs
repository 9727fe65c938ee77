//! From an expression to what the lips do, in the unit of the face (the distance of the eyes).

use super::landmarks::Point;
use crate::BlendShape::*;
use crate::Expression;

/// Straight lips: how much of it is corners that come down, the rest is a middle that goes up.
pub(super) const CORNERS: f32 = 0.75;
/// How far the jaw drops at most.
const JAW: f32 = 0.50;
/// How much of a smiling photo's curve is let go at rest; a smile brings it back.
const RELAXED: f32 = 0.5;
/// Lips that are pressed this much touch each other.
const PRESSED: f32 = 0.5;
/// A line between the lips that sags less than this does not smile.
const LEVEL: f32 = 0.03;

/// The lips at one moment. Sides are those of the picture: left, right.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub(super) struct MouthDrive {
    /// How far the chin goes down, and to the right.
    pub(super) jaw: Point,
    /// Displacement of the corners.
    pub(super) corners: [Point; 2],
    /// How far the middle of the lower lip goes down, left and right half.
    pub(super) lower: [f32; 2],
    /// How far the middle of the upper lip goes up, left and right half.
    pub(super) upper: [f32; 2],
    /// How much fuller the lips get, upper and lower; negative when they roll in.
    pub(super) fuller: [f32; 2],
    /// How round the opening is, 0..=1.
    pub(super) round: f32,
    /// How much of the photo's own opening stays, 0..=1.
    pub(super) parted: f32,
    /// How much of the curve of the photo's lips is straightened, 0..=1.
    pub(super) flat: f32,
    /// How far the lower lip is drawn off the lower teeth, 0..=1.
    pub(super) bared: f32,
    /// How far the tongue is raised, 0..=1.
    pub(super) tongue: f32,
}

impl MouthDrive {
    /// `half` is half the mouth's width in the photo, `sag` how far the line between its lips lies below the corners.
    pub(super) fn of(expression: &Expression, half: f32, sag: f32) -> Self {
        let e = |shape| expression[shape];
        let jaw = e(JawOpen);
        let apart = (jaw - e(MouthClose)).max(0.0);
        let (pucker, funnel) = (e(MouthPucker), e(MouthFunnel));
        let round = pucker.max(funnel);
        let shift = 0.12 * (e(MouthLeft) - e(MouthRight));
        let press = [e(MouthPressRight), e(MouthPressLeft)];
        // Pressed lips do not bare teeth; what the jaw does is taken back by `mouthClose` alone.
        let open = press.map(|press| 1.0 - (press / PRESSED).min(1.0));
        let roll = [e(MouthRollUpper), e(MouthRollLower)];

        let smile = [e(MouthSmileRight), e(MouthSmileLeft)];
        let frown = [e(MouthFrownRight), e(MouthFrownLeft)];
        let stretch = [e(MouthStretchRight), e(MouthStretchLeft)];
        let dimple = [e(MouthDimpleRight), e(MouthDimpleLeft)];
        let down = [e(MouthLowerDownRight), e(MouthLowerDownLeft)];
        let up = [e(MouthUpperUpRight), e(MouthUpperUpLeft)];
        let lower = [0, 1].map(|i| {
            (0.46 * apart + open[i] * (0.10 * down[i] + 0.07 * funnel)) * (1.0 - 0.25 * roll[1]) * (1.0 - 0.3 * pucker)
        });
        let upper = [0, 1].map(|i| 0.035 * apart + open[i] * (0.065 * up[i] + 0.03 * funnel));
        let smiling = ((smile[0] + smile[1]) / 2.0 * 1.4).min(1.0);
        let relaxed = if sag > LEVEL { RELAXED * (1.0 - smiling) } else { 0.0 };
        let flat = (relaxed + 0.25 * (frown[0] + frown[1])).min(1.0).max(0.85 * round);
        let corners = [0, 1].map(|i| {
            let out = 0.13 * smile[i] - 0.12 * relaxed + 0.14 * stretch[i] + 0.07 * dimple[i]
                - 0.36 * pucker
                - 0.24 * funnel
                - 0.10 * apart
                - 0.03 * press[i];
            let outward = if i == 0 { -1.0 } else { 1.0 };
            // Corners of a smile that are drawn down as far as others look twisted: the folds beside them stay.
            let (smiles, frowns) = if sag > LEVEL { (0.07, 0.10) } else { (0.17, 0.23) };
            let fall = frowns * frown[i] - smiles * smile[i] - 0.03 * dimple[i];
            let straightened = CORNERS * sag * flat;
            Point::new(outward * out * half + shift, fall * half + 0.30 * lower[i] * (1.0 - 0.4 * round) + straightened)
        });
        let shrug = [e(MouthShrugUpper), e(MouthShrugLower)];
        let pressed = 0.5 * (press[0] + press[1]);
        let fuller =
            [0, 1].map(|i| 0.035 * pucker + 0.03 * funnel + 0.025 * shrug[i] - 0.035 * roll[i] - 0.018 * pressed);
        Self {
            jaw: Point::new(0.10 * (e(JawLeft) - e(JawRight)), JAW * jaw - 0.04 * shrug[1]),
            corners,
            lower,
            upper,
            fuller,
            round,
            parted: 0.35 * (smile[0] + smile[1]) * 0.5 * (open[0] + open[1]) * (1.0 - round),
            flat,
            bared: (down[0] + down[1]) / 2.0,
            tongue: e(TongueOut),
        }
    }
}
