//! Which face the agent has, and the renderer that draws it.

use face::{FaceError, FaceRenderer, Renderer};

/// A face.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Look {
    /// The drawn person.
    #[default]
    Drawn,
}

/// Why there is no such face.
#[derive(Debug, thiserror::Error)]
pub enum LookError {
    /// It can't be drawn.
    #[error("the face can't be drawn: {0}")]
    Draw(#[from] FaceError),
}

impl Look {
    /// A renderer for pictures of `size` by `size` pixels.
    ///
    /// # Errors
    /// [`LookError`].
    pub fn renderer(&self, size: u32) -> Result<Box<dyn FaceRenderer>, LookError> {
        match self {
            Self::Drawn => Ok(Box::new(Renderer::new(size, size)?)),
        }
    }
}
