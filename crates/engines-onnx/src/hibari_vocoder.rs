//! From the spectrum that Hibari's net predicts to sound: pure arithmetic.
//!
//! ```text
//!  pitch ──> pulses ──> STFT ──┐ times exp(harmonic) e^(i pi tanh(phase))
//!  noise, a complex normal z ──┼ plus exp(noise) z
//!  free branch ────────────────┘ plus exp(free) e^(i free_phase)  ──> inverse STFT ──> samples
//! ```
//!
//! The formulas are those of hibari 0.2.1, `dsp.py` (Apache-2.0). Frames of 1200 samples, a new one every 300, at 24 kHz.

use std::f32::consts::{PI, TAU};
use std::sync::Arc;

use realfft::num_complex::Complex32;
use realfft::{ComplexToReal, FftError, RealFftPlanner, RealToComplex};

/// Samples a second.
pub(crate) const SAMPLE_RATE: u32 = 24_000;
/// Samples from one frame to the next.
pub(crate) const HOP: usize = 300;
const FRAME: usize = 4 * HOP;
const BINS: usize = FRAME / 2 + 1;
/// Below this pitch, in hertz, a frame has no voice.
const MIN_PITCH: f32 = 40.0;
/// Pulses hold harmonics up to here, in hertz.
const MAX_HARMONIC: f32 = 11_000.0;
/// Predicted logarithms of magnitudes are cut here.
const MAX_LOGARITHM: f32 = 7.0;

/// What the net predicts, each `[601, frames]` (`pitch`: `[frames]`), row by row.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Prediction<'a> {
    pub(crate) harmonic: &'a [f32],
    pub(crate) phase: &'a [f32],
    pub(crate) noise: &'a [f32],
    pub(crate) free: &'a [f32],
    pub(crate) free_phase: &'a [f32],
    /// In hertz.
    pub(crate) pitch: &'a [f32],
}

impl Prediction<'_> {
    /// The number of frames; `None` when the parts do not fit together.
    fn frames(&self) -> Option<usize> {
        let frames = self.pitch.len();
        let parts = [self.harmonic, self.phase, self.noise, self.free, self.free_phase];
        (frames > 0 && parts.iter().all(|part| part.len() == BINS * frames)).then_some(frames)
    }
}

/// Why there is no sound.
#[derive(Debug, thiserror::Error)]
pub(crate) enum VocoderError {
    #[error("the parts of the prediction do not have the same number of frames")]
    Shape,
    #[error(transparent)]
    Transform(#[from] FftError),
}

/// The plans of the transforms, and the window.
pub(crate) struct Vocoder {
    forward: Arc<dyn RealToComplex<f32>>,
    inverse: Arc<dyn ComplexToReal<f32>>,
    /// Periodic Hann.
    window: Vec<f32>,
}

impl Vocoder {
    pub(crate) fn new() -> Self {
        let mut planner = RealFftPlanner::new();
        let hann = |n: usize| 0.5 - 0.5 * (TAU * n as f32 / FRAME as f32).cos();
        Self {
            forward: planner.plan_fft_forward(FRAME),
            inverse: planner.plan_fft_inverse(FRAME),
            window: (0..FRAME).map(hann).collect(),
        }
    }

    /// 300 samples a frame. The same prediction gives the same samples.
    pub(crate) fn synthesize(&self, prediction: &Prediction<'_>) -> Result<Vec<f32>, VocoderError> {
        let frames = prediction.frames().ok_or(VocoderError::Shape)?;
        let source = pulses(prediction.pitch);
        let mut noise = Noise::default();
        let (mut block, mut spectrum) = (vec![0.0; FRAME], vec![Complex32::default(); BINS]);
        let (mut forward, mut inverse) = (self.forward.make_scratch_vec(), self.inverse.make_scratch_vec());
        let mut sum = vec![0.0_f32; (frames - 1) * HOP + FRAME];
        let mut weight = sum.clone();
        for frame in 0..frames {
            for (n, sample) in block.iter_mut().enumerate() {
                // A unit cosine then has magnitude 1.
                *sample = mirrored(&source, frame * HOP + n) * self.window[n] * 4.0 / FRAME as f32;
            }
            self.forward.process_with_scratch(&mut block, &mut spectrum, &mut forward)?;
            for (bin, value) in spectrum.iter_mut().enumerate() {
                let at = bin * frames + frame;
                let magnitude = |logarithms: &[f32]| logarithms[at].min(MAX_LOGARITHM).exp();
                let turn = Complex32::cis(PI * prediction.phase[at].tanh());
                *value = *value * turn * magnitude(prediction.harmonic)
                    + noise.next() * magnitude(prediction.noise)
                    + Complex32::cis(prediction.free_phase[at]) * magnitude(prediction.free);
            }
            // The sum of a real signal and its alternation are real.
            (spectrum[0].im, spectrum[BINS - 1].im) = (0.0, 0.0);
            self.inverse.process_with_scratch(&mut spectrum, &mut block, &mut inverse)?;
            for (n, sample) in block.iter().enumerate() {
                sum[frame * HOP + n] += sample * self.window[n] / FRAME as f32;
                weight[frame * HOP + n] += self.window[n] * self.window[n];
            }
        }
        let half = FRAME / 2;
        let samples = sum.iter().zip(&weight).skip(half).map(|(sample, weight)| sample / weight.max(1e-11));
        let mut samples: Vec<f32> = samples.take(frames * HOP).collect();
        // The last frames reach no further.
        samples.resize(frames * HOP, 0.0);
        Ok(samples)
    }
}

/// The sample at `position` of a signal with half a frame in front of it and behind it, mirrored at its ends.
fn mirrored(signal: &[f32], position: usize) -> f32 {
    let (half, last) = (FRAME / 2, signal.len() - 1);
    let at = position.abs_diff(half);
    let at = if at > last { (2 * last).saturating_sub(at) } else { at };
    signal[at.min(last)]
}

/// Pulses at the pitch, each harmonic below [`MAX_HARMONIC`] of amplitude 1: the sum of cosines is
/// `sin((h + 1/2) t) / (2 sin(t / 2)) - 1/2`. Silence where there is no voice.
fn pulses(pitch: &[f32]) -> Vec<f32> {
    let mut samples = Vec::with_capacity(pitch.len() * HOP);
    let mut turns = 0.0_f64;
    for position in 0..pitch.len() * HOP {
        // In frames, counted from the middle of the first one.
        let place = (position as f32 + 0.5) / HOP as f32 - 0.5;
        let before = place.floor();
        let value = |frame: f32| pitch[(frame.max(0.0) as usize).min(pitch.len() - 1)];
        let here = value(before) + (value(before + 1.0) - value(before)) * (place - before);
        let hertz = here.max(MIN_PITCH);
        turns = (turns + f64::from(hertz) / f64::from(SAMPLE_RATE)).fract();
        let angle = turns as f32 * TAU;
        let count = (MAX_HARMONIC / hertz).floor() + 0.5;
        let divisor = 2.0 * (angle * 0.5).sin();
        let sum = if divisor.abs() <= 2e-3 { count } else { (count * angle).sin() / divisor };
        samples.push(if here > MIN_PITCH { sum - 0.5 } else { 0.0 });
    }
    samples
}

/// Complex numbers whose parts are normal, with variance 1: Box and Muller's way, over the generator `SplitMix64`.
#[derive(Default)]
struct Noise(u64);

impl Noise {
    fn next(&mut self) -> Complex32 {
        let radius = (-2.0 * self.uniform().ln()).sqrt();
        Complex32::from_polar(radius, TAU * self.uniform())
    }

    /// Above 0, up to 1.
    fn uniform(&mut self) -> f32 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut bits = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        bits = (bits ^ (bits >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        ((bits ^ (bits >> 31)) >> 40) as f32 / (1 << 24) as f32 + f32::EPSILON / 2.0
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    const FRAMES: usize = 40;
    /// Exp of this is nothing.
    const SILENT: f32 = -30.0;

    fn synthesize(harmonic: f32, noise: f32, pitch: f32) -> Vec<f32> {
        let filled = |value: f32| vec![value; BINS * FRAMES];
        let (harmonic, noise, silent, zero) = (filled(harmonic), filled(noise), filled(SILENT), filled(0.0));
        let pitch = [pitch; FRAMES];
        let prediction = Prediction {
            harmonic: &harmonic,
            phase: &zero,
            noise: &noise,
            free: &silent,
            free_phase: &zero,
            pitch: &pitch,
        };
        Vocoder::new().synthesize(&prediction).unwrap()
    }

    fn loudness(samples: &[f32]) -> f32 {
        (samples.iter().map(|sample| sample * sample).sum::<f32>() / samples.len() as f32).sqrt()
    }

    #[test]
    fn a_pitch_gives_pulses_that_far_apart() {
        let samples = synthesize(0.0, SILENT, 200.0);
        assert_eq!(samples.len(), FRAMES * HOP);
        let middle = &samples[10 * HOP..30 * HOP];
        let correlation = |lag: usize| middle.iter().zip(&middle[lag..]).map(|(a, b)| a * b).sum::<f32>();
        let best = (60..240).max_by(|a, b| correlation(*a).total_cmp(&correlation(*b))).unwrap();
        assert_eq!(best, 120, "24 000 samples, 200 pulses");
    }

    #[test]
    fn magnitudes_scale_the_sound_and_no_pitch_is_no_pulse() {
        let (quiet, loud) = (synthesize(-1.0, SILENT, 150.0), synthesize(0.0, SILENT, 150.0));
        let ratio = loudness(&loud[3000..9000]) / loudness(&quiet[3000..9000]);
        assert!((ratio - 1.0_f32.exp()).abs() < 0.01, "{ratio}");
        assert!(loudness(&synthesize(0.0, SILENT, 0.0)) < 1e-6);
        assert!(loudness(&synthesize(SILENT, -2.0, 0.0)) > 1e-3);
    }

    #[test]
    fn the_same_prediction_sounds_the_same_and_parts_that_do_not_fit_are_refused() {
        assert_eq!(synthesize(-1.0, -1.0, 120.0), synthesize(-1.0, -1.0, 120.0));
        let (part, pitch) = ([0.0; BINS], [100.0; 2]);
        let prediction =
            Prediction { harmonic: &part, phase: &part, noise: &part, free: &part, free_phase: &part, pitch: &pitch };
        assert!(matches!(Vocoder::new().synthesize(&prediction), Err(VocoderError::Shape)));
    }

    #[test]
    fn noise_is_normal() {
        let mut noise = Noise::default();
        let values: Vec<Complex32> = (0..20_000).map(|_| noise.next()).collect();
        let mean = values.iter().map(|value| value.re + value.im).sum::<f32>() / 40_000.0;
        let variance = values.iter().map(Complex32::norm_sqr).sum::<f32>() / 40_000.0;
        assert!(mean.abs() < 0.02 && (variance - 1.0).abs() < 0.03, "{mean} {variance}");
    }
}
