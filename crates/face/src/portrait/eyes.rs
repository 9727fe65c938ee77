//! The eyes: lids that close over them, and a gaze that moves the iris between the lids.
//!
//! Done in the still picture, before it is warped: each pixel of a small tile around an eye says where it comes from. The
//! skin of the lid above is drawn down, and its lashes come along.

use super::axes::{Axes, smooth};
use super::landmarks::{Landmarks, Point};
use super::plane::{Plane, Planes};
use crate::BlendShape::*;
use crate::Expression;

/// The net finds the eye a little narrower than it is.
const WIDER: f32 = 1.30;
/// The same of its upper and its lower lid.
const HIGHER: f32 = 1.2;
const DEEPER: f32 = 1.75;
/// The part of the lid that is not stretched: the lashes.
const LASHES: f32 = 0.25;
/// Height of the lower lid's rim, in half widths of the eye.
const RIM: f32 = 0.10;
/// How far the iris moves aside at most, in half widths of the eye.
const ASIDE: f32 = 0.30;
/// How far a look down and up moves lid and iris, in openings.
const DOWN: f32 = 0.42;
const UP: f32 = 0.22;

/// What one eye does.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct EyeDrive {
    /// 0 open, 1 shut.
    shut: f32,
    wide: f32,
    squint: f32,
    /// To the right and down, -1..=1.
    gaze: Point,
}

impl EyeDrive {
    /// Left and right of the picture.
    pub(super) fn of(expression: &Expression) -> [Self; 2] {
        let e = |shape| expression[shape];
        let one = |blink, wide, squint, right, left, down, up| Self {
            shut: e(blink),
            wide: e(wide),
            squint: e(squint),
            gaze: Point::new(e(right) - e(left), e(down) - e(up)),
        };
        [
            one(
                EyeBlinkRight,
                EyeWideRight,
                EyeSquintRight,
                EyeLookInRight,
                EyeLookOutRight,
                EyeLookDownRight,
                EyeLookUpRight,
            ),
            one(
                EyeBlinkLeft,
                EyeWideLeft,
                EyeSquintLeft,
                EyeLookOutLeft,
                EyeLookInLeft,
                EyeLookDownLeft,
                EyeLookUpLeft,
            ),
        ]
    }
}

/// One eye.
pub(super) struct Eye {
    /// Origin in the middle, unit one pixel.
    axes: Axes,
    half: f32,
    /// Height of the upper and depth of the lower lid at the middle.
    above: f32,
    below: f32,
    /// How much skin of the lid there is to draw down, and below the eye to draw up.
    lid: f32,
    bag: f32,
    /// Left, top, right and bottom of the tile, even.
    pub(super) tile: [usize; 4],
    drawn: Option<EyeDrive>,
}

impl Eye {
    pub(super) fn new(face: &Landmarks, side: usize, width: usize, height: usize) -> Self {
        let first = Landmarks::EYES[side].start;
        let corners = [face.at(first), face.at(first + 3)];
        let line = corners[1] - corners[0];
        let axes = Axes::new(corners[0].towards(corners[1], 0.5), 1.0, line.y.atan2(line.x));
        let half = corners[0].distance(corners[1]) / 2.0 * WIDER;
        let level = |index: usize| {
            let point = axes.inward(face.at(first + index));
            point.y / (1.0 - (point.x / half).powi(2)).max(0.4)
        };
        let above = -(level(1) + level(2)) / 2.0 * HIGHER;
        let below = (level(4) + level(5)) / 2.0 * DEEPER;
        let brow = -axes.inward(face.mean(Landmarks::BROWS[side].clone())).y;
        let lid = ((brow - above) * 0.66).max(3.0);
        let bag = half * 0.75;
        let reach = half * 1.05 + 2.0;
        let middle = axes.outward(Point::default());
        let bound = |value: f32, most: usize| (value.clamp(0.0, most as f32) as usize) & !1;
        let tile = [
            bound(middle.x - reach, width),
            bound(middle.y - above - lid - 4.0, height),
            bound(middle.x + reach + 2.0, width),
            bound(middle.y + below + bag + 6.0, height),
        ];
        Self { axes, half, above: above.max(1.0), below: below.max(0.5), lid, bag, tile, drawn: None }
    }

    /// Draws the eye into the picture that is to be warped. False when it is there already.
    pub(super) fn draw(&mut self, drive: EyeDrive, still: &Planes, out: &mut Planes) -> bool {
        if self.drawn == Some(drive) {
            return false;
        }
        self.drawn = Some(drive);
        self.draw_plane(&drive, &still.luma, &mut out.luma, 1);
        for (still, out) in still.chroma.iter().zip(&mut out.chroma) {
            self.draw_plane(&drive, still, out, 2);
        }
        true
    }

    fn draw_plane(&self, drive: &EyeDrive, still: &Plane, out: &mut Plane, step: usize) {
        let [left, top, right, bottom] = self.tile.map(|edge| edge / step);
        let scale = step as f32;
        let sample = |point: Point| {
            let from = self.axes.outward(point);
            f32::from(still.sample_at(from.x / scale - 0.5, from.y / scale - 0.5))
        };
        for row in top..bottom {
            for column in left..right {
                let at = self.axes.inward(Point::new((column as f32 + 0.5) * scale, (row as f32 + 0.5) * scale));
                let seen = self.seen(drive, at);
                let mut value = sample(seen.skin);
                if step == 1 {
                    value = 16.0 + (value - 16.0) * (1.0 - seen.lashes);
                }
                if seen.share > 0.0 {
                    let shade = if step == 1 { seen.shade } else { 1.0 };
                    let ball = sample(seen.ball);
                    let ball = if step == 1 { 16.0 + (ball - 16.0) * shade } else { ball };
                    value += (ball - value) * seen.share;
                }
                out.samples[row * out.width + column] = (value + 0.5) as u8;
            }
        }
    }

    /// What is seen at a place.
    fn seen(&self, drive: &EyeDrive, at: Point) -> Seen {
        let arch = (1.0 - (at.x / self.half).powi(2)).max(0.0);
        let arch = arch * (0.6 + 0.4 * arch.sqrt());
        let (upper, lower) = (-self.above * arch, self.below * arch);
        let open = lower - upper;
        // Lids follow a look down and up, and with them what is between them.
        let look = open * if drive.gaze.y > 0.0 { DOWN * drive.gaze.y } else { UP * drive.gaze.y };
        let look = look - 0.11 * open * drive.wide;
        let raise = open * (0.10 * drive.shut + 0.20 * drive.squint * (1.0 - drive.shut));
        let low = lower - raise;
        let high = {
            let opened = upper + look + 0.10 * open * drive.squint;
            (opened + (low - opened) * drive.shut).min(low)
        };
        // Beyond the lids' edges: skin, drawn along with them.
        let drop = high - upper;
        let middle = (high + low) / 2.0;
        let skin_y = if at.y < middle {
            // The lashes keep their height, the skin between them and the brow is stretched or gathered.
            let top = upper - self.lid;
            let (lashes, skin) = (LASHES * self.lid, (1.0 - LASHES) * self.lid);
            let beyond = at.y - (high - lashes);
            if beyond >= 0.0 {
                (at.y - drop).min(upper)
            } else if at.y > top {
                top + (at.y - top) * skin / (skin + drop).max(0.3 * skin)
            } else {
                at.y
            }
        } else {
            let length = (self.bag + raise).max(1.0);
            let share = (1.0 - (at.y - low) / length).clamp(0.0, 1.0);
            // Not the rim itself: a shut eye shows no white.
            (at.y + raise * share * share).max(lower + RIM * self.half * arch * drive.shut)
        };
        let share =
            (at.y - high + 0.5).clamp(0.0, 1.0) * (low - at.y + 0.5).clamp(0.0, 1.0) * smooth(0.0, 1.5, low - high);
        // The eyeball slides between the lids: all of it at the upper lid, none at the lower one.
        let depth = ((at.y - (upper + look)) / (lower - upper - look).max(0.5)).clamp(0.0, 1.0);
        let slide = look * (1.0 - depth * depth * depth);
        let aside = drive.gaze.x * ASIDE * self.half * (1.0 - (at.x / self.half).powi(2)).max(0.0);
        let below_lid = (at.y - high) / (0.25 * self.above).max(1.0);
        let from_edge = (at.y - high) / (0.06 * self.half).max(0.6);
        Seen {
            lashes: 0.5 * drive.shut * arch.min(0.5) * 2.0 * (-from_edge * from_edge).exp(),
            skin: Point::new(at.x, skin_y),
            ball: Point::new(at.x - aside, at.y - slide),
            share,
            shade: 1.0 - 0.25 * drive.shut.min(0.5) * (1.0 - below_lid.clamp(0.0, 1.0)),
        }
    }
}

struct Seen {
    skin: Point,
    /// How much the lashes darken it.
    lashes: f32,
    ball: Point,
    /// How much of the eyeball is seen.
    share: f32,
    /// Its light under the lid.
    shade: f32,
}
