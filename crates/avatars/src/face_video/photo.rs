//! The picture that the service films: the agent's own face at rest, as it is seen between clauses.

use crate::lip_sync::Image;
use face::{Expression, I420Frame, png};
use image::codecs::jpeg::JpegEncoder;

use super::error::LipSyncError;
use session::face::{FACE_RATE, Portrayal};

/// Of 100: nothing of it is lost to the eye, in a tenth of the bytes.
const QUALITY: u8 = 92;

/// Takes the picture. Some milliseconds of work.
pub(super) fn of(portrayal: &mut Portrayal) -> Result<Image, LipSyncError> {
    let (width, height) = portrayal.renderer.size();
    let mut frame = I420Frame::new(width, height);
    portrayal.renderer.draw(&Expression::default(), &mut frame)?;
    let rgb: Vec<u8> = png::rgba_of(&frame)?.chunks_exact(4).flat_map(|pixel| [pixel[0], pixel[1], pixel[2]]).collect();
    let mut bytes = Vec::new();
    JpegEncoder::new_with_quality(&mut bytes, QUALITY)
        .encode(&rgb, width, height, image::ExtendedColorType::Rgb8)
        .map_err(|error| LipSyncError::Encode(error.to_string()))?;
    Ok(Image { bytes, media_type: "image/jpeg", size: (width, height), rate: FACE_RATE })
}
