//! Draws expressions of one portrait.

use super::compose::{Still, compose};
use super::eyes::{Eye, EyeDrive};
use super::field::{Anatomy, Moment};
use super::grid::{CELL, Cells, Grid};
use super::inner_mouth::InnerMouth;
use super::landmarks::Landmarks;
use super::lips::Lips;
use super::mouth_drive::MouthDrive;
use super::photo::Photo;
use super::plane::Planes;
use super::rest_mouth::RestMouth;
use crate::{Damage, Expression, FaceError, FaceRenderer, I420Frame};

/// Shares of an expression that are tried, the first that does not fold the picture is drawn.
const STRENGTHS: [f32; 9] = [1.0, 0.9, 0.8, 0.7, 0.6, 0.45, 0.3, 0.15, 0.0];

/// A face made of a photo, in one size of picture. Keeps its buffers from picture to picture.
pub struct PortraitFace {
    anatomy: Anatomy,
    /// The photo as it is.
    still: Planes,
    /// The photo with the lids and the gaze of this moment.
    looking: Planes,
    picture: Planes,
    grid: Grid,
    lips: Lips,
    inner_mouth: InnerMouth,
    eyes: [Eye; 2],
    drawn: Option<Expression>,
    /// How much of the last expression was drawn, see [`STRENGTHS`].
    strength: f32,
    /// The cells that the mouth covered in the picture before.
    mouth_before: Option<Cells>,
}

impl PortraitFace {
    pub(super) fn new(photo: &Photo, found: &Landmarks, width: u32, height: u32) -> Result<Self, FaceError> {
        let legal = |side: u32| (64..=1024).contains(&side) && side.is_multiple_of(2);
        if !legal(width) || !legal(height) {
            return Err(FaceError::Size { width, height });
        }
        let (width, height) = (width as usize, height as usize);
        let Still { planes: still, landmarks } = compose(photo, found, width, height);
        let anatomy = Anatomy::new(&landmarks, width, height);
        let rest = RestMouth::look(&still, &landmarks, anatomy.axes.unit);
        let lips = Lips::new(&still, &landmarks, &anatomy, rest);
        Ok(Self {
            grid: Grid::new(&anatomy, width, height),
            inner_mouth: InnerMouth::new(&still, &landmarks, &lips, rest, anatomy.axes.unit, width),
            eyes: [0, 1].map(|side| Eye::new(&landmarks, side, width, height)),
            looking: still.clone(),
            picture: still.clone(),
            still,
            anatomy,
            lips,
            drawn: None,
            strength: 1.0,
            mouth_before: None,
        })
    }

    /// Moves grid and lips, with as much of the expression as neither of them folds under. Returns what was moved.
    fn advance(&mut self, expression: &Expression) -> MouthDrive {
        let drive = MouthDrive::of(expression, self.lips.half, self.lips.sag());
        for strength in STRENGTHS {
            self.strength = strength;
            let moment = Moment::new(expression, &drive, strength);
            let whole = self.grid.advance(&self.anatomy, &moment);
            let lips = self.lips.advance(&self.anatomy, &moment, &drive, strength);
            if lips && whole {
                break;
            }
        }
        drive
    }

    /// The cells that a rectangle in pixels touches.
    fn cells(&self, [left, top, right, bottom]: [f32; 4]) -> Cells {
        let (columns, rows) = (self.picture.luma.width.div_ceil(CELL), self.picture.luma.height.div_ceil(CELL));
        let low = |value: f32| (value.max(0.0) as usize) / CELL;
        let high = |value: f32, most: usize| (value.max(0.0) as usize / CELL + 1).min(most);
        Cells {
            columns: (low(left - 2.0).min(columns), high(right + 2.0, columns)),
            rows: (low(top - 2.0).min(rows), high(bottom + 2.0, rows)),
        }
    }
}

impl FaceRenderer for PortraitFace {
    fn size(&self) -> (u32, u32) {
        (self.picture.luma.width as u32, self.picture.luma.height as u32)
    }

    fn draw(&mut self, expression: &Expression, frame: &mut I420Frame) -> Result<Damage, FaceError> {
        let (width, height) = self.size();
        let (luma, chroma) = (self.picture.luma.samples.len(), self.picture.chroma[0].samples.len());
        let fits = frame.y.len() == luma && frame.u.len() == chroma && frame.v.len() == chroma;
        if (frame.width, frame.height) != (width, height) || !fits {
            return Err(FaceError::FrameSize { width, height, got_width: frame.width, got_height: frame.height });
        }
        let expression = expression.bounded();
        let mut damage = Damage { x: 0, y: 0, width: 0, height: 0 };
        if self.drawn != Some(expression) {
            self.drawn = Some(expression);
            let drive = self.advance(&expression);
            self.grid.settle();
            for (eye, drive) in self.eyes.iter_mut().zip(EyeDrive::of(&expression)) {
                if eye.draw(drive, &self.still, &mut self.looking) {
                    self.grid.mark_reached(&eye.tile);
                }
            }
            let mouth = self.cells(self.lips.bounds());
            self.grid.mark(&mouth);
            if let Some(before) = self.mouth_before.replace(mouth) {
                self.grid.mark(&before);
            }
            if let Some(cells) = self.grid.marked() {
                self.grid.draw(&self.looking, &mut self.picture);
                self.lips.draw(&self.looking, &mut self.picture);
                self.inner_mouth.draw(&self.lips, &self.still, &drive, &mut self.picture);
                damage = damage_of(&cells, width, height);
            }
        }
        frame.y.copy_from_slice(&self.picture.luma.samples);
        frame.u.copy_from_slice(&self.picture.chroma[0].samples);
        frame.v.copy_from_slice(&self.picture.chroma[1].samples);
        Ok(damage)
    }
}

fn damage_of(cells: &Cells, width: u32, height: u32) -> Damage {
    let edge = |cell: usize, most: u32| ((cell * CELL) as u32).min(most);
    let (x, y) = (edge(cells.columns.0, width), edge(cells.rows.0, height));
    Damage { x, y, width: edge(cells.columns.1, width) - x, height: edge(cells.rows.1, height) - y }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used)]
    use proptest::prelude::*;

    use super::*;
    use crate::expression::pairs;
    use crate::portrait::tests::sample;
    use crate::{BlendShape, HeadPose, Viseme};

    fn any_expression() -> impl Strategy<Value = Expression> {
        let weight = prop_oneof![Just(0.0_f32), Just(1.0_f32), 0.0..=1.0_f32];
        let weights = proptest::collection::vec(weight, 52);
        (weights, -1.0..=1.0_f32, -1.0..=1.0_f32, -0.2..=0.2_f32, 0.0..=1.0_f32).prop_map(
            |(weights, yaw, pitch, roll, breath)| {
                let mut expression = Expression::REST;
                for (shape, weight) in BlendShape::ALL.into_iter().zip(weights) {
                    expression[shape] = weight;
                }
                expression.head = HeadPose { yaw, pitch, roll };
                expression.breath = breath;
                expression
            },
        )
    }

    /// As much of a feeling's mouth as speech leaves, and a little more (see `animator/compose.rs`).
    const WITH_SPEECH: f32 = 0.5;

    fn speech() -> impl Iterator<Item = Expression> {
        Viseme::ALL.into_iter().map(Viseme::expression)
    }

    #[test]
    fn no_expression_folds_or_tears_the_picture() {
        let face = std::cell::RefCell::new(sample().face(256, 256).unwrap());
        proptest!(ProptestConfig::with_cases(300), |(expression in any_expression())| {
            let mut face = face.borrow_mut();
            face.advance(&expression);
            prop_assert!(face.grid.is_unfolded(), "the picture folds");
            prop_assert!(face.lips.is_unfolded(), "the lips fold");
        });
    }

    #[test]
    fn speech_with_a_moving_head_is_drawn_in_full() {
        for side in [256, 512] {
            let mut face = sample().face(side, side).unwrap();
            for expression in speech() {
                for (yaw, pitch, roll) in [(0.0, 0.0, 0.0), (0.5, 0.4, 0.08), (-0.5, -0.4, -0.08)] {
                    let mut expression =
                        expression.with(BlendShape::BrowInnerUp, 0.6).with_both(pairs::CHEEK_SQUINT, 0.5);
                    expression.head = HeadPose { yaw, pitch, roll };
                    face.advance(&expression);
                    assert_eq!(face.strength, 1.0, "{expression:?}");
                }
            }
        }
    }

    #[test]
    fn speech_with_feeling_is_drawn_in_full() {
        let mut face = sample().face(512, 512).unwrap();
        let lips = [pairs::MOUTH_SMILE, pairs::MOUTH_FROWN, pairs::MOUTH_PRESS, pairs::MOUTH_STRETCH];
        for feeling in lips.into_iter().chain([pairs::NOSE_SNEER, pairs::BROW_DOWN, pairs::BROW_OUTER_UP]) {
            for expression in speech() {
                let expression = expression.with_both(feeling, WITH_SPEECH);
                face.advance(&expression);
                assert_eq!(face.strength, 1.0, "{feeling:?} {expression:?}");
            }
        }
    }

    #[test]
    fn lips_meet_on_p_b_m_and_part_on_an_open_vowel_although_the_photo_shows_teeth() {
        use BlendShape::{JawOpen, MouthClose};
        let mut face = sample().face(512, 512).unwrap();
        let mut opening = |expression: &Expression| {
            face.advance(expression);
            let [upper, lower] = &face.lips.inner;
            upper.iter().zip(lower).map(|(upper, lower)| lower.y - upper.y).fold(0.0, f32::max)
        };
        for emotion in [pairs::MOUTH_SMILE, pairs::MOUTH_FROWN, pairs::MOUTH_UPPER_UP, pairs::MOUTH_STRETCH] {
            let shut = Viseme::PP.expression().with_both(emotion, WITH_SPEECH);
            assert!(opening(&shut) < 0.5, "p, {emotion:?}: {}", opening(&shut));
            let softer = shut.with_both(pairs::MOUTH_PRESS, 0.55).with(JawOpen, 0.06).with(MouthClose, 0.06);
            assert!(opening(&softer) < 0.5, "m, {emotion:?}: {}", opening(&softer));
            let open = Viseme::Aa.expression().with_both(emotion, WITH_SPEECH);
            assert!(opening(&open) > 25.0, "a, {emotion:?}: {}", opening(&open));
        }
    }
}
