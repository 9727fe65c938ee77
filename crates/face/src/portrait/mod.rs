//! The portrait: a photo of one person becomes a face that talks.
//!
//! ```text
//!  photo ──> Photo ──> Detector, LandmarkNet ──> 68 points ──> Portrait            once
//!  Portrait ──> compose (crop, scale) ──> Anatomy (weights of all movements), Lips, Eyes     once a size
//!  Expression ──> Moment ──> Grid, Lips, Eyes, InnerMouth ──> I420 planes                    each picture
//! ```
//!
//! `docs/face-portrait.md` says what each part does and which photos work.
mod axes;
mod compose;
mod error;
mod eyes;
mod field;
mod find;
mod grid;
mod inner_mouth;
mod landmarks;
mod lips;
mod mouth_drive;
mod net;
mod open_eyes;
mod photo;
mod plane;
mod raster;
mod renderer;
mod rest_mouth;
mod tensor;
#[cfg(test)]
mod tests;

pub use error::{NetError, PortraitError};
use landmarks::Landmarks;
use net::{Detector, LandmarkNet};
use photo::Photo;
pub use renderer::PortraitFace;

/// The weights of the two nets that look at a photo, each as one file: a TensorFlow.js manifest with its tensors behind it.
#[derive(Debug, Clone, Copy)]
pub struct PortraitModels<'a> {
    /// Tiny face detector.
    pub detector: &'a [u8],
    /// 68-point landmarks.
    pub landmarks: &'a [u8],
}

/// A photo whose one face was found.
pub struct Portrait {
    photo: Photo,
    landmarks: Landmarks,
}

impl Portrait {
    /// Decodes a photo (JPEG or PNG) and finds its face. Takes some tenths of a second.
    ///
    /// # Errors
    /// [`PortraitError`] says why the photo cannot be used, and what to do.
    pub fn load(photo: &[u8], models: &PortraitModels<'_>) -> Result<Self, PortraitError> {
        let detector =
            Detector::parse(models.detector).map_err(|source| PortraitError::Net { net: "face detector", source })?;
        let net = LandmarkNet::parse(models.landmarks)
            .map_err(|source| PortraitError::Net { net: "landmark net", source })?;
        let photo = Photo::decode(photo)?;
        let landmarks = find::only_face(&photo, &detector, &net)?;
        Ok(Self { photo, landmarks })
    }

    /// The face for pictures of `width` by `height` pixels, placed as in a video call.
    ///
    /// # Errors
    /// [`crate::FaceError::Size`] unless both sides are even and within 64..=1024.
    pub fn face(&self, width: u32, height: u32) -> Result<PortraitFace, crate::FaceError> {
        PortraitFace::new(&self.photo, &self.landmarks, width, height)
    }
}
