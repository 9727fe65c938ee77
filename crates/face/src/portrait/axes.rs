//! The face's own coordinates: origin between the eyes, the unit is their distance, x along the line through them.

use super::landmarks::{Landmarks, Point};

/// A rotated, scaled coordinate system.
#[derive(Debug, Clone, Copy)]
pub(super) struct Axes {
    origin: Point,
    /// Unit length in pixels.
    pub(super) unit: f32,
    cos: f32,
    sin: f32,
}

impl Axes {
    pub(super) fn new(origin: Point, unit: f32, angle: f32) -> Self {
        Self { origin, unit, cos: angle.cos(), sin: angle.sin() }
    }

    /// Of a face.
    pub(super) fn of(face: &Landmarks) -> Self {
        let [left, right] = face.eyes();
        Self::new(left.towards(right, 0.5), face.eye_distance(), face.roll())
    }

    /// From pixels.
    pub(super) fn inward(&self, point: Point) -> Point {
        let offset = (point - self.origin) * (1.0 / self.unit);
        Point::new(offset.x * self.cos + offset.y * self.sin, offset.y * self.cos - offset.x * self.sin)
    }

    /// To pixels.
    pub(super) fn outward(&self, point: Point) -> Point {
        self.origin + self.direction(point)
    }

    /// A displacement to pixels.
    pub(super) fn direction(&self, point: Point) -> Point {
        Point::new(point.x * self.cos - point.y * self.sin, point.x * self.sin + point.y * self.cos) * self.unit
    }
}

/// 0 below `low`, 1 above `high`, smooth between.
pub(super) fn smooth(low: f32, high: f32, value: f32) -> f32 {
    let share = ((value - low) / (high - low)).clamp(0.0, 1.0);
    share * share * (3.0 - 2.0 * share)
}
