//! The 68 points of a face, in the order of the iBUG 300-W markup (Sagonas et al., 2013).
//!
//! Left and right in names of this module are those of the picture.

use std::ops::{Add, Mul, Range, Sub};

/// How many points there are.
pub(super) const COUNT: usize = 68;

/// A place in a picture, in pixels; y points down.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub(super) struct Point {
    pub(super) x: f32,
    pub(super) y: f32,
}

impl Point {
    pub(super) const fn new(x: f32, y: f32) -> Self {
        Self { x, y }
    }

    pub(super) fn distance(self, other: Self) -> f32 {
        (self.x - other.x).hypot(self.y - other.y)
    }

    pub(super) fn towards(self, other: Self, share: f32) -> Self {
        self + (other - self) * share
    }
}

impl Add for Point {
    type Output = Self;
    fn add(self, other: Self) -> Self {
        Self::new(self.x + other.x, self.y + other.y)
    }
}

impl Sub for Point {
    type Output = Self;
    fn sub(self, other: Self) -> Self {
        Self::new(self.x - other.x, self.y - other.y)
    }
}

impl Mul<f32> for Point {
    type Output = Self;
    fn mul(self, factor: f32) -> Self {
        Self::new(self.x * factor, self.y * factor)
    }
}

/// The points of one face.
#[derive(Debug, Clone)]
pub(super) struct Landmarks(pub(super) [Point; COUNT]);

impl Landmarks {
    /// The lowest point of the chin.
    pub(super) const CHIN: usize = 8;
    /// The brows, each from left to right.
    pub(super) const BROWS: [Range<usize>; 2] = [17..22, 22..27];
    /// The tip of the nose.
    pub(super) const NOSE_TIP: usize = 30;
    /// The root of the septum.
    pub(super) const NOSE_BASE: usize = 33;
    /// The eyes: left corner, two of the upper lid, right corner, two of the lower lid from right to left.
    pub(super) const EYES: [Range<usize>; 2] = [36..42, 42..48];
    /// The outer edge of the lips: left corner, over the upper lip to the right corner (54), back along the lower lip.
    pub(super) const LIPS: Range<usize> = 48..60;

    pub(super) fn at(&self, index: usize) -> Point {
        self.0[index]
    }

    pub(super) fn mean(&self, range: Range<usize>) -> Point {
        let count = range.len() as f32;
        self.0[range].iter().fold(Point::default(), |sum, point| sum + *point) * (1.0 / count)
    }

    /// The centres of the two eyes.
    pub(super) fn eyes(&self) -> [Point; 2] {
        Self::EYES.map(|eye| self.mean(eye))
    }

    /// Between the eyes' centres, in pixels: the measure of all displacements.
    pub(super) fn eye_distance(&self) -> f32 {
        let [left, right] = self.eyes();
        left.distance(right)
    }

    /// The head's tilt in the photo, in radians: the angle of the line through the eyes.
    pub(super) fn roll(&self) -> f32 {
        let [left, right] = self.eyes();
        (right.y - left.y).atan2(right.x - left.x)
    }

    /// From the brows to the chin.
    pub(super) fn height(&self) -> f32 {
        let brows = self.mean(Self::BROWS[0].clone()).towards(self.mean(Self::BROWS[1].clone()), 0.5);
        brows.distance(self.at(Self::CHIN))
    }

    pub(super) fn map(&self, change: impl Fn(Point) -> Point) -> Self {
        Self(self.0.map(change))
    }

    /// How far the mouth is open: height of the opening over the mouth's width.
    pub(super) fn mouth_openness(&self) -> f32 {
        let gap = (61..64).zip([67, 66, 65]).map(|(upper, lower)| self.at(upper).distance(self.at(lower)));
        gap.sum::<f32>() / (3.0 * self.at(48).distance(self.at(54)))
    }

    /// How far the head is turned aside, 0 (facing the camera) ..= 1: the nose's place between the temples.
    pub(super) fn turn(&self) -> f32 {
        let nose = self.at(Self::NOSE_TIP);
        let (left, right) = (nose.distance(self.at(1)), nose.distance(self.at(15)));
        (left - right).abs() / (left + right)
    }
}
