//! The few layers of which the two nets are made.
//!
//! "Same" padding follows TensorFlow: of an odd surplus the greater part is added at the right and the bottom.

use super::{NetError, Weights};
use crate::portrait::tensor::Tensor;

/// What is added around a map.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Padding {
    Same,
    Valid,
}

/// Length after a window of `window` steps by `stride`, and the padding before the first value.
fn windows(length: usize, window: usize, stride: usize, padding: Padding) -> (usize, usize) {
    match padding {
        Padding::Valid => ((length + stride).saturating_sub(window) / stride, 0),
        Padding::Same => {
            let out = length.div_ceil(stride);
            (out, ((out - 1) * stride + window).saturating_sub(length) / 2)
        }
    }
}

/// A convolution over all channels, with a bias.
pub(super) struct Convolution {
    side: usize,
    from: usize,
    to: usize,
    /// `side * side * from * to`.
    filters: Vec<f32>,
    bias: Vec<f32>,
}

impl Convolution {
    pub(super) fn take(
        weights: &mut Weights,
        name: &str,
        side: usize,
        from: usize,
        to: usize,
    ) -> Result<Self, NetError> {
        Ok(Self {
            side,
            from,
            to,
            filters: weights.take(&format!("{name}/filters"), &[side, side, from, to])?,
            bias: weights.take(&format!("{name}/bias"), &[to])?,
        })
    }

    pub(super) fn run(&self, input: &Tensor, stride: usize, padding: Padding) -> Tensor {
        let (height, top) = windows(input.height, self.side, stride, padding);
        let (width, left) = windows(input.width, self.side, stride, padding);
        let mut out = Tensor::zeros(height, width, self.to);
        for (place, sums) in out.values.chunks_exact_mut(self.to).enumerate() {
            sums.copy_from_slice(&self.bias);
            for (tap, filter) in self.filters.chunks_exact(self.from * self.to).enumerate() {
                let row = (place / width * stride + tap / self.side).checked_sub(top);
                let column = (place % width * stride + tap % self.side).checked_sub(left);
                let (Some(row), Some(column)) = (row, column) else { continue };
                if row >= input.height || column >= input.width {
                    continue;
                }
                accumulate(input.at(row, column), filter, sums);
            }
        }
        out
    }
}

/// Adds `values` times the matrix `filter` (one row per value) to `sums`.
fn accumulate(values: &[f32], filter: &[f32], sums: &mut [f32]) {
    for (value, row) in values.iter().zip(filter.chunks_exact(sums.len())) {
        sums.iter_mut().zip(row).for_each(|(sum, weight)| *sum += value * weight);
    }
}

/// A 3x3 convolution of each channel by itself, then a mix of the channels, with a bias.
pub(super) struct Separable {
    /// `3 * 3 * from`.
    depthwise: Vec<f32>,
    pointwise: Convolution,
}

impl Separable {
    pub(super) fn take(weights: &mut Weights, name: &str, from: usize, to: usize) -> Result<Self, NetError> {
        Ok(Self {
            depthwise: weights.take(&format!("{name}/depthwise_filter"), &[3, 3, from, 1])?,
            pointwise: Convolution {
                side: 1,
                from,
                to,
                filters: weights.take(&format!("{name}/pointwise_filter"), &[1, 1, from, to])?,
                bias: weights.take(&format!("{name}/bias"), &[to])?,
            },
        })
    }

    pub(super) fn run(&self, input: &Tensor, stride: usize) -> Tensor {
        let (height, top) = windows(input.height, 3, stride, Padding::Same);
        let (width, left) = windows(input.width, 3, stride, Padding::Same);
        let mut out = Tensor::zeros(height, width, input.channels);
        for (place, sums) in out.values.chunks_exact_mut(input.channels).enumerate() {
            for (tap, filter) in self.depthwise.chunks_exact(input.channels).enumerate() {
                let row = (place / width * stride + tap / 3).checked_sub(top);
                let column = (place % width * stride + tap % 3).checked_sub(left);
                let (Some(row), Some(column)) = (row, column) else { continue };
                if row >= input.height || column >= input.width {
                    continue;
                }
                let values = input.at(row, column);
                sums.iter_mut().zip(values).zip(filter).for_each(|((sum, value), weight)| *sum += value * weight);
            }
        }
        self.pointwise.run(&out, 1, Padding::Valid)
    }
}

/// The largest of each 2x2 window; windows that overlap the edge use what is there.
pub(super) fn max_pool(input: &Tensor, stride: usize) -> Tensor {
    let (height, width) = (input.height.div_ceil(stride), input.width.div_ceil(stride));
    let mut out = Tensor::zeros(height, width, input.channels);
    for (place, best) in out.values.chunks_exact_mut(input.channels).enumerate() {
        let (row, column) = (place / width * stride, place % width * stride);
        best.copy_from_slice(input.at(row, column));
        for (row, column) in [(row, column + 1), (row + 1, column), (row + 1, column + 1)] {
            if row < input.height && column < input.width {
                best.iter_mut().zip(input.at(row, column)).for_each(|(best, value)| *best = best.max(*value));
            }
        }
    }
    out
}

/// The mean of each channel.
pub(super) fn mean(input: &Tensor) -> Vec<f32> {
    let mut sums = vec![0.0; input.channels];
    for values in input.values.chunks_exact(input.channels) {
        sums.iter_mut().zip(values).for_each(|(sum, value)| *sum += value);
    }
    let count = (input.height * input.width) as f32;
    sums.iter_mut().for_each(|sum| *sum /= count);
    sums
}

/// `values` times a matrix of one row per value, plus a bias.
pub(super) fn dense(values: &[f32], matrix: &[f32], bias: &[f32]) -> Vec<f32> {
    let mut sums = bias.to_vec();
    accumulate(values, matrix, &mut sums);
    sums
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used)]
    use super::*;

    fn ramp(height: usize, width: usize) -> Tensor {
        Tensor { height, width, channels: 1, values: (0..height * width).map(|value| value as f32).collect() }
    }

    fn sum_filter(side: usize) -> Convolution {
        Convolution { side, from: 1, to: 1, filters: vec![1.0; side * side], bias: vec![0.5] }
    }

    #[test]
    fn a_valid_convolution_shrinks_the_map_and_a_same_one_keeps_it() {
        let input = ramp(4, 4);
        let valid = sum_filter(3).run(&input, 1, Padding::Valid);
        assert_eq!((valid.height, valid.width), (2, 2));
        assert_eq!(valid.values[0], 45.5);
        let same = sum_filter(3).run(&input, 1, Padding::Same);
        assert_eq!((same.height, same.width), (4, 4));
        assert_eq!(same.values[0], 10.5);
    }

    #[test]
    fn same_padding_of_an_even_map_at_stride_two_adds_at_the_right_and_the_bottom() {
        let out = sum_filter(3).run(&ramp(4, 4), 2, Padding::Same);
        assert_eq!(out.values, [45.5, 39.5, 66.5, 50.5]);
    }

    #[test]
    fn pools_of_odd_maps_use_what_is_there() {
        assert_eq!(max_pool(&ramp(3, 3), 2).values, [4.0, 5.0, 7.0, 8.0]);
        assert_eq!(max_pool(&ramp(3, 3), 1).values, [4.0, 5.0, 5.0, 7.0, 8.0, 8.0, 7.0, 8.0, 8.0]);
    }
}
