//! The two small nets that look at a photo once, in plain Rust: a detector of faces and a net that finds 68 points of one.
//!
//! Both are of face-api (MIT): "tiny face detector", a small YOLOv2 of separable convolutions, and "face landmark 68", dense
//! blocks of separable convolutions with one fully connected layer.

mod detector;
mod landmarks;
mod layers;
mod weights;

pub(super) use detector::{Detection, Detector};
pub(super) use landmarks::LandmarkNet;
pub(super) use layers::Tensor;
use weights::Weights;

/// Why a file of weights cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum NetError {
    /// The manifest at the front of the file cannot be read.
    #[error("the manifest at the front of the weights cannot be read: {0}")]
    Manifest(String),
    /// The file ends within a tensor.
    #[error("the weights end within the tensor `{tensor}`: the file is cut")]
    Short {
        /// The tensor.
        tensor: String,
    },
    /// The file goes on behind the last tensor.
    #[error("{left} bytes follow the last tensor of the weights")]
    Long {
        /// How many.
        left: usize,
    },
    /// A tensor is missing or has another shape.
    #[error("the weights hold `{tensor}` as {found:?} where the net needs {expected:?}: these are another net's")]
    Tensor {
        /// The tensor.
        tensor: String,
        /// The shape the net needs.
        expected: Vec<usize>,
        /// The shape found; `None` when there is no such tensor.
        found: Option<Vec<usize>>,
    },
}
