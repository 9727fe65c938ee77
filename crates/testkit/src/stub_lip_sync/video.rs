//! Videos whose pictures tell their time: plain green, each of another brightness.

use openh264::OpenH264API;
use openh264::encoder::{Encoder, EncoderConfig, FrameRate, RateControlMode};
use openh264::formats::YUVBuffer;

/// Pictures a second.
pub const FRAMES_PER_SECOND: u64 = 25;
/// The colour of every picture, as both chroma values: a green that no face has.
pub const CHROMA: u8 = 60;
/// Brightness of the first picture, and what each next one adds; after [`STEPS`] of them it begins anew.
const FIRST: u64 = 40;
const STEP: u64 = 4;
const STEPS: u64 = 45;

/// The brightness of a clause's picture, counted from 0.
#[must_use]
pub fn luma_at(picture: u64) -> u8 {
    u8::try_from(FIRST + picture % STEPS * STEP).unwrap_or(u8::MAX)
}

/// After so many milliseconds the brightness begins anew.
pub const TURN_MS: f64 = (STEPS * 1000 / FRAMES_PER_SECOND) as f64;

/// The milliseconds of its clause for which a picture of this brightness was made, but for whole turns of [`TURN_MS`].
#[must_use]
pub fn time_of(luma: f64) -> f64 {
    (luma - FIRST as f64) / STEP as f64 * 1000.0 / FRAMES_PER_SECOND as f64
}

/// An MP4 (H264) with a picture of each brightness, 25 a second.
///
/// # Errors
/// When the encoder or the muxer does not take it.
pub fn film(width: usize, height: usize, lumas: &[u8]) -> anyhow::Result<Vec<u8>> {
    mux(width, height, &encode(width, height, lumas)?)
}

/// The same, with pictures that can't be decoded in its second half.
pub(super) fn film_that_breaks(width: usize, height: usize, lumas: &[u8]) -> anyhow::Result<Vec<u8>> {
    let mut pictures = encode(width, height, lumas)?;
    let half = pictures.len() / 2;
    for picture in &mut pictures[half..] {
        // A start code and the head of a unit stay.
        for byte in picture.iter_mut().skip(5) {
            *byte = 0xa5;
        }
    }
    mux(width, height, &pictures)
}

fn encode(width: usize, height: usize, lumas: &[u8]) -> anyhow::Result<Vec<Vec<u8>>> {
    let config = EncoderConfig::new()
        .rate_control_mode(RateControlMode::Off)
        .max_frame_rate(FrameRate::from_hz(FRAMES_PER_SECOND as f32))
        .skip_frames(false)
        .scene_change_detect(false);
    let mut encoder = Encoder::with_api_config(OpenH264API::from_source(), config)?;
    lumas
        .iter()
        .map(|luma| {
            let mut planes = vec![*luma; width * height];
            planes.resize(width * height * 3 / 2, CHROMA);
            Ok(encoder.encode(&YUVBuffer::from_vec(planes, width, height))?.to_vec())
        })
        .collect()
}

fn mux(width: usize, height: usize, pictures: &[Vec<u8>]) -> anyhow::Result<Vec<u8>> {
    let rate = FRAMES_PER_SECOND as f64;
    let mut file = Vec::new();
    let mut muxer = muxide::api::MuxerBuilder::new(&mut file)
        .video(muxide::api::VideoCodec::H264, u32::try_from(width)?, u32::try_from(height)?, rate)
        .build()?;
    for (n, picture) in pictures.iter().enumerate() {
        muxer.write_video(n as f64 / rate, picture, n == 0)?;
    }
    muxer.finish()?;
    Ok(file)
}
