//! The log-mel picture of eight seconds of audio, as Whisper's feature extractor makes it.
//!
//! ```text
//!  16 kHz ─> last 8 s, zeros in front ─> mean 0, variance 1 ─> 25 ms Hann windows every 10 ms ─> power spectrum
//!         ─> 80 mel bands (Slaney) ─> log10, at most 8 below the loudest ─> (x + 4) / 4 ─> [80, 800]
//! ```
//!
//! Source: `pipecat/audio/turn/smart_turn/_whisper_features.py` of pipecat 1.14.0, which mirrors
//! `WhisperFeatureExtractor(chunk_length=8)` of Hugging Face transformers with `do_normalize=True`. The tests compare with
//! values that pipecat computed (`tests/data/whisper_features.py`).

use std::sync::Arc;

use realfft::num_complex::Complex;
use realfft::{RealFftPlanner, RealToComplex};
use speech::LISTEN_SAMPLE_RATE;

/// Bands of the picture.
pub(crate) const MELS: usize = 80;
/// Columns of the picture, 10 ms each.
pub(crate) const FRAMES: usize = 800;
/// Samples that the picture shows: eight seconds.
pub(crate) const SAMPLES: usize = HOP * FRAMES;

const WINDOW: usize = 400;
const HOP: usize = 160;
const BINS: usize = WINDOW / 2 + 1;
/// A window is centred on its column: half of it lies before the column's sample.
const HALF: usize = WINDOW / 2;
/// Added to the variance, so that silence does not divide by zero.
const VARIANCE_FLOOR: f64 = 1e-7;
const POWER_FLOOR: f32 = 1e-10;
/// Decades below the loudest value at which the picture is black.
const RANGE: f32 = 8.0;

/// One mel band: the bins from `first` on, with these weights. The few that are not zero, of 201.
#[derive(Debug)]
struct Band {
    first: usize,
    weights: Vec<f32>,
}

/// Makes the picture. Keeps its plan and its buffers from call to call.
pub(crate) struct WhisperFeatures {
    transform: Arc<dyn RealToComplex<f32>>,
    hann: Vec<f32>,
    bands: Vec<Band>,
    /// The eight seconds with half a window on each side.
    padded: Vec<f32>,
    windowed: Vec<f32>,
    spectrum: Vec<Complex<f32>>,
    scratch: Vec<Complex<f32>>,
    power: Vec<f32>,
}

impl WhisperFeatures {
    pub(crate) fn new() -> Self {
        let transform = RealFftPlanner::new().plan_fft_forward(WINDOW);
        let turn = |index: usize| std::f64::consts::TAU * index as f64 / WINDOW as f64;
        Self {
            hann: (0..WINDOW).map(|index| (0.5 - 0.5 * turn(index).cos()) as f32).collect(),
            bands: mel_bands(),
            padded: vec![0.0; SAMPLES + WINDOW],
            windowed: transform.make_input_vec(),
            spectrum: transform.make_output_vec(),
            scratch: transform.make_scratch_vec(),
            power: vec![0.0; BINS],
            transform,
        }
    }

    /// The picture of the last [`SAMPLES`] of `audio` (16 kHz mono, finite), `[MELS, FRAMES]` row by row. Shorter audio
    /// stands at the right end, behind zeros.
    ///
    /// # Errors
    /// Only when the transform was given buffers of a wrong length, which would be a mistake in this file.
    pub(crate) fn compute(&mut self, audio: &[f32]) -> Result<Vec<f32>, realfft::FftError> {
        self.fill(audio);
        let mut picture = vec![0.0; MELS * FRAMES];
        let mut loudest = f32::MIN;
        for frame in 0..FRAMES {
            let window = &self.padded[frame * HOP..frame * HOP + WINDOW];
            for ((windowed, sample), weight) in self.windowed.iter_mut().zip(window).zip(&self.hann) {
                *windowed = sample * weight;
            }
            self.transform.process_with_scratch(&mut self.windowed, &mut self.spectrum, &mut self.scratch)?;
            for (power, value) in self.power.iter_mut().zip(&self.spectrum) {
                *power = value.norm_sqr();
            }
            for (band, row) in self.bands.iter().zip(picture.chunks_exact_mut(FRAMES)) {
                let bins = &self.power[band.first..band.first + band.weights.len()];
                let energy: f32 = bins.iter().zip(&band.weights).map(|(power, weight)| power * weight).sum();
                row[frame] = energy.max(POWER_FLOOR).log10();
                loudest = loudest.max(row[frame]);
            }
        }
        for value in &mut picture {
            *value = (value.max(loudest - RANGE) + 4.0) / 4.0;
        }
        Ok(picture)
    }

    /// Puts the normalised audio into `padded`, mirrored at both ends.
    fn fill(&mut self, audio: &[f32]) {
        let audio = &audio[audio.len().saturating_sub(SAMPLES)..];
        let silence = SAMPLES - audio.len();
        // The zeros in front count for mean and variance, as in the original.
        let count = SAMPLES as f64;
        let mean = audio.iter().copied().map(f64::from).sum::<f64>() / count;
        let deviations: f64 = audio.iter().map(|sample| (f64::from(*sample) - mean).powi(2)).sum();
        let variance = (deviations + silence as f64 * mean * mean) / count;
        let scale = 1.0 / (variance + VARIANCE_FLOOR).sqrt();
        let normalised = |sample: f32| ((f64::from(sample) - mean) * scale) as f32;

        self.padded[HALF..HALF + silence].fill(normalised(0.0));
        for (padded, sample) in self.padded[HALF + silence..HALF + SAMPLES].iter_mut().zip(audio) {
            *padded = normalised(*sample);
        }
        for distance in 1..=HALF {
            self.padded[HALF - distance] = self.padded[HALF + distance];
            self.padded[HALF + SAMPLES - 1 + distance] = self.padded[HALF + SAMPLES - 1 - distance];
        }
    }
}

/// Slaney's scale: linear up to 1 kHz, logarithmic above (27 steps for a factor of 6.4).
fn mel_to_hertz(mel: f64) -> f64 {
    if mel < 15.0 { mel * 200.0 / 3.0 } else { 1000.0 * ((mel - 15.0) * 6.4_f64.ln() / 27.0).exp() }
}

fn hertz_to_mel(hertz: f64) -> f64 {
    if hertz < 1000.0 { hertz * 3.0 / 200.0 } else { 15.0 + (hertz / 1000.0).ln() * 27.0 / 6.4_f64.ln() }
}

/// Triangles that overlap by half, evenly spaced in mel from 0 Hz to half the sample rate, each of area one.
fn mel_bands() -> Vec<Band> {
    let nyquist = f64::from(LISTEN_SAMPLE_RATE) / 2.0;
    let step = hertz_to_mel(nyquist) / (MELS + 1) as f64;
    let edges: Vec<f64> = (0..MELS + 2).map(|edge| mel_to_hertz(edge as f64 * step)).collect();
    let hertz = |bin: usize| bin as f64 * nyquist / (BINS - 1) as f64;
    edges
        .windows(3)
        .map(|edge| {
            let weight = |bin: usize| {
                let rising = (hertz(bin) - edge[0]) / (edge[1] - edge[0]);
                let falling = (edge[2] - hertz(bin)) / (edge[2] - edge[1]);
                (rising.min(falling).max(0.0) * 2.0 / (edge[2] - edge[0])) as f32
            };
            let first = (0..BINS).find(|bin| weight(*bin) > 0.0).unwrap_or(0);
            Band { first, weights: (first..BINS).map(weight).take_while(|weight| *weight > 0.0).collect() }
        })
        .collect()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used)]
    use super::*;

    /// Rows: every band. Columns: every 20th of the 800 frames. Made by `tests/data/whisper_features.py`.
    const PIPECAT: &str = include_str!("../tests/data/whisper_features.txt");
    const EVERY: usize = 20;

    /// The signal of `tests/data/whisper_features.py`: three seconds of a rising tone in bursts, with noise and an offset.
    fn signal() -> Vec<f32> {
        let mut state = 1u64;
        let sample = |index: usize| {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            let noise = (state >> 40) as f64 / f64::from(1u32 << 24) * 2.0 - 1.0;
            let time = index as f64 / 16_000.0;
            let tone = (std::f64::consts::TAU * (100.0 * time + 1000.0 * time * time)).sin();
            let burst = (1.0 - (time * 4.0).fract()).powi(4);
            (0.4 * burst * tone + 0.002 * noise + 0.01) as f32
        };
        (0..48_000).map(sample).collect()
    }

    #[test]
    fn the_picture_is_the_one_that_pipecat_computes() {
        let picture = WhisperFeatures::new().compute(&signal()).unwrap();
        let mut compared = 0;
        for (band, line) in PIPECAT.lines().filter(|line| !line.starts_with('#')).enumerate() {
            for (column, value) in line.split(' ').enumerate() {
                let expected: f32 = value.parse().unwrap();
                let found = picture[band * FRAMES + column * EVERY];
                assert!(
                    (found - expected).abs() < 2e-4,
                    "band {band} frame {}: {found}, not {expected}",
                    column * EVERY
                );
                compared += 1;
            }
        }
        assert_eq!(compared, MELS * FRAMES / EVERY);
    }

    #[test]
    fn only_the_last_eight_seconds_count_and_shorter_audio_stands_behind_silence() {
        let mut features = WhisperFeatures::new();
        let short = signal();
        let whole: Vec<f32> = std::iter::repeat_n(0.0, SAMPLES - short.len()).chain(short.iter().copied()).collect();
        let long: Vec<f32> = std::iter::repeat_n(0.7, 5_000).chain(whole.iter().copied()).collect();
        let expected = features.compute(&whole).unwrap();
        assert_eq!(features.compute(&long).unwrap(), expected);
        assert_eq!(features.compute(&short).unwrap(), expected);
    }

    #[test]
    fn silence_gives_an_even_picture_of_finite_numbers() {
        let mut features = WhisperFeatures::new();
        for silence in [&[][..], &[0.0; 1_000], &[0.25; SAMPLES]] {
            let picture = features.compute(silence).unwrap();
            assert!(picture.iter().all(|value| value.is_finite()));
        }
        assert!(features.compute(&[]).unwrap().iter().all(|value| (value - -1.5).abs() < 1e-6));
    }
}
