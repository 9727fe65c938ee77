//! Lip-sync as received: how far the sound that is heard lies ahead of the picture that is seen.
//!
//! A frame says which sample of the sent voice it belongs to. Which sample is heard in the moment in which it comes is found
//! by laying a window of what was received over what was sent (normalised cross-correlation). Their difference is the skew:
//! positive when the sound leads the lips, as in EBU R37.

use std::time::Duration;

/// Samples a second of both recordings.
const RATE: u64 = 48_000;
/// Both are compared at an eighth of that: 6 kHz keep a voice's shape.
const DECIMATION: usize = 8;
/// Samples of the window, decimated: 240 ms around the moment.
const WINDOW: usize = 1_440;
/// How far, in decimated samples, sound and picture may lie apart: 600 ms.
const REACH: i64 = 3_600;
/// How far from the last place is looked first: 15 ms.
const NEAR: i64 = 90;
/// A window tells nothing when one of its quarters is quieter than this (root mean square of 16 bits): it holds the edge of a
/// speech, and what was sent before or after it is another one.
const QUIET: f64 = 60.0;
/// Windows that are less alike than this are not the same sound.
const ALIKE: f64 = 0.7;

/// A frame that says which sample of the agent's voice, counted from the first of the call, it belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StampedFrame {
    /// When it came, on the call's clock.
    pub at: Duration,
    /// The sample, of 48 kHz.
    pub sample: u64,
}

/// The skew of one frame.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Skew {
    /// When the frame came, on the call's clock.
    pub at: Duration,
    /// How far the sound leads it, in milliseconds.
    pub ms: f64,
}

/// The skew of each frame that came while a voice was heard. `received` lies on the call's clock, `sent` is the whole voice of
/// the sender; both 48 kHz mono.
#[must_use]
pub fn skews(received: &[i16], sent: &[i16], frames: &[StampedFrame]) -> Vec<Skew> {
    let received = decimate(received);
    // Nothing came before the first sample, and windows reach there.
    let before = REACH as usize + WINDOW;
    let sent = [vec![0.0; before], decimate(sent)].concat();
    let mut last: Option<i64> = None;
    let mut skews = Vec::new();
    for frame in frames {
        let middle = (frame.at.as_secs_f64() * RATE as f64) as usize / DECIMATION;
        let Some(heard) = middle.checked_sub(WINDOW / 2).and_then(|from| received.get(from..from + WINDOW)) else {
            continue;
        };
        if heard.chunks(WINDOW / 4).any(|quarter| rms(quarter) < QUIET) {
            continue;
        }
        let expected = (before + frame.sample as usize / DECIMATION) as i64;
        let near = last.and_then(|lag| best(heard, &sent, expected, lag - NEAR..=lag + NEAR));
        let found = near.filter(|(_, alike)| *alike >= ALIKE).or_else(|| best(heard, &sent, expected, -REACH..=REACH));
        let Some((lag, _)) = found.filter(|(_, alike)| *alike >= ALIKE) else { continue };
        last = Some(lag);
        skews.push(Skew { at: frame.at, ms: lag as f64 * DECIMATION as f64 * 1e3 / RATE as f64 });
    }
    skews
}

/// The lag within `lags` at which `sent` around `expected` is most like `heard`, and how alike (-1 to 1).
fn best(heard: &[f32], sent: &[f32], expected: i64, lags: std::ops::RangeInclusive<i64>) -> Option<(i64, f64)> {
    let energy: f64 = heard.iter().map(|sample| f64::from(sample * sample)).sum();
    let start = |lag: i64| usize::try_from(expected + lag - (WINDOW / 2) as i64).ok();
    let alike = |lag: i64| {
        let from = start(lag)?;
        let other = sent.get(from..from + WINDOW)?;
        let (mut product, mut other_energy) = (0.0_f32, 0.0_f32);
        for (a, b) in heard.iter().zip(other) {
            product += a * b;
            other_energy += b * b;
        }
        let scale = (energy * f64::from(other_energy)).sqrt();
        (scale > 0.0).then(|| (lag, f64::from(product) / scale))
    };
    lags.filter_map(alike).max_by(|a, b| a.1.total_cmp(&b.1))
}

fn decimate(samples: &[i16]) -> Vec<f32> {
    let mean = |chunk: &[i16]| chunk.iter().map(|sample| f32::from(*sample)).sum::<f32>() / DECIMATION as f32;
    samples.chunks_exact(DECIMATION).map(mean).collect()
}

fn rms(samples: &[f32]) -> f64 {
    (samples.iter().map(|sample| f64::from(sample * sample)).sum::<f64>() / samples.len() as f64).sqrt()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Something like a voice: a tone whose pitch and loudness never repeat.
    fn voice(samples: u32) -> Vec<i16> {
        let of = |n: u32| {
            let t = f64::from(n) / RATE as f64;
            let loud = 0.5 + 0.5 * (t * 19.0 + (t * 3.1).sin()).sin();
            (9_000.0 * loud * (t * 900.0 + 7.0 * (t * 11.0).sin() + 3.0 * (t * 4.3).sin()).sin()) as i16
        };
        (0..samples).map(of).collect()
    }

    /// Frames every 40 ms that come `delay` after their sample was sent.
    fn frames(delay: Duration, count: u64) -> Vec<StampedFrame> {
        let frame = |n: u64| StampedFrame { at: Duration::from_millis(n * 40) + delay, sample: n * 1_920 };
        (0..count).map(frame).collect()
    }

    fn heard(sent: &[i16], delay_ms: usize) -> Vec<i16> {
        let mut heard = vec![0; delay_ms * 48];
        // Half as loud, and a little rough.
        heard.extend(sent.iter().enumerate().map(|(n, sample)| sample / 2 + (n % 7) as i16 * 20));
        heard
    }

    #[test]
    fn sound_that_comes_sooner_than_the_picture_leads() {
        let sent = voice(48_000 * 4);
        for (sound_ms, picture_ms, skew) in [(80, 110, 30.0), (100, 60, -40.0), (70, 70, 0.0)] {
            let found = skews(&heard(&sent, sound_ms), &sent, &frames(Duration::from_millis(picture_ms), 95));
            assert!(found.len() > 80, "{} of 95 frames", found.len());
            assert!(found.iter().all(|one| (one.ms - skew).abs() < 1.0), "{skew}: {found:?}");
        }
    }

    #[test]
    fn a_stall_of_the_sound_shows_from_where_it_began() {
        let sent = voice(48_000 * 4);
        let mut late = heard(&sent[..96_000], 80);
        late.extend(heard(&sent[96_000..], 50));
        let found = skews(&late, &sent, &frames(Duration::from_millis(80), 95));
        let mean = |of: &dyn Fn(&&Skew) -> bool| {
            let chosen: Vec<f64> = found.iter().filter(of).map(|one| one.ms).collect();
            chosen.iter().sum::<f64>() / chosen.len() as f64
        };
        assert!(mean(&|one| one.at < Duration::from_millis(1_900)).abs() < 1.0);
        assert!((mean(&|one| one.at > Duration::from_millis(2_300)) + 50.0).abs() < 1.0);
    }

    #[test]
    fn silence_and_strange_sounds_tell_nothing() {
        let sent = voice(48_000);
        assert_eq!(skews(&vec![0; 48_000], &sent, &frames(Duration::ZERO, 20)), []);
        let other: Vec<i16> = (0..48_000_i64).map(|n| ((n * n) % 20_011 - 10_000) as i16).collect();
        assert_eq!(skews(&other, &sent, &frames(Duration::ZERO, 20)), []);
        assert_eq!(skews(&[], &[], &frames(Duration::ZERO, 3)), []);
    }
}
