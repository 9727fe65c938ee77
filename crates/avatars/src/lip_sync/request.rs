//! What a service is asked, as JSON.

use std::fmt;
use std::io::Cursor;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use hound::{SampleFormat, WavSpec, WavWriter};
use remote::{FailureKind, RemoteFailure};
use serde_json::{Value, json};

/// The picture to film.
#[derive(Clone, PartialEq, Eq)]
pub struct Image {
    /// The file.
    pub bytes: Vec<u8>,
    /// Such as `image/jpeg`.
    pub media_type: &'static str,
    /// Width and height that the video is wished to have, in pixels.
    pub size: (u32, u32),
    /// Pictures a second that the video is wished to have.
    pub rate: u32,
}

impl fmt::Debug for Image {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Image").field("size", &self.size).field("bytes", &self.bytes.len()).finish()
    }
}

/// The sound of a clause: 16-bit mono.
#[derive(Clone, PartialEq, Eq)]
pub struct Sound {
    /// The samples.
    pub samples: Vec<i16>,
    /// Samples a second.
    pub sample_rate: u32,
}

impl fmt::Debug for Sound {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Sound").field("samples", &self.samples.len()).field("rate", &self.sample_rate).finish()
    }
}

impl Sound {
    fn wav(&self) -> Result<Vec<u8>, hound::Error> {
        let spec = WavSpec {
            channels: 1,
            sample_rate: self.sample_rate,
            bits_per_sample: 16,
            sample_format: SampleFormat::Int,
        };
        let mut file = Cursor::new(Vec::with_capacity(self.samples.len() * 2 + 44));
        let mut writer = WavWriter::new(&mut file, spec)?;
        self.samples.iter().try_for_each(|sample| writer.write_sample(*sample))?;
        writer.finalize()?;
        Ok(file.into_inner())
    }
}

/// The picture's part of every request, encoded once.
#[derive(Clone)]
pub(super) struct Template(Value);

impl Template {
    pub(super) fn new(image: &Image) -> Self {
        Self(json!({
            "image": BASE64_STANDARD.encode(&image.bytes),
            "image_type": image.media_type,
            "audio_type": "audio/wav",
            "fps": image.rate,
            "width": image.size.0,
            "height": image.size.1,
        }))
    }

    /// The whole request for a sound.
    pub(super) fn with(&self, sound: &Sound) -> Result<Value, RemoteFailure> {
        let broken = |error: hound::Error| RemoteFailure::new(FailureKind::Rejected, error.to_string());
        let mut body = self.0.clone();
        body["audio"] = json!(BASE64_STANDARD.encode(sound.wav().map_err(broken)?));
        Ok(body)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used)]
    use super::*;

    #[test]
    fn a_request_holds_the_picture_and_every_sample_of_the_sound() {
        let image = Image { bytes: vec![1, 2, 3], media_type: "image/jpeg", size: (512, 512), rate: 25 };
        let sound = Sound { samples: vec![0, -5, 7, i16::MAX], sample_rate: 16_000 };
        let body = Template::new(&image).with(&sound).unwrap();
        assert_eq!((body["image"].as_str(), body["image_type"].as_str()), (Some("AQID"), Some("image/jpeg")));
        assert_eq!(
            (body["fps"].as_u64(), body["width"].as_u64(), body["height"].as_u64()),
            (Some(25), Some(512), Some(512))
        );
        let wav = BASE64_STANDARD.decode(body["audio"].as_str().unwrap()).unwrap();
        let mut reader = hound::WavReader::new(wav.as_slice()).unwrap();
        assert_eq!((reader.spec().sample_rate, reader.spec().channels), (16_000, 1));
        assert_eq!(reader.samples::<i16>().map(Result::unwrap).collect::<Vec<_>>(), sound.samples);
    }
}
