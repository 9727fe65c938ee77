//! Changes the sample rate of a mono stream, piece by piece.

use rubato::audioadapter_buffers::direct::InterleavedSlice;
use rubato::{Fft, FixedSync, Resampler as _};

use crate::SpeechError;

const ENGINE: &str = "resampler";
/// Length of one block: short enough for a live microphone (a block in flight, half a block of filter), long enough for
/// a filter that keeps speech up to 7 kHz at 16 kHz.
const BLOCKS_PER_SECOND: u32 = 100;

/// A streaming resampler. Sample 0 of the output belongs to sample 0 of the input: the filter's delay is cut off at the
/// start and made up for by [`Resampler::finish`].
pub struct Resampler {
    from: u32,
    to: u32,
    /// None when both rates are the same.
    engine: Option<Fft<f32>>,
    /// Input that does not fill a block yet.
    pending: Vec<f32>,
    block_out: Vec<f32>,
    /// Output samples still to be thrown away: the filter's delay.
    delay_left: usize,
    taken: u64,
    given: u64,
}

impl Resampler {
    /// A resampler from `from` to `to` samples a second (8 000 to 192 000 each).
    pub fn new(from: u32, to: u32) -> Result<Self, SpeechError> {
        for rate in [from, to] {
            if !(8_000..=192_000).contains(&rate) {
                let message = format!("a rate of {rate} samples a second is not within 8000 to 192000");
                return Err(SpeechError::Input { engine: ENGINE, message });
            }
        }
        let mut this = Self {
            from,
            to,
            engine: None,
            pending: Vec::new(),
            block_out: Vec::new(),
            delay_left: 0,
            taken: 0,
            given: 0,
        };
        if from != to {
            let block = (from / BLOCKS_PER_SECOND) as usize;
            let engine = Fft::new(from as usize, to as usize, block, 1, FixedSync::Both)
                .map_err(|error| SpeechError::Input { engine: ENGINE, message: error.to_string() })?;
            this.block_out = vec![0.0; engine.output_frames_max()];
            this.delay_left = engine.output_delay();
            this.engine = Some(engine);
        }
        Ok(this)
    }

    /// Takes more input and appends what can be known by now to `out`. At most about 20 ms stay inside.
    pub fn push(&mut self, input: &[f32], out: &mut Vec<f32>) -> Result<(), SpeechError> {
        self.taken += input.len() as u64;
        if self.engine.is_none() {
            out.extend_from_slice(input);
            self.given += input.len() as u64;
            return Ok(());
        }
        self.pending.extend_from_slice(input);
        self.drain(out)
    }

    /// Appends the rest, so that `n` samples in have become `n * to / from` (rounded up) in all, and starts over.
    pub fn finish(&mut self, out: &mut Vec<f32>) -> Result<(), SpeechError> {
        let wanted = (self.taken * u64::from(self.to)).div_ceil(u64::from(self.from));
        while self.given < wanted {
            let Some(engine) = &self.engine else { break };
            let block = engine.input_frames_next();
            self.pending.resize(self.pending.len().max(1).next_multiple_of(block), 0.0);
            let before = self.given;
            let start = out.len();
            self.drain(out)?;
            let surplus = self.given.saturating_sub(wanted);
            let fresh = self.given - before;
            out.truncate(start + (fresh - surplus.min(fresh)) as usize);
        }
        *self = Self::new(self.from, self.to)?;
        Ok(())
    }

    fn drain(&mut self, out: &mut Vec<f32>) -> Result<(), SpeechError> {
        let Some(engine) = &mut self.engine else { return Ok(()) };
        let failed = |error: String| SpeechError::Run { engine: ENGINE, message: error };
        let mut used = 0;
        loop {
            let block = engine.input_frames_next();
            let Some(input) = self.pending.get(used..used + block) else { break };
            let room = self.block_out.len();
            let source = InterleavedSlice::new(input, 1, block).map_err(|error| failed(error.to_string()))?;
            let mut target =
                InterleavedSlice::new_mut(&mut self.block_out, 1, room).map_err(|error| failed(error.to_string()))?;
            let (_, produced) =
                engine.process_into_buffer(&source, &mut target, None).map_err(|error| failed(error.to_string()))?;
            let skipped = self.delay_left.min(produced);
            self.delay_left -= skipped;
            self.given += (produced - skipped) as u64;
            out.extend_from_slice(&self.block_out[skipped..produced]);
            used += block;
        }
        self.pending.drain(..used);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used)]
    use super::*;
    use proptest::prelude::*;

    const PAIRS: [(u32, u32); 4] = [(22_050, 48_000), (24_000, 48_000), (48_000, 16_000), (16_000, 16_000)];

    fn tone(frequency: f32, rate: u32, count: usize) -> Vec<f32> {
        (0..count).map(|n| 0.5 * (n as f32 * frequency / rate as f32 * std::f32::consts::TAU).sin()).collect()
    }

    fn resample(from: u32, to: u32, input: &[f32], piece: usize) -> Vec<f32> {
        let mut resampler = Resampler::new(from, to).unwrap();
        let mut out = Vec::new();
        for part in input.chunks(piece) {
            resampler.push(part, &mut out).unwrap();
        }
        resampler.finish(&mut out).unwrap();
        out
    }

    #[test]
    fn the_tone_arrives_in_step_at_the_same_level() {
        for (from, to) in PAIRS {
            let out = resample(from, to, &tone(440.0, from, from as usize), 480);
            let wanted = tone(440.0, to, to as usize);
            let middle = 2_000..wanted.len() - 2_000;
            let worst = middle.map(|n| (out[n] - wanted[n]).abs()).fold(0.0, f32::max);
            assert!(worst < 0.005, "{from} to {to}: off by {worst}");
        }
    }

    #[test]
    fn what_the_new_rate_cannot_hold_is_removed() {
        let out = resample(48_000, 16_000, &tone(12_000.0, 48_000, 48_000), 480);
        let loudest = out[1_000..15_000].iter().fold(0.0f32, |most, sample| most.max(sample.abs()));
        assert!(loudest < 0.001, "12 kHz came through at {loudest}");
    }

    #[test]
    fn a_stream_comes_out_while_it_goes_in() {
        let mut resampler = Resampler::new(48_000, 16_000).unwrap();
        let mut out = Vec::new();
        resampler.push(&tone(440.0, 48_000, 4_800), &mut out).unwrap();
        assert!(out.len() >= 1_600 - 320, "{} of 1600 samples after 100 ms", out.len());
    }

    #[test]
    fn it_can_be_used_again_after_the_end() {
        let mut resampler = Resampler::new(24_000, 48_000).unwrap();
        let mut first = Vec::new();
        resampler.push(&[0.5; 1_000], &mut first).unwrap();
        resampler.finish(&mut first).unwrap();
        let mut second = Vec::new();
        resampler.push(&[0.5; 1_000], &mut second).unwrap();
        resampler.finish(&mut second).unwrap();
        assert_eq!(first, second);
        let mut nothing = Vec::new();
        resampler.finish(&mut nothing).unwrap();
        assert!(nothing.is_empty());
    }

    #[test]
    fn absurd_rates_are_refused() {
        for (from, to) in [(0, 48_000), (48_000, 0), (48_000, 1_000_000)] {
            assert!(matches!(Resampler::new(from, to), Err(SpeechError::Input { .. })));
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(40))]
        #[test]
        fn the_length_is_exact_and_the_pieces_do_not_matter(
            pair in proptest::sample::select(PAIRS.to_vec()),
            count in 0usize..6_000,
            piece in 1usize..2_000,
        ) {
            let (from, to) = pair;
            let input = tone(300.0, from, count);
            let out = resample(from, to, &input, piece);
            let wanted = count as f64 * f64::from(to) / f64::from(from);
            prop_assert!((out.len() as f64 - wanted).abs() < 1.0, "{} for {wanted}", out.len());
            prop_assert_eq!(out, resample(from, to, &input, usize::MAX));
        }
    }
}
