//! A mouth read off the sound alone, for voices of which nobody tells the phonemes.
//!
//! Two numbers for each 10 ms: how loud it is, compared with the loudest of the last seconds, and how bright, as the mean
//! frequency of its spectrum. Loud opens the jaw; dull vowels (oo, oh) round the lips, bright ones (ee) pull them apart, hissing
//! shows teeth behind an almost shut jaw. The mean frequency is the root mean square one, read off the energy of the
//! differences between samples: for a sine of f Hz at a rate of r, `rms(x[n] - x[n-1]) / rms(x) = 2 sin(pi f / r)`.
//! Lips move smoothly and begin before the sound they make, as they do on people: shapes are weighted means over some
//! frames before and after. In silence the mouth is shut.

use std::collections::VecDeque;

use crate::expression::pairs;
use crate::{Articulation, BlendShape, Expression};

/// Shapes a second.
pub const SHAPES_PER_SECOND: u32 = 100;
/// Frames after a moment that its shape takes into account: so far ahead must the sound be known.
pub const LOOK_AHEAD: usize = 3;
/// Frames before a moment that its shape takes into account.
const LOOK_BACK: usize = 3;
/// Weights of the frames around a moment, the oldest first.
const WEIGHTS: [f32; LOOK_BACK + 1 + LOOK_AHEAD] = [0.06, 0.12, 0.20, 0.24, 0.20, 0.12, 0.06];
/// Quieter than this is silence, in dB of full scale.
const SILENCE_DB: f32 = -50.0;
/// The loudest moment of a voice is taken to be at least so loud, in dB of full scale.
const QUIETEST_PEAK_DB: f32 = -32.0;
/// How fast the loudest moment is forgotten, in dB a frame: 3 dB a second.
const PEAK_DECAY_DB: f32 = 0.03;
/// From this far below the loudest moment on the jaw begins to open, in dB.
const SPAN_DB: f32 = 30.0;
/// Mean frequencies in Hz: below the first the lips are round, above the second wide, above the third it hisses.
const ROUND_BELOW_HZ: f32 = 900.0;
const WIDE_ABOVE_HZ: f32 = 1_800.0;
const HISS_ABOVE_HZ: f32 = 3_500.0;
/// How far the loudest vowel opens the jaw: only few vowels of real speech open it wholly, and the sound can't tell which.
const WIDEST_JAW: f32 = 0.72;

/// What a frame asks of jaw and lips, each 0..=1.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
struct Asked {
    jaw: f32,
    round: f32,
    wide: f32,
    teeth: f32,
}

impl Asked {
    fn add(self, other: Self, weight: f32) -> Self {
        Self {
            jaw: self.jaw + weight * other.jaw,
            round: self.round + weight * other.round,
            wide: self.wide + weight * other.wide,
            teeth: self.teeth + weight * other.teeth,
        }
    }

    fn articulation(self) -> Articulation {
        let mouth = Expression::REST
            .with(BlendShape::JawOpen, self.jaw)
            .with(BlendShape::MouthPucker, self.round)
            .with_both(pairs::MOUTH_STRETCH, self.wide)
            .with_both(pairs::MOUTH_UPPER_UP, self.teeth)
            .with_both(pairs::MOUTH_LOWER_DOWN, self.teeth);
        // A mouth that is hardly open is spoken with as well.
        let presence = 4.0 * mouth.distance(&Expression::REST);
        Articulation { mouth, presence, ..Articulation::REST }.bounded()
    }
}

/// Turns sound into a mouth, 10 ms at a time.
///
/// One shape comes out for each frame that went in, [`LOOK_AHEAD`] frames later.
#[derive(Debug, Clone)]
pub struct MouthFromSound {
    sample_rate: f32,
    last_sample: f32,
    peak_db: f32,
    /// What single frames ask for: those before the next shape's, its own, and those after it.
    wanted: VecDeque<Asked>,
}

impl MouthFromSound {
    /// A mouth for sound of `sample_rate` samples a second (0 is taken as 1).
    #[must_use]
    pub fn new(sample_rate: u32) -> Self {
        Self {
            sample_rate: sample_rate.max(1) as f32,
            last_sample: 0.0,
            peak_db: QUIETEST_PEAK_DB,
            wanted: VecDeque::from([Asked::default(); LOOK_BACK]),
        }
    }

    /// Takes the next 10 ms of mono sound. Gives the shape that belongs [`LOOK_AHEAD`] frames before it, once there is one.
    pub fn push(&mut self, frame: &[i16]) -> Option<Articulation> {
        let wanted = self.wanted_by(frame);
        self.add(wanted)
    }

    /// The sound is over: gives the shapes of the last [`LOOK_AHEAD`] frames (fewer when there were fewer), and begins anew.
    pub fn finish(&mut self) -> Vec<Articulation> {
        let shapes = (0..LOOK_AHEAD).filter_map(|_| self.add(Asked::default())).collect();
        *self = Self { peak_db: self.peak_db, ..Self::new(self.sample_rate as u32) };
        shapes
    }

    fn add(&mut self, wanted: Asked) -> Option<Articulation> {
        self.wanted.push_back(wanted);
        if self.wanted.len() < WEIGHTS.len() {
            return None;
        }
        let sum =
            self.wanted.iter().zip(WEIGHTS).fold(Asked::default(), |sum, (asked, weight)| sum.add(*asked, weight));
        self.wanted.pop_front();
        Some(sum.articulation())
    }

    /// What one frame alone asks for.
    fn wanted_by(&mut self, frame: &[i16]) -> Asked {
        let (mut energy, mut slope) = (0.0_f32, 0.0_f32);
        for sample in frame {
            let sample = f32::from(*sample) / 32_768.0;
            energy += sample * sample;
            slope += (sample - self.last_sample).powi(2);
            self.last_sample = sample;
        }
        let count = frame.len().max(1) as f32;
        let level_db = 10.0 * (energy / count).max(1e-12).log10();
        self.peak_db = (self.peak_db - PEAK_DECAY_DB).max(QUIETEST_PEAK_DB).max(level_db);
        if level_db < SILENCE_DB {
            return Asked::default();
        }
        let loud = smooth((level_db - (self.peak_db - SPAN_DB)) / SPAN_DB);
        let brightness = mean_frequency(slope / energy, self.sample_rate);
        let hiss = smooth((brightness - HISS_ABOVE_HZ) / 1_500.0);
        let round = smooth((ROUND_BELOW_HZ - brightness) / 500.0);
        let wide = smooth((brightness - WIDE_ABOVE_HZ) / 1_000.0);
        Asked {
            jaw: WIDEST_JAW * loud * (1.0 - 0.75 * hiss) * (1.0 - 0.35 * round - 0.3 * wide * (1.0 - hiss)),
            round: loud * round * 0.8,
            wide: loud * wide * 0.75,
            teeth: loud * (0.3 + 0.6 * wide).min(0.9) * (1.0 - 0.8 * round),
        }
    }
}

/// The root mean square frequency of a spectrum, in Hz, from the energy of differences over the energy itself.
fn mean_frequency(slope_over_energy: f32, sample_rate: f32) -> f32 {
    (slope_over_energy.max(0.0).sqrt() / 2.0).min(1.0).asin() * sample_rate / std::f32::consts::PI
}

/// A smooth step from 0 (at or below 0) to 1 (at or above 1).
fn smooth(position: f32) -> f32 {
    let x = if position.is_nan() { 0.0 } else { position.clamp(0.0, 1.0) };
    x * x * (3.0 - 2.0 * x)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const RATE: u32 = 48_000;

    const JAW: BlendShape = BlendShape::JawOpen;

    /// How round, how wide, how much of the teeth.
    fn lips(shape: &Articulation) -> [f32; 3] {
        let mouth = &shape.mouth;
        [mouth[BlendShape::MouthPucker], mouth.mean(pairs::MOUTH_STRETCH), mouth.mean(pairs::MOUTH_LOWER_DOWN)]
    }

    fn frames(of: impl Fn(f32) -> f32, count: usize) -> Vec<Vec<i16>> {
        let sample = |n: usize| (of(n as f32 / RATE as f32) * 32_000.0) as i16;
        (0..count).map(|frame| (frame * 480..(frame + 1) * 480).map(sample).collect()).collect()
    }

    fn tone(hertz: f32, loud: f32) -> impl Fn(f32) -> f32 {
        move |at| loud * (at * hertz * std::f32::consts::TAU).sin()
    }

    fn shapes(frames: &[Vec<i16>]) -> Vec<Articulation> {
        let mut mouth = MouthFromSound::new(RATE);
        let mut shapes: Vec<_> = frames.iter().filter_map(|frame| mouth.push(frame)).collect();
        shapes.extend(mouth.finish());
        shapes
    }

    #[test]
    fn every_frame_has_its_shape() {
        for count in [0, 1, 2, 3, 4, 50] {
            assert_eq!(shapes(&frames(tone(300.0, 0.5), count)).len(), count, "of {count} frames");
        }
    }

    #[test]
    fn silence_shuts_the_mouth_and_a_voice_opens_it() {
        let mut sound = frames(|_| 0.0, 20);
        sound.extend(frames(tone(1_300.0, 0.5), 20));
        sound.extend(frames(|_| 0.0, 20));
        let shapes = shapes(&sound);
        assert!(shapes[..16].iter().chain(&shapes[44..]).all(|shape| *shape == Articulation::REST));
        assert!(shapes[30].mouth[JAW] > 0.6, "{:?}", shapes[30]);
        // It begins to open before the sound and is shut again within 120 ms of its end.
        assert!(shapes[18].mouth[JAW] > 0.0 && shapes[52].mouth[JAW] == 0.0);
    }

    #[test]
    fn dull_sound_rounds_the_lips_bright_sound_widens_them_and_hissing_hardly_opens_the_jaw() {
        let of = |hertz| shapes(&frames(tone(hertz, 0.4), 20))[10];
        let (oo, ee, hiss) = (of(300.0), of(2_600.0), of(7_000.0));
        let [round, wide, _] = lips(&oo);
        assert!(round > 0.5 && wide == 0.0, "{oo:?}");
        let [round, wide, _] = lips(&ee);
        assert!(wide > 0.4 && round == 0.0, "{ee:?}");
        assert!(hiss.mouth[JAW] < 0.35 && lips(&hiss)[2] > 0.6, "{hiss:?}");
        assert!(of(1_300.0).mouth[JAW] > ee.mouth[JAW] && ee.mouth[JAW] > hiss.mouth[JAW]);
    }

    #[test]
    fn a_quiet_voice_moves_its_lips_too() {
        let quiet = shapes(&frames(tone(1_300.0, 0.02), 40))[30];
        assert!(quiet.mouth[JAW] > 0.5, "{quiet:?}");
    }

    #[test]
    fn speech_has_the_mouth_as_soon_as_it_opens_and_never_in_silence() {
        let mut sound = frames(tone(1_300.0, 0.5), 20);
        sound.extend(frames(|_| 0.0, 20));
        let shapes = shapes(&sound);
        assert_eq!((shapes[10].presence, shapes[10].closure, shapes[10].emphasis), (1.0, 0.0, None));
        assert_eq!(shapes[30].presence, 0.0);
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(30))]
        #[test]
        fn lips_never_jump_whatever_the_sound(sound in proptest::collection::vec(any::<i16>(), 0..20_000)) {
            // Lips can't begin before a sound that nobody knew of: it begins after a moment of silence.
            let frames: Vec<_> = [0; 480 * LOOK_AHEAD].chunks(480).chain(sound.chunks(480)).map(<[i16]>::to_vec).collect();
            let shapes = shapes(&frames);
            prop_assert_eq!(shapes.len(), frames.len());
            let mut last = Articulation::REST;
            for shape in shapes {
                prop_assert_eq!(shape, shape.bounded());
                prop_assert!(shape.mouth.distance(&last.mouth) < 0.4, "{:?} after {:?}", shape, last);
                last = shape;
            }
        }
    }
}
