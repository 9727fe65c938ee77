//! Why a photo cannot become a face.

/// A photo, or what is needed to look at it, cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum PortraitError {
    /// A net's weights cannot be used.
    #[error("the {net} cannot be loaded: {source}; `cargo xtask assets` fetches it again")]
    Net {
        /// Which net.
        net: &'static str,
        /// What is wrong with it.
        #[source]
        source: NetError,
    },
    /// The bytes are not a JPEG or PNG that can be decoded.
    #[error("the portrait is not a readable JPEG or PNG ({0}): save it as one of these")]
    NotAnImage(String),
    /// The file is larger than any sensible photo.
    #[error("the portrait has {bytes} bytes, at most {most} are read: save it smaller")]
    FileTooLarge {
        /// Size of the file.
        bytes: usize,
        /// The limit.
        most: usize,
    },
    /// The photo has too many pixels.
    #[error("the portrait has {width}x{height} pixels, at most {most} are decoded: scale it down")]
    TooManyPixels {
        /// Width in pixels.
        width: u32,
        /// Height in pixels.
        height: u32,
        /// The limit, in pixels.
        most: u64,
    },
    /// Nobody is in the photo, or the face cannot be made out.
    #[error("no face was found in the portrait: use a photo of one person who looks into the camera")]
    NoFace,
    /// More than one person is in the photo.
    #[error("{count} faces were found in the portrait: cut it so that one person is left")]
    ManyFaces {
        /// How many.
        count: usize,
    },
    /// The face has too few pixels to be animated.
    #[error("the face is {side} pixels high, at least {least} are needed: use a larger photo, or one taken closer")]
    TooSmall {
        /// From the brows to the chin, in pixels.
        side: u32,
        /// The least that works.
        least: u32,
    },
    /// The edge of the photo cuts through the face.
    #[error("the edge of the portrait cuts the face: use a photo that shows the whole head")]
    CutByEdge,
    /// The head is turned or tilted too far.
    #[error("the head is {how} too far: use a photo that faces the camera")]
    Turned {
        /// "turned" or "tilted".
        how: &'static str,
    },
    /// The eyes are shut.
    #[error("the eyes look shut: use a photo with open eyes, since nobody knows what they look like open")]
    EyesShut,
    /// The mouth is wide open.
    #[error("the mouth is wide open: use a photo with the mouth closed or smiling")]
    MouthOpen,
}

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
