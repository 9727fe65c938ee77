//! Where faces are in a photo: the "tiny face detector" of face-api, a YOLOv2 with five anchors.

use super::layers::{Convolution, Padding, Separable, max_pool};
use super::{NetError, Weights};
use crate::portrait::photo::{Area, Photo};
use crate::portrait::tensor::Tensor;

/// Sizes of the anchors, in cells.
const ANCHORS: [(f32, f32); 5] = [
    (1.603_231, 2.094_468),
    (6.041_143, 7.080_126),
    (2.882_459, 3.518_061),
    (4.266_906, 5.178_857),
    (9.041_765, 10.663_08),
];
/// Mean colour of the training photos, red, green, blue.
const MEAN: [f32; 3] = [117.001, 114.697, 97.404];
/// Sides of the square that the photo is shrunk to. A face that fills the photo is found better when it is small.
const SIDES: [usize; 2] = [416, 224];
/// Two boxes that overlap by more than this share (intersection over union) are one face.
const SAME_FACE: f32 = 0.3;

/// A face that was found.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(in crate::portrait) struct Detection {
    /// Where, in pixels of the photo.
    pub(in crate::portrait) area: Area,
    /// How sure the net is, 0..=1.
    pub(in crate::portrait) score: f32,
}

/// The net.
pub(in crate::portrait) struct Detector {
    first: Convolution,
    middle: Vec<Separable>,
    last: Convolution,
}

impl Detector {
    pub(in crate::portrait) fn parse(bytes: &[u8]) -> Result<Self, NetError> {
        let mut weights = Weights::parse(bytes)?;
        let channels = [16, 32, 64, 128, 256, 512];
        let middle = channels.windows(2).enumerate();
        Ok(Self {
            first: Convolution::take(&mut weights, "conv0", 3, 3, 16)?,
            middle: middle
                .map(|(index, pair)| Separable::take(&mut weights, &format!("conv{}", index + 1), pair[0], pair[1]))
                .collect::<Result<_, _>>()?,
            last: Convolution::take(&mut weights, "conv8", 1, 512, 25)?,
        })
    }

    /// Every face of at least `threshold` certainty, the surest first.
    pub(in crate::portrait) fn find(&self, photo: &Photo, threshold: f32) -> Vec<Detection> {
        let mut found: Vec<_> = SIDES.into_iter().flat_map(|side| self.find_at(photo, side, threshold)).collect();
        found.sort_by(|a, b| b.score.total_cmp(&a.score));
        let mut kept: Vec<Detection> = Vec::new();
        for face in found {
            if kept.iter().all(|other| other.area.overlap(&face.area) < SAME_FACE) {
                kept.push(face);
            }
        }
        kept
    }

    fn find_at(&self, photo: &Photo, side: usize, threshold: f32) -> Vec<Detection> {
        let longest = photo.width.max(photo.height) as f32;
        let square = Area { x: 0.0, y: 0.0, width: longest, height: longest };
        let mut map = self.first.run(&photo.tensor(&square, side, MEAN), 1, Padding::Valid).leaky_relu();
        map = max_pool(&map, 2);
        for (index, layer) in self.middle.iter().enumerate() {
            let stride = if index + 1 < self.middle.len() { 2 } else { 1 };
            map = max_pool(&layer.run(&map, 1).leaky_relu(), stride);
        }
        boxes(&self.last.run(&map, 1, Padding::Valid), longest, threshold)
    }
}

/// Reads the boxes out of the last map: five values an anchor in each cell (x, y, width, height, certainty).
fn boxes(map: &Tensor, longest: f32, threshold: f32) -> Vec<Detection> {
    let cell = longest / map.width as f32;
    let mut found = Vec::new();
    for (place, values) in map.values.chunks_exact(map.channels).enumerate() {
        for (values, (width, height)) in values.chunks_exact(5).zip(ANCHORS) {
            let score = sigmoid(values[4]);
            if score < threshold {
                continue;
            }
            let x = ((place % map.width) as f32 + sigmoid(values[0])) * cell;
            let y = ((place / map.width) as f32 + sigmoid(values[1])) * cell;
            let (width, height) = (values[2].exp() * width * cell, values[3].exp() * height * cell);
            let area = Area { x: x - width / 2.0, y: y - height / 2.0, width, height };
            found.push(Detection { area, score });
        }
    }
    found
}

fn sigmoid(value: f32) -> f32 {
    1.0 / (1.0 + (-value).exp())
}
