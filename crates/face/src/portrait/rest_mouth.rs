//! The mouth of the photo: shut, or open with or without teeth to be seen; and where its lips end.

use super::landmarks::{Landmarks, Point};
use super::plane::Planes;

/// An opening that is lower, in the unit of the face, is none.
const LEAST_GAP: f32 = 0.035;
/// One that is higher is certain.
const CLEAR_GAP: f32 = 0.09;
/// Teeth are at least this light, a dark opening at most: shares of the light of the lips around.
const TEETH: f32 = 0.85;
const DARK: f32 = 0.6;
/// Teeth are less red than lips, by this much of the red difference.
const PALER: f32 = 6.0;

/// What is seen between the lips of the photo.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum RestMouth {
    /// Nothing: the net's opening is the line between shut lips.
    Shut,
    /// The dark inside.
    Open,
    /// Teeth.
    Teeth,
}

impl RestMouth {
    /// Looks at the photo between and on the lips. `unit` is the face's, in pixels.
    pub(super) fn look(still: &Planes, face: &Landmarks, unit: f32) -> Self {
        let gap = face.at(62).distance(face.at(66)) / unit;
        if gap < LEAST_GAP {
            return Self::Shut;
        }
        let mean = |pairs: &[(usize, usize)], share: f32, side: f32| {
            let mut sum = [0.0; 3];
            for (a, b) in pairs {
                let point = face.at(*a).towards(face.at(*b), share);
                let colour = still.mean(point.x, point.y, side * unit);
                sum.iter_mut().zip(colour).for_each(|(sum, value)| *sum += value / pairs.len() as f32);
            }
            sum
        };
        let inside = mean(&[(61, 67), (62, 66), (63, 65)], 0.5, 0.5 * gap);
        let lips = mean(&[(62, 51), (66, 57)], 0.6, 0.04);
        let light = (inside[0] - 16.0) / (lips[0] - 16.0).max(1.0);
        if light < DARK && gap > CLEAR_GAP {
            Self::Open
        } else if light > TEETH && (gap > CLEAR_GAP || inside[2] < lips[2] - PALER) {
            Self::Teeth
        } else {
            Self::Shut
        }
    }
}

/// The line between shut lips near an upper and a lower point of the net: the darkest place between them and a little beyond.
pub(super) fn shut_line(still: &Planes, upper: Point, lower: Point, unit: f32) -> Point {
    const STEPS: usize = 24;
    let middle = upper.towards(lower, 0.5);
    let half = (upper.distance(lower) / 2.0 + 0.04 * unit).max(1.0);
    let (mut best, mut least) = (middle, f32::MAX);
    for step in 0..=STEPS {
        let offset = step as f32 / STEPS as f32 * 2.0 - 1.0;
        let place = Point::new(middle.x, middle.y + offset * half);
        // A line far from where the net sees it must be much darker.
        let luma = still.mean(place.x, place.y, 0.04 * unit)[0] + 14.0 * offset * offset;
        if luma < least {
            (best, least) = (place, luma);
        }
    }
    best
}
