//! What can go wrong between a character or a pose and a picture.

/// An error of the face.
#[derive(Debug, thiserror::Error)]
pub enum FaceError {
    /// The asked picture size is not one the art is made for.
    #[error("the face cannot be drawn at {width}x{height}: both sides must be even and within 64..=1024 pixels")]
    Size {
        /// Asked width in pixels.
        width: u32,
        /// Asked height in pixels.
        height: u32,
    },
    /// The frame to draw into has another size than the renderer, or planes of the wrong length.
    #[error(
        "the frame is {got_width}x{got_height} (or its planes are short), the renderer draws {width}x{height}: \
         make the frame with I420Frame::new of the renderer's size"
    )]
    FrameSize {
        /// The renderer's width in pixels.
        width: u32,
        /// The renderer's height in pixels.
        height: u32,
        /// The frame's width in pixels.
        got_width: u32,
        /// The frame's height in pixels.
        got_height: u32,
    },
    /// The colour conversion between RGBA and I420 refused its input.
    #[error("colour conversion of a {width}x{height} picture failed: {reason}")]
    Convert {
        /// Picture width in pixels.
        width: u32,
        /// Picture height in pixels.
        height: u32,
        /// What the converter said.
        reason: String,
    },
    /// A character's files are damaged.
    #[error(transparent)]
    Character(#[from] CharacterError),
    /// The PNG encoder failed.
    #[error("writing a PNG failed: {0}")]
    Png(#[from] ::png::EncodingError),
}

/// What is wrong with a character, as `FILE:LINE:COL: KEY: message`.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{file}:{line}:{column}: {key}: {message}")]
pub struct CharacterError {
    /// The file as it was named.
    pub file: String,
    /// Counted from 1.
    pub line: usize,
    /// Counted from 1, in characters.
    pub column: usize,
    /// The key or layer the error is about; `-` when it is about the file.
    pub key: String,
    /// What is wrong, in one line.
    pub message: String,
}

impl CharacterError {
    /// An error about a whole file.
    pub(crate) fn about(file: &str, key: &str, message: impl Into<String>) -> Self {
        Self { file: file.to_owned(), line: 1, column: 1, key: key.to_owned(), message: message.into() }
    }
}
