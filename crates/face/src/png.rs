//! Pictures as PNG files, for documents and contact sheets; not for the call itself.

use crate::render::convert;
use crate::{FaceError, I420Frame};

/// Encodes tightly packed, opaque or straight-alpha RGBA of `width * height * 4` bytes as PNG.
///
/// # Errors
/// [`FaceError::Png`] when a side is 0 or `rgba` has another length.
pub fn encode_rgba(width: u32, height: u32, rgba: &[u8]) -> Result<Vec<u8>, FaceError> {
    let mut out = Vec::new();
    let mut encoder = ::png::Encoder::new(&mut out, width, height);
    encoder.set_color(::png::ColorType::Rgba);
    encoder.set_depth(::png::BitDepth::Eight);
    let mut writer = encoder.write_header()?;
    writer.write_image_data(rgba)?;
    writer.finish()?;
    Ok(out)
}

/// An I420 picture (BT.601 limited range) as opaque RGBA, 4 bytes a pixel.
///
/// # Errors
/// [`FaceError::Convert`] when the planes do not fit the size.
pub fn rgba_of(frame: &I420Frame) -> Result<Vec<u8>, FaceError> {
    convert::rgba_of(frame)
}

/// Encodes an I420 picture (BT.601 limited range) as PNG.
///
/// # Errors
/// [`FaceError::Convert`] when the planes do not fit the size, [`FaceError::Png`] when the encoder fails.
pub fn frame_to_png(frame: &I420Frame) -> Result<Vec<u8>, FaceError> {
    encode_rgba(frame.width, frame.height, &convert::rgba_of(frame)?)
}
