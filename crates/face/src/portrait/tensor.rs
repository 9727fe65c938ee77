//! What the nets calculate with: height x width x channels, as TensorFlow keeps them.

/// A stack of feature maps.
#[derive(Clone)]
pub(super) struct Tensor {
    pub(super) height: usize,
    pub(super) width: usize,
    pub(super) channels: usize,
    /// `height * width * channels` values.
    pub(super) values: Vec<f32>,
}

impl Tensor {
    pub(super) fn zeros(height: usize, width: usize, channels: usize) -> Self {
        Self { height, width, channels, values: vec![0.0; height * width * channels] }
    }

    pub(super) fn at(&self, row: usize, column: usize) -> &[f32] {
        let start = (row * self.width + column) * self.channels;
        &self.values[start..start + self.channels]
    }

    /// Swaps left and right.
    pub(super) fn mirror(&mut self) {
        for row in self.values.chunks_exact_mut(self.width * self.channels) {
            for column in 0..self.width / 2 {
                for channel in 0..self.channels {
                    let other = self.width - 1 - column;
                    row.swap(column * self.channels + channel, other * self.channels + channel);
                }
            }
        }
    }

    fn map(mut self, change: impl Fn(f32) -> f32) -> Self {
        self.values.iter_mut().for_each(|value| *value = change(*value));
        self
    }

    pub(super) fn relu(self) -> Self {
        self.map(|value| value.max(0.0))
    }

    /// `x` where positive, a tenth of it elsewhere.
    pub(super) fn leaky_relu(self) -> Self {
        self.map(|value| if value > 0.0 { value } else { 0.1 * value })
    }

    pub(super) fn plus(mut self, other: &Self) -> Self {
        self.values.iter_mut().zip(&other.values).for_each(|(value, more)| *value += more);
        self
    }
}
