//! Poses drawn with the default character.

use super::{Character, Damage, DrawnFace};
use crate::{Expression, FaceError, FacePose, FaceRenderer, I420Frame};

/// Draws poses with the default character into pictures of one size.
pub struct Renderer(DrawnFace);

impl Renderer {
    /// A renderer for pictures of `width` by `height` pixels.
    ///
    /// # Errors
    /// As [`DrawnFace::new`]; [`FaceError::Character`] when the default character is damaged.
    pub fn new(width: u32, height: u32) -> Result<Self, FaceError> {
        Ok(Self(DrawnFace::new(&Character::load("joe")?, width, height)?))
    }

    /// Draws `pose` into `frame`, all of it, and says which part differs from the picture drawn before.
    ///
    /// # Errors
    /// As [`FaceRenderer::draw`].
    pub fn draw(&mut self, pose: &FacePose, frame: &mut I420Frame) -> Result<Damage, FaceError> {
        FaceRenderer::draw(&mut self.0, &Expression::from(pose), frame)
    }
}

impl FaceRenderer for Renderer {
    fn size(&self) -> (u32, u32) {
        self.0.size()
    }

    fn draw(&mut self, expression: &Expression, frame: &mut I420Frame) -> Result<Damage, FaceError> {
        FaceRenderer::draw(&mut self.0, expression, frame)
    }
}
