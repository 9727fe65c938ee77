//! Bytes of a stream, as the network cut them, become samples for playout. Pure.

use proto::avatar::AudioFormat;
use speech::SpeechError;
use speech::resample::Resampler;

use session::ports::PLAYOUT_SAMPLE_RATE;

/// Turns the s16le PCM of one stream into 48 kHz mono.
pub struct PcmDecoder {
    channels: usize,
    /// Bytes of a sample (of all channels) that is not whole yet.
    rest: Vec<u8>,
    resampler: Resampler,
}

impl PcmDecoder {
    /// A decoder for one stream.
    ///
    /// # Errors
    /// When its rate can't be resampled.
    pub fn new(format: AudioFormat) -> Result<Self, SpeechError> {
        let resampler = Resampler::new(format.sample_rate, PLAYOUT_SAMPLE_RATE)?;
        Ok(Self { channels: usize::from(format.channels.max(1)), rest: Vec::new(), resampler })
    }

    /// Takes more bytes and gives what is known by now; at most some 20 ms stay inside.
    ///
    /// # Errors
    /// When the resampler fails.
    pub fn push(&mut self, bytes: &[u8]) -> Result<Vec<i16>, SpeechError> {
        self.rest.extend_from_slice(bytes);
        let whole = self.channels * 2;
        let usable = self.rest.len() / whole * whole;
        let mono: Vec<f32> = self.rest[..usable].chunks_exact(whole).map(mean_of_channels).collect();
        self.rest.drain(..usable);
        let mut out = Vec::with_capacity(mono.len() * 6);
        self.resampler.push(&mono, &mut out)?;
        Ok(out.into_iter().map(to_i16).collect())
    }

    /// The stream is over: gives the rest. Half a sample at the end is left out.
    ///
    /// # Errors
    /// When the resampler fails.
    pub fn finish(&mut self) -> Result<Vec<i16>, SpeechError> {
        let mut out = Vec::new();
        self.resampler.finish(&mut out)?;
        Ok(out.into_iter().map(to_i16).collect())
    }
}

fn mean_of_channels(sample: &[u8]) -> f32 {
    let channels = sample.chunks_exact(2).map(|bytes| f32::from(i16::from_le_bytes([bytes[0], bytes[1]])) / 32_768.0);
    channels.sum::<f32>() / (sample.len() / 2) as f32
}

/// A sample in -1 to 1 as 16-bit PCM.
#[expect(clippy::cast_possible_truncation, reason = "clamped to the range of i16 first")]
fn to_i16(sample: f32) -> i16 {
    (sample * 32_768.0).round().clamp(f32::from(i16::MIN), f32::from(i16::MAX)) as i16
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used)]

    use proptest::prelude::*;

    use super::*;

    fn bytes(samples: &[i16]) -> Vec<u8> {
        samples.iter().flat_map(|sample| sample.to_le_bytes()).collect()
    }

    fn decode(sample_rate: u32, channels: u16, bytes: &[u8], piece: usize) -> Vec<i16> {
        let mut decoder = PcmDecoder::new(AudioFormat { sample_rate, channels }).unwrap();
        let mut out = Vec::new();
        for piece in bytes.chunks(piece.max(1)) {
            out.extend(decoder.push(piece).unwrap());
        }
        out.extend(decoder.finish().unwrap());
        out
    }

    #[test]
    fn sound_at_the_playout_rate_comes_out_as_it_went_in() {
        let samples: Vec<i16> = (0..2_000).map(|n| (n * 16) as i16).chain([i16::MIN, i16::MAX]).collect();
        assert_eq!(decode(48_000, 1, &bytes(&samples), 7), samples);
    }

    #[test]
    fn two_channels_become_their_mean() {
        assert_eq!(decode(48_000, 2, &bytes(&[100, 300, -50, 50]), 3), [200, 0]);
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(40))]
        #[test]
        fn the_length_is_right_and_the_cuts_do_not_matter(
            rate in proptest::sample::select(vec![8_000u32, 11_025, 16_000, 22_050, 24_000, 44_100, 48_000]),
            channels in 1u16..=2,
            samples in proptest::collection::vec(any::<i16>(), 0..6_000),
            odd in proptest::option::of(any::<u8>()),
            piece in 1usize..3_000,
        ) {
            let mut sent = bytes(&samples);
            sent.extend(odd);
            let out = decode(rate, channels, &sent, piece);
            let whole = samples.len() / usize::from(channels);
            let wanted = whole as f64 * 48_000.0 / f64::from(rate);
            prop_assert!((out.len() as f64 - wanted).abs() < 1.0, "{} for {wanted}", out.len());
            prop_assert_eq!(out, decode(rate, channels, &sent, usize::MAX));
        }
    }
}
