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
use weights::Weights;

use super::NetError;
