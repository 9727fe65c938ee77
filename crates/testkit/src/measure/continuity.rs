//! Whether sound goes on from the very sample where it paused, when what was played is known.

/// Samples are compared at a sixth of 48 kHz: enough for a voice, and quick.
const STEP: usize = 6;
/// How much sound on each side of a pause is looked for: 200 ms at 48 kHz.
const PROBE: usize = 9600;
/// The likeness (normalised correlation, 0 to 1) from which a place counts as found. A codec leaves a voice above 0.8.
const ALIKE: f64 = 0.7;

/// How many samples of `played` are missing in `heard` between `before` (one past the last sample before a pause) and
/// `after` (the first sample behind it). Negative: so many were played twice. All at 48 kHz, mono.
///
/// The 200 ms of `heard` on each side of the pause are found in `played` by their normalised cross-correlation; so the
/// answer is exact to about 0.2 ms, whatever the transport's delay. Only an approximate copy is needed, such as what a codec
/// leaves. `None` when a side is too short, is silent, or is not found in `played`.
#[must_use]
pub fn lost_samples(played: &[i16], heard: &[i16], before: usize, after: usize) -> Option<i64> {
    let first = heard.get(before.checked_sub(PROBE)?..before)?;
    let second = heard.get(after..after.checked_add(PROBE)?)?;
    let played = reduced(played);
    let left = find(&played, &reduced(first))? + PROBE / STEP;
    let right = find(&played, &reduced(second))?;
    Some((right as i64 - left as i64) * STEP as i64)
}

fn reduced(samples: &[i16]) -> Vec<f64> {
    let mean = |part: &[i16]| part.iter().map(|sample| f64::from(*sample)).sum::<f64>() / part.len() as f64;
    samples.chunks(STEP).map(mean).collect()
}

/// Where `probe` is in `played`, both reduced.
fn find(played: &[f64], probe: &[f64]) -> Option<usize> {
    let energy: f64 = probe.iter().map(|sample| sample * sample).sum();
    if energy < probe.len() as f64 * 100.0 {
        return None;
    }
    let likeness = |window: &[f64]| {
        let (mut product, mut own) = (0.0, 0.0);
        for (sample, other) in window.iter().zip(probe) {
            product += sample * other;
            own += sample * sample;
        }
        if own > 0.0 { product / (own * energy).sqrt() } else { 0.0 }
    };
    let places = played.windows(probe.len()).map(likeness).enumerate();
    let (place, alike) = places.max_by(|one, other| one.1.total_cmp(&other.1))?;
    (alike >= ALIKE).then_some(place)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Two seconds of a voice-like sound: a tone that rises, so that no moment is like another.
    fn played() -> Vec<i16> {
        let mut phase = 0.0_f64;
        let sample = |n: usize| {
            let time = n as f64 / 48_000.0;
            phase += std::f64::consts::TAU * (120.0 + 90.0 * time) / 48_000.0;
            (5000.0 * phase.sin() + 2500.0 * (3.0 * phase).sin()) as i16
        };
        (0..96_000).map(sample).collect()
    }

    /// As heard: delayed, quieter, a little noisy, and with a pause at 40,000 behind which it goes on at `resumed`.
    fn heard(played: &[i16], resumed: usize) -> (Vec<i16>, usize, usize) {
        let mut noise = 1_u32;
        let mut copy = |part: &[i16]| -> Vec<i16> {
            let noisy = part.iter().map(|sample| {
                noise = noise.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                sample / 2 + (noise >> 24) as i16 - 128
            });
            noisy.collect()
        };
        let (before, after) = (copy(&played[..40_000]), copy(&played[resumed..]));
        let sound = [vec![0; 7777], before, vec![0; 24_000], after].concat();
        (sound, 47_777, 71_777)
    }

    #[test]
    fn a_pause_alone_loses_nothing() {
        let played = played();
        let (sound, before, after) = heard(&played, 40_000);
        let lost = lost_samples(&played, &sound, before, after);
        assert!(lost.is_some_and(|lost| lost.abs() <= 12), "{lost:?}");
    }

    #[test]
    fn lost_and_repeated_sound_is_told_to_the_sample() {
        let played = played();
        for lost in [-4800, -960, 960, 9600_i64] {
            let (sound, before, after) = heard(&played, (40_000 + lost) as usize);
            let told = lost_samples(&played, &sound, before, after);
            assert!(told.is_some_and(|told| (told - lost).abs() <= 12), "{lost} samples were told as {told:?}");
        }
    }

    #[test]
    fn what_was_never_played_is_not_found() {
        let played = played();
        let other: Vec<i16> = (0..60_000).map(|n| (4000.0 * (n as f64 * 0.2).sin()) as i16).collect();
        assert_eq!(lost_samples(&played, &other, 20_000, 30_000), None);
        assert_eq!(lost_samples(&played, &vec![0; 60_000], 20_000, 30_000), None);
        assert_eq!(lost_samples(&played, &other, 100, 30_000), None, "too little before the pause");
    }
}
