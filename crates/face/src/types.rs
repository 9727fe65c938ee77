//! The values that cross the face's boundary.

use crate::{Expression, FaceError};

/// What the agent is doing, as the face shows it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Activity {
    /// Nobody is there yet.
    #[default]
    Idle,
    /// Attending to somebody who speaks or may speak.
    Listening,
    /// Working out an answer.
    Thinking,
    /// Speaking.
    Speaking,
}

/// A tightly packed I420 picture (BT.601 limited range).
#[derive(Debug, Clone)]
pub struct I420Frame {
    /// Width in pixels, even.
    pub width: u32,
    /// Height in pixels, even.
    pub height: u32,
    /// Luma, `width * height`.
    pub y: Vec<u8>,
    /// Blue difference, `width / 2 * height / 2`.
    pub u: Vec<u8>,
    /// Red difference, as `u`.
    pub v: Vec<u8>,
}

impl I420Frame {
    /// A black picture.
    #[must_use]
    pub fn new(width: u32, height: u32) -> Self {
        let luma = (width * height) as usize;
        Self { width, height, y: vec![16; luma], u: vec![128; luma / 4], v: vec![128; luma / 4] }
    }
}

/// Which part of a picture a call changed, in pixels.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Damage {
    /// Left edge.
    pub x: u32,
    /// Upper edge.
    pub y: u32,
    /// Width; 0 when the picture is the same as the one before.
    pub width: u32,
    /// Height; 0 when the picture is the same as the one before.
    pub height: u32,
}

impl Damage {
    /// Whether the picture is the same as the one before.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.width == 0 || self.height == 0
    }
}

/// Draws expressions into pictures of one size. There is one for each kind of face; a renderer keeps its buffers from
/// picture to picture.
pub trait FaceRenderer: Send {
    /// Width and height of the pictures, in pixels.
    fn size(&self) -> (u32, u32);

    /// Draws into `frame`, all of it, and says which part differs from the picture drawn before. The same expression
    /// gives the same picture.
    ///
    /// # Errors
    /// [`FaceError::FrameSize`] when the frame has another size; [`FaceError::Convert`] when the conversion fails.
    fn draw(&mut self, expression: &Expression, frame: &mut I420Frame) -> Result<Damage, FaceError>;
}
