//! The still picture of a call: the photo, cut and scaled so that the face sits as in a video call.

use super::landmarks::{Landmarks, Point};
use super::photo::Photo;
use super::plane::{Planes, yuv};

/// From brows to chin, as a share of the picture's height; with the forehead this makes a face of about 0.43.
const FACE_HEIGHT: f32 = 0.315;
/// Where the eyes are, from the top, as a share of the picture's height.
const EYE_LINE: f32 = 0.43;
/// How far the face may be moved from there, to show less of what the photo lacks; a share of the picture.
const SHIFT: f32 = 0.05;
/// How fast the extended background loses detail: blur per distance from the photo's edge.
const BLUR: f32 = 0.7;

/// The picture, and where the face is in it.
pub(super) struct Still {
    pub(super) planes: Planes,
    pub(super) landmarks: Landmarks,
}

/// Places a photo into a picture of `width` by `height` pixels. Where the photo ends, its mirror image goes on, more and more
/// blurred.
pub(super) fn compose(photo: &Photo, found: &Landmarks, width: usize, height: usize) -> Still {
    let scale = FACE_HEIGHT * height as f32 / found.height();
    let [left, right] = found.eyes();
    let eyes = left.towards(right, 0.5);
    let middle = eyes.x * 0.5 + found.at(Landmarks::CHIN).x * 0.5;
    let (across, down) = (width as f32 / scale, height as f32 / scale);
    let corner = Point::new(
        drawn_in(middle - across / 2.0, across, photo.width as f32),
        drawn_in(eyes.y - EYE_LINE * down, down, photo.height as f32),
    );
    let step = 1.0 / scale;

    let mut planes = Planes::new(width, height);
    let mut rows = vec![[0.0; 3]; 2 * width];
    for pair in 0..height / 2 {
        for (index, colour) in rows.iter_mut().enumerate() {
            let (column, row) = (index % width, 2 * pair + index / width);
            let x = corner.x + (column as f32 + 0.5) * step;
            let y = corner.y + (row as f32 + 0.5) * step;
            *colour = yuv(extended(photo, x, y, step));
            planes.luma.samples[row * width + column] = colour[0].round() as u8;
        }
        for column in 0..width / 2 {
            for (channel, plane) in planes.chroma.iter_mut().enumerate() {
                let at = |index: usize| rows[index][channel + 1];
                let sum = at(2 * column) + at(2 * column + 1) + at(width + 2 * column) + at(width + 2 * column + 1);
                plane.samples[pair * (width / 2) + column] = (sum / 4.0).round() as u8;
            }
        }
    }
    Still { planes, landmarks: found.map(|point| (point - corner) * scale) }
}

/// Moves a span of the picture into the photo, as far as that keeps the face near its place.
fn drawn_in(start: f32, length: f32, photo: f32) -> f32 {
    let most = SHIFT * length;
    if start < 0.0 { start + (-start).min(most) } else { start - (start + length - photo).clamp(0.0, most).min(start) }
}

/// The colour at a place of the photo or beyond it.
fn extended(photo: &Photo, x: f32, y: f32, step: f32) -> [f32; 3] {
    let (inside_x, beyond_x) = mirrored(x, photo.width as f32);
    let (inside_y, beyond_y) = mirrored(y, photo.height as f32);
    let beyond = beyond_x.hypot(beyond_y);
    if beyond == 0.0 && step <= 1.0 {
        return photo.sample(x, y);
    }
    photo.mean(inside_x, inside_y, step + BLUR * beyond)
}

/// A coordinate folded back into `0..length`, and how far beyond it was.
fn mirrored(value: f32, length: f32) -> (f32, f32) {
    let beyond = (-value).max(value - length).max(0.0);
    let folded = value.rem_euclid(2.0 * length);
    (if folded < length { folded } else { 2.0 * length - folded }, beyond)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn beyond_the_edge_the_photo_is_mirrored() {
        assert_eq!(mirrored(3.0, 10.0), (3.0, 0.0));
        assert_eq!(mirrored(-3.0, 10.0), (3.0, 3.0));
        assert_eq!(mirrored(12.0, 10.0), (8.0, 2.0));
    }
}
