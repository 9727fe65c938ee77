//! The mouth along a piece of speech: timed visemes become smooth movements.
//!
//! Every viseme has an influence that rises before its sound (anticipation) and falls after it (release), one for the
//! jaw, one for the lips and one for the tongue: the dominance functions of Cohen and Massaro, "Modeling Coarticulation
//! in Synthetic Visual Speech" (1993), but with ends, so that a lookup touches a few neighbours only. A shape is the
//! mean of what the visemes ask, weighted by influence; where nothing is said the mouth rests. On top, the shut lips of
//! p, b, m and the tucked lip of f, v are reached whatever comes around: a p that does not close is the first thing
//! that a viewer notices.

use crate::articulation::Articulation;
use crate::coarticulation::{self, Coarticulation, Part};
use crate::loudness::Loudness;
use crate::{BlendShape, Expression, Viseme, viseme};

/// How far into a sound its rise and its fall reach, in seconds.
const SETTLE_S: f32 = 0.020;
/// Shut lips and a tucked lip last at least this long, in seconds: more than one frame at 25 fps, so that a frame
/// always falls into it, and a little for frames that come late.
const REACHED_S: f32 = 0.046;
/// The lips take this long to shut and to part, in seconds.
const CLOSURE_RAMP_S: f32 = 0.034;
/// How far the jaw may stay open while the lips are shut.
const SHUT_JAW: f32 = 0.16;
/// The lower lip takes this long to the teeth and back, in seconds.
const TUCK_RAMP_S: f32 = 0.055;
/// A pause shorter than this is no rest for the mouth, and a full one from the second length on, in seconds.
const PAUSE_S: (f32, f32) = (0.05, 0.20);
/// A stressed syllable's accent rises before its vowel and falls after it, in seconds.
const ACCENT_S: (f32, f32) = (0.10, 0.16);
/// The farthest that anything above reaches from its sound, in seconds.
const REACH_S: f32 = 0.20;

/// One sound of a piece of speech.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SpeechSpan {
    /// How it looks.
    pub viseme: Viseme,
    /// First sample.
    pub start: u64,
    /// One past the last sample.
    pub end: u64,
    /// Whether it carries the primary stress of its word.
    pub stressed: bool,
}

impl SpeechSpan {
    /// The span of one phoneme in IPA, as espeak-ng writes it: `ˈoʊ` is stressed.
    #[must_use]
    pub fn from_ipa(ipa: &str, start: u64, end: u64) -> Self {
        Self { viseme: Viseme::from_ipa(ipa), start, end, stressed: viseme::is_stressed(ipa) }
    }
}

/// The mouth along one piece of speech. Pure: the same sample always gives the same articulation.
#[derive(Debug, Clone, Default)]
pub struct SpeechTrack {
    sample_rate: u32,
    /// Sorted by start.
    spans: Vec<SpeechSpan>,
    /// The longest span, in samples: how far back a lookup must search.
    longest: u64,
    /// Whether any span is stressed.
    has_stress: bool,
    loudness: Loudness,
}

impl SpeechTrack {
    /// A track from `(viseme, first sample, sample after the last)` at `sample_rate` Hz, without stress.
    ///
    /// The order does not matter; spans that end before they start or are empty are left out. A rate of 0 is taken as
    /// 1.
    pub fn new(sample_rate: u32, spans: impl IntoIterator<Item = (Viseme, u64, u64)>) -> Self {
        let unstressed = |(viseme, start, end)| SpeechSpan { viseme, start, end, stressed: false };
        Self::from_spans(sample_rate, spans.into_iter().map(unstressed))
    }

    /// A track from spans at `sample_rate` Hz; as [`Self::new`].
    pub fn from_spans(sample_rate: u32, spans: impl IntoIterator<Item = SpeechSpan>) -> Self {
        let mut spans: Vec<SpeechSpan> = spans.into_iter().filter(|span| span.end > span.start).collect();
        spans.sort_by_key(|span| span.start);
        let longest = spans.iter().map(|span| span.end - span.start).max().unwrap_or(0);
        let has_stress = spans.iter().any(|span| span.stressed);
        Self { sample_rate: sample_rate.max(1), spans, longest, has_stress, loudness: Loudness::default() }
    }

    /// The same for speech that sounds like `samples` (mono, at the track's rate, from its sample 0): louder syllables
    /// open the mouth wider, by 0.70 to 1.05 of what their visemes ask. What must close still closes.
    #[must_use]
    pub fn with_loudness_of(mut self, samples: &[i16]) -> Self {
        self.loudness = Loudness::of(self.sample_rate, samples);
        self
    }

    /// The sample after the last sound; 0 when the track is empty.
    #[must_use]
    pub fn end_sample(&self) -> u64 {
        self.spans.iter().map(|span| span.end).max().unwrap_or(0)
    }

    /// What speech asks of the face at `sample`, counted as the spans are. Outside the track (plus anticipation and
    /// release) nothing.
    #[must_use]
    pub fn articulation(&self, sample: u64) -> Articulation {
        let mut parts = [PartSum::default(); Part::ALL.len()];
        let (mut closure, mut tuck, mut emphasis) = (0.0_f32, 0.0_f32, 0.0_f32);
        for span in self.near(sample) {
            let since_start = self.seconds_between(span.start, sample);
            let until_end = self.seconds_between(sample, span.end);
            let length = since_start + until_end;
            for (part, sum) in Part::ALL.into_iter().zip(&mut parts) {
                let Coarticulation { dominance, anticipation_s, release_s } = coarticulation::of(span.viseme, part);
                let rise = ramp((since_start + anticipation_s) / (anticipation_s + SETTLE_S));
                let fall = ramp((until_end + release_s) / (release_s + SETTLE_S));
                let pause = match span.viseme {
                    Viseme::Sil => ramp((length - PAUSE_S.0) / (PAUSE_S.1 - PAUSE_S.0)),
                    _ => 1.0,
                };
                sum.add(span.viseme, part, rise * fall * pause, dominance);
            }
            match span.viseme {
                Viseme::PP => closure = closure.max(reached(since_start, until_end, CLOSURE_RAMP_S)),
                Viseme::FF => tuck = tuck.max(reached(since_start, until_end, TUCK_RAMP_S)),
                _ => {}
            }
            if span.stressed {
                let rise = ramp((since_start + ACCENT_S.0) / ACCENT_S.0);
                let fall = ramp((until_end + ACCENT_S.1) / ACCENT_S.1);
                emphasis = emphasis.max(rise * fall);
            }
        }
        let presence = parts.iter().map(|sum| sum.spoken.min(1.0)).fold(0.0, f32::max);
        let mut mouth = Expression::REST;
        for sum in &parts {
            sum.put_into(&mut mouth);
        }
        let opening = self.loudness.opening(sample);
        for shape in OPENING_SHAPES {
            mouth[shape] *= opening;
        }
        towards(&mut mouth, &Viseme::FF.expression(), tuck);
        let shut = shut_over(mouth[BlendShape::JawOpen]);
        towards(&mut mouth, &shut, closure);
        Articulation { mouth, presence, closure, emphasis: self.has_stress.then_some(emphasis) }.bounded()
    }

    /// The spans that may matter at `sample`.
    fn near(&self, sample: u64) -> impl Iterator<Item = &SpeechSpan> {
        let reach = (f64::from(self.sample_rate) * f64::from(REACH_S)).ceil() as u64;
        let from = self.spans.partition_point(|span| span.start < sample.saturating_sub(self.longest + reach));
        self.spans[from..].iter().take_while(move |span| span.start <= sample.saturating_add(reach))
    }

    /// Seconds from one sample to another; negative when `to` comes first.
    fn seconds_between(&self, from: u64, to: u64) -> f32 {
        let distance = to.abs_diff(from) as f64 / f64::from(self.sample_rate);
        (if to >= from { distance } else { -distance }) as f32
    }
}

/// What the visemes around a moment ask of one part of the mouth.
#[derive(Debug, Clone, Copy)]
struct PartSum {
    shapes: Expression,
    /// Sum of influence times dominance.
    weight: f32,
    /// Sum of the influence of sounds and pauses: below 1 the mouth is on its way from or to rest.
    influence: f32,
    /// Sum of the influence of sounds.
    spoken: f32,
}

impl Default for PartSum {
    fn default() -> Self {
        Self { shapes: Expression::REST, weight: 0.0, influence: 0.0, spoken: 0.0 }
    }
}

impl PartSum {
    fn add(&mut self, viseme: Viseme, part: Part, influence: f32, dominance: f32) {
        self.influence += influence;
        self.spoken += if viseme == Viseme::Sil { 0.0 } else { influence };
        self.weight += influence * dominance;
        for (shape, extent) in viseme::shapes(viseme).iter().filter(|(shape, _)| Part::of(*shape) == part) {
            self.shapes[*shape] += extent * influence * dominance;
        }
    }

    fn put_into(&self, mouth: &mut Expression) {
        if self.weight <= 0.0 {
            return;
        }
        let share = self.influence.min(1.0) / self.weight;
        for shape in BlendShape::ALL {
            mouth[shape] += self.shapes[shape] * share;
        }
    }
}

/// The shapes by which a mouth opens more or less.
const OPENING_SHAPES: [BlendShape; 5] = [
    BlendShape::JawOpen,
    BlendShape::MouthUpperUpLeft,
    BlendShape::MouthUpperUpRight,
    BlendShape::MouthLowerDownLeft,
    BlendShape::MouthLowerDownRight,
];

/// The lips of a p, b or m over a jaw: it need not come all the way up for the lips to meet, and moves less for it.
fn shut_over(jaw: f32) -> Expression {
    let shut = Viseme::PP.expression();
    let jaw = jaw.clamp(shut[BlendShape::JawOpen], SHUT_JAW);
    shut.with(BlendShape::JawOpen, jaw).with(BlendShape::MouthClose, jaw)
}

/// Moves the mouth a `share` of the way to another.
fn towards(mouth: &mut Expression, target: &Expression, share: f32) {
    for shape in BlendShape::ALL.into_iter().filter(|shape| shape.is_of_mouth()) {
        mouth[shape] += (target[shape] - mouth[shape]) * share;
    }
}

/// How far a shape that must be reached is, 0..=1, given the seconds since the start and until the end of its sound.
fn reached(since_start: f32, until_end: f32, ramp_s: f32) -> f32 {
    let half = ((since_start + until_end) / 2.0).max(REACHED_S / 2.0);
    let from_centre = ((since_start - until_end) / 2.0).abs();
    ramp(1.0 - (from_centre - half) / ramp_s)
}

/// A smooth step from 0 (at or below 0) to 1 (at or above 1).
fn ramp(position: f32) -> f32 {
    let x = position.clamp(0.0, 1.0);
    x * x * (3.0 - 2.0 * x)
}
