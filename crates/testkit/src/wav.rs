//! Sound files: reading a caller's recording, writing a call.

use std::path::{Path, PathBuf};

use speech::SpeechError;
use speech::resample::Resampler;

/// Samples a second of everything that goes into and comes out of a room.
pub const ROOM_SAMPLE_RATE: u32 = 48_000;

/// A minute, in samples per channel at 48 kHz. Files of other rates are held to the same number of samples.
const MINUTE: usize = 60 * ROOM_SAMPLE_RATE as usize;
/// The longest recording that a caller may play, in minutes.
const LONGEST_CLIP: usize = 10;
/// The longest call whose recording is read, in minutes: as much as the caller's ears keep.
const LONGEST_CALL: usize = 90;

/// A sound file that can't be used.
#[derive(Debug, thiserror::Error)]
pub enum WavError {
    /// It can't be opened, or is not a WAV file of 16-bit or float samples.
    #[error("{path}: {source}; give a WAV file of 16-bit integer or 32-bit float samples")]
    Read {
        /// Which file.
        path: PathBuf,
        /// Why.
        source: hound::Error,
    },
    /// It can't be written.
    #[error("{path}: cannot write: {source}")]
    Write {
        /// Which file.
        path: PathBuf,
        /// Why.
        source: hound::Error,
    },
    /// It holds something we don't take.
    #[error("{path}: {message}")]
    Unusable {
        /// Which file.
        path: PathBuf,
        /// What is wrong with it.
        message: String,
    },
    /// The rates can't be converted.
    #[error(transparent)]
    Resample(#[from] SpeechError),
}

/// Reads a WAV file as 48 kHz mono: channels are averaged, other rates converted. At most ten minutes.
pub fn read_mono(path: &Path) -> Result<Vec<i16>, WavError> {
    read(path, LONGEST_CLIP)
}

/// Reads what a worker recorded of a call. At most ninety minutes.
pub fn read_call(path: &Path) -> Result<Vec<i16>, WavError> {
    read(path, LONGEST_CALL)
}

fn read(path: &Path, minutes: usize) -> Result<Vec<i16>, WavError> {
    let failed = |source| WavError::Read { path: path.to_owned(), source };
    let mut reader = hound::WavReader::open(path).map_err(failed)?;
    let spec = reader.spec();
    let channels = usize::from(spec.channels.max(1));
    if reader.duration() as usize > minutes * MINUTE {
        let message = format!("longer than {minutes} minutes; give a shorter recording");
        return Err(WavError::Unusable { path: path.to_owned(), message });
    }
    let interleaved: Vec<f32> = match spec.sample_format {
        hound::SampleFormat::Float => reader.samples::<f32>().collect::<Result<_, _>>().map_err(failed)?,
        hound::SampleFormat::Int => {
            let scale = 1.0 / (1_u64 << (spec.bits_per_sample.clamp(1, 32) - 1)) as f32;
            let samples = reader.samples::<i32>().map(|sample| sample.map(|value| value as f32 * scale));
            samples.collect::<Result<_, _>>().map_err(failed)?
        }
    };
    let mono: Vec<f32> =
        interleaved.chunks(channels).map(|frame| frame.iter().sum::<f32>() / channels as f32).collect();
    if mono.is_empty() {
        return Err(WavError::Unusable { path: path.to_owned(), message: "it holds no sound".to_owned() });
    }
    Ok(to_pcm(&resample(&mono, spec.sample_rate, ROOM_SAMPLE_RATE)?))
}

/// Writes two tracks as the left and right channel of a 48 kHz file; the shorter one is filled up with silence.
pub fn write_stereo(path: &Path, left: &[i16], right: &[i16]) -> Result<(), WavError> {
    let at = |track: &[i16], index: usize| track.get(index).copied().unwrap_or(0);
    let frames = 0..left.len().max(right.len());
    write(path, 2, frames.flat_map(|index| [at(left, index), at(right, index)]))
}

/// Writes 48 kHz mono.
pub fn write_mono(path: &Path, samples: &[i16]) -> Result<(), WavError> {
    write(path, 1, samples.iter().copied())
}

/// Writes interleaved samples at 48 kHz.
fn write(path: &Path, channels: u16, samples: impl Iterator<Item = i16>) -> Result<(), WavError> {
    let failed = |source| WavError::Write { path: path.to_owned(), source };
    let spec = hound::WavSpec {
        channels,
        sample_rate: ROOM_SAMPLE_RATE,
        bits_per_sample: 16,
        sample_format: hound::SampleFormat::Int,
    };
    let mut writer = hound::WavWriter::create(path, spec).map_err(failed)?;
    for sample in samples {
        writer.write_sample(sample).map_err(failed)?;
    }
    writer.finalize().map_err(failed)
}

/// Converts mono samples from one rate to another, the whole clip at once.
pub fn resample(samples: &[f32], from: u32, to: u32) -> Result<Vec<f32>, SpeechError> {
    let mut resampler = Resampler::new(from, to)?;
    let mut output = Vec::with_capacity(samples.len());
    resampler.push(samples, &mut output)?;
    resampler.finish(&mut output)?;
    Ok(output)
}

/// Samples in -1 to 1 as 16-bit integers, clipped.
#[must_use]
pub fn to_pcm(samples: &[f32]) -> Vec<i16> {
    samples.iter().map(|sample| (sample.clamp(-1.0, 1.0) * 32_767.0) as i16).collect()
}

/// 16-bit samples as floats in -1 to 1.
#[must_use]
pub fn to_float(samples: &[i16]) -> Vec<f32> {
    samples.iter().map(|sample| f32::from(*sample) / 32_768.0).collect()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used)]
    use super::*;

    #[test]
    fn a_call_reads_back_with_caller_left_and_agent_right() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("call.wav");
        write_stereo(&path, &[1, 2, 3], &[-1]).unwrap();
        let mut reader = hound::WavReader::open(&path).unwrap();
        assert_eq!((reader.spec().channels, reader.spec().sample_rate), (2, 48_000));
        let samples: Vec<i16> = reader.samples().map(Result::unwrap).collect();
        assert_eq!(samples, [1, -1, 2, 0, 3, 0]);
    }

    #[test]
    fn a_recording_of_another_rate_becomes_48_khz_mono() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("voice.wav");
        let spec = hound::WavSpec {
            channels: 2,
            sample_rate: 16_000,
            bits_per_sample: 16,
            sample_format: hound::SampleFormat::Int,
        };
        let mut writer = hound::WavWriter::create(&path, spec).unwrap();
        for n in 0..16_000 {
            let value = (8000.0 * (f64::from(n) * 440.0 * std::f64::consts::TAU / 16_000.0).sin()) as i16;
            writer.write_sample(value).unwrap();
            writer.write_sample(value).unwrap();
        }
        writer.finalize().unwrap();
        let samples = read_mono(&path).unwrap();
        assert!(samples.len().abs_diff(48_000) < 10, "{}", samples.len());
        let middle = &samples[10_000..38_000];
        let crossings = middle.windows(2).filter(|pair| pair[0] < 0 && pair[1] >= 0).count();
        assert!(crossings.abs_diff(440 * 28_000 / 48_000) <= 2, "{crossings} periods");
        assert!(middle.iter().map(|s| s.unsigned_abs()).max().unwrap().abs_diff(8000) < 200);
    }

    #[test]
    fn a_call_may_be_longer_than_a_clip() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("spoken.wav");
        write_mono(&path, &vec![0; LONGEST_CLIP * MINUTE + 1]).unwrap();
        assert!(read_mono(&path).unwrap_err().to_string().contains("longer than 10 minutes"));
        assert_eq!(read_call(&path).unwrap().len(), LONGEST_CLIP * MINUTE + 1);
    }

    #[test]
    fn refuses_what_is_no_recording() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("not.wav");
        std::fs::write(&path, b"hello").unwrap();
        assert!(read_mono(&path).unwrap_err().to_string().contains("not.wav"));
        let error = read_mono(&folder.path().join("absent.wav")).unwrap_err();
        assert!(matches!(error, WavError::Read { .. }));
        let empty = folder.path().join("empty.wav");
        write_stereo(&empty, &[], &[]).unwrap();
        assert!(matches!(read_mono(&empty), Err(WavError::Unusable { .. })));
    }
}
