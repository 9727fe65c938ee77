//! Sounds that are not speech, for judging what ears make of them. Pure; the same seed gives the same samples.
//!
//! All are 48 kHz mono, 16 bits, of the loudness of a voice unless a level is given.

use std::f64::consts::TAU;
use std::time::Duration;

use crate::random::Noise;
use crate::wav::ROOM_SAMPLE_RATE;

const RATE: f64 = ROOM_SAMPLE_RATE as f64;
/// The loudest sample of music and bursts, as a share of full scale: as loud as the caller's voice.
const PEAK: f64 = 0.5;
/// A cough's loudest sample, in 16-bit units: about as loud as a voice.
const COUGH_PEAK: f64 = 14_000.0;
/// Chords in hertz: C, A minor, F, G.
const CHORDS: [[f64; 3]; 4] =
    [[261.63, 329.63, 392.00], [220.00, 261.63, 329.63], [174.61, 261.63, 349.23], [196.00, 246.94, 392.00]];
/// A tune over the chords, in hertz: two notes for each.
const TUNE: [f64; 8] = [523.25, 659.25, 440.00, 523.25, 698.46, 523.25, 587.33, 493.88];

/// The number of samples of a time.
#[must_use]
pub fn samples_in(time: Duration) -> usize {
    (time.as_secs_f64() * RATE).round() as usize
}

/// Nothing at all.
#[must_use]
pub fn silence(length: Duration) -> Vec<i16> {
    vec![0; samples_in(length)]
}

/// White noise that goes on and on; its loudest sample is `level` (0 to 1) of full scale.
#[must_use]
pub fn steady_noise(length: Duration, level: f64, seed: u32) -> Vec<i16> {
    let mut noise = Noise::new(seed);
    (0..samples_in(length)).map(|_| to_sample(noise.next() * level)).collect()
}

/// Bursts of white noise of 80 to 600 ms, with 200 to 900 ms of silence between them.
#[must_use]
pub fn noise_bursts(length: Duration, seed: u32) -> Vec<i16> {
    let mut noise = Noise::new(seed);
    let mut samples = Vec::with_capacity(samples_in(length));
    while samples.len() < samples_in(length) {
        let burst = samples_in(Duration::from_millis(80 + u64::from(noise.below(520))));
        let pause = samples_in(Duration::from_millis(200 + u64::from(noise.below(700))));
        for index in 0..burst {
            let fall = 1.0 - index as f64 / burst as f64;
            samples.push(to_sample(noise.next() * PEAK * fall));
        }
        samples.resize(samples.len() + pause, 0);
    }
    samples.truncate(samples_in(length));
    samples
}

/// So many coughs, 700 ms apart.
#[must_use]
pub fn coughs(count: u32, seed: u32) -> Vec<i16> {
    let pause = silence(Duration::from_millis(700));
    (0..count).flat_map(|n| [cough(seed.wrapping_add(n)), pause.clone()].concat()).collect()
}

/// A noise like a cough: two bursts of low-passed noise with a steep start and a slow end.
pub(crate) fn cough(seed: u32) -> Vec<i16> {
    let mut noise = Noise::new(seed);
    let first = samples_in(Duration::from_millis(90 + u64::from(noise.below(40))));
    let between = samples_in(Duration::from_millis(30 + u64::from(noise.below(30))));
    let second = samples_in(Duration::from_millis(130 + u64::from(noise.below(30))));
    let mut cough = burst(first, 1.0, &mut noise);
    cough.resize(first + between, 0.0);
    cough.extend(burst(second, 0.7, &mut noise));
    let loudest = cough.iter().fold(1e-9_f64, |loudest, sample| loudest.max(sample.abs()));
    cough.iter().map(|sample| (sample / loudest * COUGH_PEAK) as i16).collect()
}

fn burst(length: usize, level: f64, noise: &mut Noise) -> Vec<f64> {
    let attack = samples_in(Duration::from_millis(5));
    let mut low = 0.0;
    let shape = |index: usize| {
        let rise = (index as f64 / attack as f64).min(1.0);
        rise * (1.0 - index as f64 / length as f64).powf(1.5)
    };
    let mut samples = Vec::with_capacity(length);
    for index in 0..length {
        // One pole at about 2.5 kHz: a throat, not a hiss.
        low += 0.28 * (noise.next() - low);
        samples.push(low * shape(index) * level);
    }
    samples
}

/// Somebody hums six notes, each as long as `note`, with closed lips: pulses through the resonances of a throat, with vibrato.
#[must_use]
pub fn humming(note: Duration) -> Vec<i16> {
    // A male voice; formants in hertz of a hummed m, all 80 Hz wide.
    let (notes, formants) = ([147.0, 165.0, 196.0, 175.0, 220.0, 196.0], [250.0, 900.0, 2200.0]);
    let radius = (-std::f64::consts::PI * 80.0 / RATE).exp();
    let mut phase = 0.0_f64;
    let mut rings = [[0.0_f64; 2]; 3];
    let length = samples_in(note);
    let sound: Vec<f64> = (0..length * notes.len())
        .map(|index| {
            let vibrato = 1.0 + 0.01 * (TAU * 5.5 * index as f64 / RATE).sin();
            phase = (phase + notes[index / length] * vibrato / RATE).fract();
            let (source, mut sample) = (1.0 - 2.0 * phase, 0.0);
            for (order, (ring, formant)) in rings.iter_mut().zip(formants).enumerate() {
                // A resonator of two poles (Klatt 1980).
                let turn = 2.0 * radius * (TAU * formant / RATE).cos();
                let value = (1.0 - radius) * source + turn * ring[0] - radius * radius * ring[1];
                *ring = [value, ring[0]];
                sample += value / (order + 1) as f64;
            }
            let within = (index % length) as f64 / RATE;
            sample * (within * 20.0).min(1.0) * ((note.as_secs_f64() - within) * 20.0).min(1.0)
        })
        .collect();
    at_peak(&sound)
}

/// Something like music: chords and a tune with vibrato, each note with overtones, and drums at 120 beats a minute.
#[must_use]
pub fn music(length: Duration, seed: u32) -> Vec<i16> {
    let mut noise = Noise::new(seed);
    let mut phases = [0.0_f64; 4];
    let sound = (0..samples_in(length)).map(|index| {
        let time = index as f64 / RATE;
        let chord = CHORDS[(time as usize) % CHORDS.len()];
        let tune = TUNE[(time * 2.0) as usize % TUNE.len()];
        let vibrato = 1.0 + 0.008 * (TAU * 5.5 * time).sin();
        let mut sample = 0.0;
        for (phase, pitch) in phases.iter_mut().zip(chord.into_iter().chain([tune])) {
            *phase = (*phase + pitch * vibrato / RATE).fract();
            let overtones = (1..=6).map(|n| (TAU * f64::from(n) * *phase).sin() / f64::from(n));
            sample += overtones.sum::<f64>();
        }
        let note = (time * 2.0).fract() / 2.0;
        let swell = (note * 40.0).min(1.0) * (1.0 - note);
        sample * swell * 0.16 + drums(time, noise.next())
    });
    let sound: Vec<f64> = sound.collect();
    at_peak(&sound)
}

/// A bass drum on each beat (its pitch falls), a snare (noise) on each second one.
fn drums(time: f64, noise: f64) -> f64 {
    let beat = (time * 2.0).fract() / 2.0;
    let bass = (TAU * (45.0 * beat + 3.0 * (1.0 - (-beat * 30.0).exp()))).sin() * (-beat * 12.0).exp();
    let second = (time as usize * 2 + usize::from(time.fract() >= 0.5)) % 2 == 1;
    let snare = if second { noise * (-beat * 25.0).exp() } else { 0.0 };
    0.5 * bass + 0.35 * snare
}

/// Two sounds at once, the second `later` after the first began; each at full level, clipped where both are loud.
#[must_use]
pub fn at_once(first: &[i16], second: &[i16], later: Duration) -> Vec<i16> {
    let shift = samples_in(later);
    let length = first.len().max(second.len() + shift);
    let at = |sound: &[i16], index: Option<usize>| index.and_then(|index| sound.get(index)).copied().unwrap_or(0);
    (0..length).map(|index| at(first, Some(index)).saturating_add(at(second, index.checked_sub(shift)))).collect()
}

fn at_peak(sound: &[f64]) -> Vec<i16> {
    let loudest = sound.iter().fold(1e-9_f64, |loudest, sample| loudest.max(sample.abs()));
    sound.iter().map(|sample| to_sample(sample / loudest * PEAK)).collect()
}

fn to_sample(value: f64) -> i16 {
    (value.clamp(-1.0, 1.0) * 32_767.0) as i16
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::measure::speech_bounds;

    const SECOND: Duration = Duration::from_secs(1);

    fn loudest(samples: &[i16]) -> u16 {
        samples.iter().map(|sample| sample.unsigned_abs()).max().unwrap_or(0)
    }

    #[test]
    fn every_sound_is_as_long_and_as_loud_as_asked_and_the_same_each_time() {
        for sound in [|seed| noise_bursts(5 * SECOND, seed), |seed| music(5 * SECOND, seed)] {
            assert_eq!(sound(3), sound(3));
            assert_ne!(sound(3), sound(4));
            assert_eq!(sound(3).len(), 5 * ROOM_SAMPLE_RATE as usize);
            assert!((14_000..=16_384).contains(&loudest(&sound(3))));
        }
        assert!((3_000..3_277).contains(&loudest(&steady_noise(SECOND, 0.1, 1))));
        assert_eq!(loudest(&silence(SECOND)), 0);
    }

    #[test]
    fn two_sounds_are_added_and_the_later_one_comes_later() {
        let tone = vec![20_000; 10];
        let later = Duration::from_secs_f64(5.0 / RATE);
        let both = at_once(&tone, &tone, later);
        assert_eq!(both.len(), 15);
        assert_eq!((both[0], both[7], both[14]), (20_000, i16::MAX, 20_000));
    }

    #[test]
    fn a_cough_is_short_loud_and_the_same_every_time() {
        assert_eq!(cough(7), cough(7));
        assert_ne!(cough(7), cough(8));
        for seed in 0..20 {
            let cough = cough(seed);
            let ms = cough.len() * 1000 / ROOM_SAMPLE_RATE as usize;
            assert!((245..=350).contains(&ms), "{ms} ms");
            assert!(cough.iter().any(|sample| sample.unsigned_abs() > 13_000));
            assert!(speech_bounds(&cough, ROOM_SAMPLE_RATE).is_some());
        }
    }
}
