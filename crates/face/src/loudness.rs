//! How loud speech is along its way: loud syllables open the mouth wider than soft ones.

/// Length of one value, in seconds.
const STEP_S: f32 = 0.020;
/// Values on either side over which a value is averaged: a mouth follows syllables, not pitch periods.
const SMOOTHED_OVER: usize = 2;
/// The share of a mouth's opening at silence and at the speech's own loud parts.
const OPENING: (f32, f32) = (0.70, 1.05);
/// The rank of the value that counts as loud, as a share.
const LOUD: f32 = 0.90;

/// Loudness along a piece of speech, relative to its loud parts.
#[derive(Debug, Clone, Default)]
pub(crate) struct Loudness {
    /// Samples per value.
    step: u64,
    /// 0..=1 each; empty when unknown.
    values: Vec<f32>,
}

impl Loudness {
    /// The loudness of mono PCM at `sample_rate` Hz.
    pub(crate) fn of(sample_rate: u32, samples: &[i16]) -> Self {
        let step = ((sample_rate as f32 * STEP_S) as usize).max(1);
        let rms = |chunk: &[i16]| {
            let sum: f32 = chunk.iter().map(|sample| f32::from(*sample).powi(2)).sum();
            (sum / chunk.len() as f32).sqrt()
        };
        let raw: Vec<f32> = samples.chunks(step).map(rms).collect();
        let smooth: Vec<f32> = (0..raw.len())
            .map(|index| {
                let window = &raw[index.saturating_sub(SMOOTHED_OVER)..(index + SMOOTHED_OVER + 1).min(raw.len())];
                window.iter().sum::<f32>() / window.len() as f32
            })
            .collect();
        let mut ranked = smooth.clone();
        ranked.sort_by(f32::total_cmp);
        let loud = ranked.get((ranked.len() as f32 * LOUD) as usize).copied().unwrap_or(0.0);
        if loud <= 0.0 {
            return Self::default();
        }
        Self { step: step as u64, values: smooth.iter().map(|value| (value / loud).min(1.0)).collect() }
    }

    /// The share to which the mouth opens at `sample`; 1 when the loudness is unknown.
    pub(crate) fn opening(&self, sample: u64) -> f32 {
        if self.values.is_empty() {
            return 1.0;
        }
        let place = sample as f64 / self.step as f64;
        let at = |index: usize| self.values[index.min(self.values.len() - 1)];
        let (index, share) = (place as usize, place.fract() as f32);
        let loudness = at(index) + (at(index.saturating_add(1)) - at(index)) * share;
        OPENING.0 + (OPENING.1 - OPENING.0) * loudness
    }
}
