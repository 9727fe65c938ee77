//! The 68 points of one face: the "face landmark 68" net of face-api.

use super::layers::{Convolution, Padding, Separable, dense, mean};
use super::{NetError, Weights};
use crate::portrait::landmarks::{COUNT, Point};
use crate::portrait::photo::{Area, Photo};
use crate::portrait::tensor::Tensor;

/// Mean colour of the training photos, red, green, blue.
const MEAN: [f32; 3] = [122.782, 117.001, 104.298];
/// Side of the square that the net looks at.
const SIDE: usize = 112;

enum First {
    Plain(Convolution),
    Separable(Separable),
}

/// Four layers, each fed with the sum of all before it.
struct DenseBlock {
    first: First,
    rest: [Separable; 3],
}

impl DenseBlock {
    fn take(weights: &mut Weights, index: usize, from: usize, to: usize) -> Result<Self, NetError> {
        let name = |layer: usize| format!("dense{index}/conv{layer}");
        let first = match index {
            0 => First::Plain(Convolution::take(weights, &name(0), 3, from, to)?),
            _ => First::Separable(Separable::take(weights, &name(0), from, to)?),
        };
        let mut rest = |layer| Separable::take(weights, &name(layer), to, to);
        Ok(Self { first, rest: [rest(1)?, rest(2)?, rest(3)?] })
    }

    fn run(&self, input: &Tensor) -> Tensor {
        let mut fed = match &self.first {
            First::Plain(layer) => layer.run(input, 2, Padding::Same),
            First::Separable(layer) => layer.run(input, 2),
        }
        .relu();
        let mut sum = fed.clone();
        for layer in &self.rest {
            sum = sum.plus(&layer.run(&fed, 1));
            fed = sum.clone().relu();
        }
        fed
    }
}

/// The net.
pub(in crate::portrait) struct LandmarkNet {
    blocks: Vec<DenseBlock>,
    matrix: Vec<f32>,
    bias: Vec<f32>,
}

impl LandmarkNet {
    pub(in crate::portrait) fn parse(bytes: &[u8]) -> Result<Self, NetError> {
        let mut weights = Weights::parse(bytes)?;
        let channels = [3, 32, 64, 128, 256];
        Ok(Self {
            blocks: channels
                .windows(2)
                .enumerate()
                .map(|(index, pair)| DenseBlock::take(&mut weights, index, pair[0], pair[1]))
                .collect::<Result<_, _>>()?,
            matrix: weights.take("fc/weights", &[256, 2 * COUNT])?,
            bias: weights.take("fc/bias", &[2 * COUNT])?,
        })
    }

    /// The points of the face in a square part of the photo, in pixels of the photo. The net leans a little to one side: the
    /// mean of what it says of the photo and of its mirror image does not.
    pub(in crate::portrait) fn find(&self, photo: &Photo, square: &Area, mirrored: bool) -> [Point; COUNT] {
        let mut map = photo.tensor(square, SIDE, MEAN);
        if mirrored {
            map.mirror();
        }
        for block in &self.blocks {
            map = block.run(&map);
        }
        let values = dense(&mean(&map), &self.matrix, &self.bias);
        std::array::from_fn(|index| {
            let from = if mirrored { opposite(index) } else { index };
            let across = if mirrored { 1.0 - values[2 * from] } else { values[2 * from] };
            Point { x: square.x + across * square.width, y: square.y + values[2 * from + 1] * square.height }
        })
    }
}

/// The point on the other side of the face.
fn opposite(index: usize) -> usize {
    match index {
        0..=16 => 16 - index,
        17..=26 => 43 - index,
        31..=35 => 66 - index,
        36..=39 | 42..=45 => 81 - index,
        40 | 41 | 46 | 47 => 87 - index,
        48..=54 => 102 - index,
        55..=59 => 114 - index,
        60..=64 => 124 - index,
        65..=67 => 132 - index,
        _ => index,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_opposite_of_the_opposite_is_the_point_itself_and_pairs_are_those_of_the_markup() {
        assert!((0..COUNT).all(|index| opposite(opposite(index)) == index));
        let pairs = [(0, 16), (17, 26), (21, 22), (30, 30), (36, 45), (39, 42), (41, 46), (48, 54), (59, 55), (57, 57)];
        assert!(pairs.into_iter().all(|(left, right)| opposite(left) == right));
        assert!([(60, 64), (67, 65), (66, 66)].into_iter().all(|(left, right)| opposite(left) == right));
    }
}
