//! Decoded sound on its way to 16 kHz mono: mixed, converted, limited.

use std::collections::VecDeque;

use speech::LISTEN_SAMPLE_RATE;
use speech::resample::Resampler;

use super::{LONGEST, PreconnectError, REFUSED};

/// Samples of the result that are kept: those of the last ten seconds.
const KEPT: usize = LONGEST.as_secs() as usize * LISTEN_SAMPLE_RATE as usize;

/// Collects decoded sound.
pub(super) struct Sound {
    resampler: Resampler,
    channels: usize,
    /// Frames (samples of one channel) still allowed before the recording counts as too long.
    allowed: usize,
    mono: Vec<f32>,
    converted: Vec<f32>,
    kept: VecDeque<f32>,
}

impl Sound {
    /// For interleaved samples of `channels` channels at `sample_rate`.
    pub(super) fn new(sample_rate: u32, channels: usize) -> Result<Self, PreconnectError> {
        Ok(Self {
            resampler: Resampler::new(sample_rate, LISTEN_SAMPLE_RATE)?,
            channels: channels.max(1),
            allowed: REFUSED.as_secs() as usize * sample_rate as usize,
            mono: Vec::new(),
            converted: Vec::new(),
            kept: VecDeque::new(),
        })
    }

    /// Adds interleaved samples from -1 to 1; what is outside is clipped, what is no number is silence.
    pub(super) fn push(&mut self, interleaved: &[f32]) -> Result<(), PreconnectError> {
        let frames = interleaved.len() / self.channels;
        self.allowed = self.allowed.checked_sub(frames).ok_or(PreconnectError::TooLong)?;
        let scale = 1.0 / self.channels as f32;
        self.mono.clear();
        self.mono.extend(interleaved.chunks_exact(self.channels).map(|frame| {
            let sample = frame.iter().sum::<f32>() * scale;
            if sample.is_finite() { sample.clamp(-1.0, 1.0) } else { 0.0 }
        }));
        self.resampler.push(&self.mono, &mut self.converted)?;
        self.keep();
        Ok(())
    }

    /// Everything that is kept.
    pub(super) fn finish(mut self) -> Result<Vec<f32>, PreconnectError> {
        self.resampler.finish(&mut self.converted)?;
        self.keep();
        Ok(self.kept.into())
    }

    fn keep(&mut self) {
        self.kept.extend(self.converted.drain(..));
        let surplus = self.kept.len().saturating_sub(KEPT);
        self.kept.drain(..surplus);
    }
}
