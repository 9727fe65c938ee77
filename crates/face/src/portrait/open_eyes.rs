//! Whether the eyes of a photo are open: what the net's points do not tell.
//!
//! The points of shut eyes lie nearly where those of open ones do. But an open eye shows an iris, which is darker than
//! the skin and about as high as 0.3 of the eye's width, and a shut one a line of lashes, which is thin.

use super::landmarks::{Landmarks, Point};
use super::photo::Photo;

/// Where the iris may be, from the middle of the eye, as shares of the eye's width: aside, and up or down.
const ASIDE: f32 = 0.28;
const UPDOWN: f32 = 0.24;
/// Looks across and down an eye.
const COLUMNS: usize = 15;
const ROWS: usize = 24;
/// So many columns must be as dark as that: a lash that hangs down is narrower.
const BROAD: usize = 4;

/// The height of the dark in the middle of each eye, as a share of the eye's width.
pub(super) fn iris_heights(photo: &Photo, face: &Landmarks) -> [f32; 2] {
    Landmarks::EYES.map(|eye| {
        let centre = face.mean(eye.clone());
        let along = face.at(eye.start + 3) - face.at(eye.start);
        let down = Point::new(-along.y, along.x);
        let step = 2.0 * UPDOWN / ROWS as f32;
        let luma = |right: f32, below: f32| {
            let at = centre + along * right + down * below;
            let [red, green, blue] = photo.mean(at.x, at.y, step * along.x.hypot(along.y));
            0.299 * red + 0.587 * green + 0.114 * blue
        };
        let column = |column: usize| {
            let right = ASIDE * (2.0 * column as f32 / (COLUMNS - 1) as f32 - 1.0);
            std::array::from_fn::<f32, ROWS, _>(|row| luma(right, UPDOWN * (2.0 * row as f32 / ROWS as f32 - 1.0)))
        };
        let columns: [[f32; ROWS]; COLUMNS] = std::array::from_fn(column);
        let cheek = f32::midpoint(luma(-0.2, 0.5), luma(0.2, 0.5));
        let darkest = columns.as_flattened().iter().copied().fold(f32::MAX, f32::min);
        let dark = f32::midpoint(cheek, darkest);
        let mut heights = columns.map(|column| column.iter().filter(|luma| **luma < dark).count());
        heights.sort_unstable();
        heights[COLUMNS - BROAD] as f32 * step
    })
}
