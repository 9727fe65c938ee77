//! What a stream holds, by what its sender says of it.

use proto::room::{ATTRIBUTE_PRECONNECT_CHANNELS, ATTRIBUTE_PRECONNECT_SAMPLE_RATE};
use room::Attributes;

use super::PreconnectError;

/// Rates that microphones have, in samples a second and channel.
const RATES: [u32; 9] = [8_000, 11_025, 12_000, 16_000, 22_050, 24_000, 32_000, 44_100, 48_000];
/// MIME types (without their parameters) of files that say themselves what they hold.
const CONTAINERS: [&str; 6] = ["audio/webm", "video/webm", "audio/mp4", "video/mp4", "audio/ogg", "video/ogg"];
/// MIME types of bare samples. Mobile clients send none, or the general one.
const SAMPLES: [&str; 6] = ["", "application/octet-stream", "audio/pcm", "audio/l16", "audio/raw", "audio/x-raw"];

/// How bare samples lie.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PcmLayout {
    /// Samples a second and channel.
    pub(super) sample_rate: u32,
    /// Channels, interleaved: 1 or 2.
    pub(super) channels: usize,
}

/// What a stream holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// WebM, MP4 or Ogg: its first bytes say which.
    Container,
    /// Signed 16-bit little-endian samples.
    Pcm(PcmLayout),
}

impl Format {
    /// Reads a stream's MIME type and attributes.
    ///
    /// # Errors
    /// [`PreconnectError::Unsupported`] for another type, and for samples of unknown rate or channels.
    pub fn of(mime: &str, attributes: &Attributes) -> Result<Self, PreconnectError> {
        let essence = mime.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
        if CONTAINERS.contains(&essence.as_str()) {
            return Ok(Self::Container);
        }
        if !SAMPLES.contains(&essence.as_str()) {
            return Err(PreconnectError::Unsupported(format!("MIME type {:?}", shortened(mime))));
        }
        let number = |name: &str| attributes.get(name).and_then(|value| value.trim().parse::<u32>().ok());
        let rate = number(ATTRIBUTE_PRECONNECT_SAMPLE_RATE).filter(|rate| RATES.contains(rate));
        let channels = number(ATTRIBUTE_PRECONNECT_CHANNELS).filter(|channels| (1..=2).contains(channels));
        match (rate, channels) {
            (Some(sample_rate), Some(channels)) => {
                Ok(Self::Pcm(PcmLayout { sample_rate, channels: channels as usize }))
            }
            (None, _) => Err(PreconnectError::Unsupported(format!(
                "samples without a usual {}",
                ATTRIBUTE_PRECONNECT_SAMPLE_RATE
            ))),
            (Some(_), None) => Err(PreconnectError::Unsupported(format!(
                "samples whose {} is not 1 or 2",
                ATTRIBUTE_PRECONNECT_CHANNELS
            ))),
        }
    }
}

/// What a stranger wrote, fit for a log line.
fn shortened(text: &str) -> String {
    text.chars().take(60).collect()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used)]
    use super::*;

    fn attributes(rate: &str, channels: &str) -> Attributes {
        [("sampleRate", rate), ("channels", channels)].map(|(name, value)| (name.into(), value.into())).into()
    }

    #[test]
    fn browsers_send_files_and_mobile_clients_samples() {
        for mime in
            ["audio/webm;codecs=opus", "audio/webm; codecs=opus", "video/mp4", "Audio/MP4", "audio/ogg; codecs=opus"]
        {
            assert_eq!(Format::of(mime, &Attributes::new()).unwrap(), Format::Container, "{mime}");
        }
        for mime in ["", "application/octet-stream", "audio/pcm", "audio/pcm;rate=24000"] {
            let expected = Format::Pcm(PcmLayout { sample_rate: 24_000, channels: 1 });
            assert_eq!(Format::of(mime, &attributes("24000", "1")).unwrap(), expected, "{mime}");
        }
    }

    #[test]
    fn samples_of_unknown_shape_and_other_types_are_refused() {
        for (rate, channels) in [
            ("", "1"),
            ("0", "1"),
            ("7999", "1"),
            ("191999", "1"),
            ("4294967296", "1"),
            ("48000", "0"),
            ("48000", "3"),
            ("48000", "-1"),
        ] {
            assert!(Format::of("audio/pcm", &attributes(rate, channels)).is_err(), "{rate} {channels}");
        }
        assert!(Format::of("audio/pcm", &Attributes::new()).is_err());
        let error = Format::of(&"x/y".repeat(1_000), &attributes("48000", "1")).unwrap_err();
        assert!(error.to_string().len() < 300);
    }
}
