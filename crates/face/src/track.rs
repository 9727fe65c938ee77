//! A mouth over time: timed visemes become a smooth shape.
//!
//! Every viseme has an influence that rises before its sound (anticipation) and falls after it (release), as in the
//! dominance model of Cohen and Massaro, "Modeling Coarticulation in Synthetic Visual Speech" (1993), but with finite
//! ramps, so that a lookup touches a few neighbours only. The shape is the mean of the shapes weighted by influence; where nothing
//! is present the mouth rests. On top, the shut lips of p, b, m are forced: a p that does not close is the first
//! thing a viewer notices.

use crate::{MouthShape, Viseme};

/// How long before its sound a shape begins to show, in seconds.
const ANTICIPATION_S: f32 = 0.060;
/// How long after its sound a shape still shows, in seconds.
const RELEASE_S: f32 = 0.080;
/// How far into the sound both ramps reach, in seconds.
const SETTLE_S: f32 = 0.020;
/// Shut lips last at least this long, in seconds: one frame at 25 fps, so that a frame always falls into it.
const CLOSURE_S: f32 = 0.042;
/// The lips take this long to shut and to part, in seconds.
const CLOSURE_RAMP_S: f32 = 0.045;

/// One sound, in samples.
#[derive(Debug, Clone, Copy)]
struct Span {
    viseme: Viseme,
    start: u64,
    end: u64,
}

/// The mouth along one piece of speech. Pure: the same sample always gives the same shape.
#[derive(Debug, Clone, Default)]
pub struct MouthTrack {
    sample_rate: u32,
    /// Sorted by start.
    spans: Vec<Span>,
    /// The longest span, in samples: how far back a lookup must search.
    longest: u64,
}

impl MouthTrack {
    /// A track from `(viseme, first sample, sample after the last)` at `sample_rate` Hz.
    ///
    /// The order does not matter; spans that end before they start or are empty are left out. A rate of 0 is taken as 1.
    pub fn new(sample_rate: u32, spans: impl IntoIterator<Item = (Viseme, u64, u64)>) -> Self {
        let mut spans: Vec<Span> = spans
            .into_iter()
            .filter(|(_, start, end)| end > start)
            .map(|(viseme, start, end)| Span { viseme, start, end })
            .collect();
        spans.sort_by_key(|span| span.start);
        let longest = spans.iter().map(|span| span.end - span.start).max().unwrap_or(0);
        Self { sample_rate: sample_rate.max(1), spans, longest }
    }

    /// The sample after the last sound; 0 when the track is empty.
    #[must_use]
    pub fn end_sample(&self) -> u64 {
        self.spans.iter().map(|span| span.end).max().unwrap_or(0)
    }

    /// The mouth at `sample`, counted as the spans are. Outside the track (plus anticipation and release) it rests.
    #[must_use]
    pub fn shape_at(&self, sample: u64) -> MouthShape {
        let reach = (f64::from(self.sample_rate) * f64::from(ANTICIPATION_S.max(RELEASE_S) + CLOSURE_S)).ceil() as u64;
        let from = self.spans.partition_point(|span| span.start < sample.saturating_sub(self.longest + reach));
        let near = self.spans[from..].iter().take_while(|span| span.start <= sample.saturating_add(reach));

        let (mut sum, mut weights, mut presence, mut closure) = (MouthShape::REST, 0.0_f32, 0.0_f32, 0.0_f32);
        for span in near {
            let since_start = self.seconds_between(span.start, sample);
            let until_end = self.seconds_between(sample, span.end);
            let rise = ramp((since_start + ANTICIPATION_S) / (ANTICIPATION_S + SETTLE_S));
            let fall = ramp((until_end + RELEASE_S) / (RELEASE_S + SETTLE_S));
            presence += rise * fall;
            let weight = rise * fall * dominance(span.viseme);
            sum = sum.add(MouthShape::of(span.viseme), weight);
            weights += weight;
            if span.viseme == Viseme::PP {
                closure = closure.max(closure_of(since_start, until_end));
            }
        }
        let spoken = if weights > 0.0 { sum.scale(presence.min(1.0) / weights) } else { MouthShape::REST };
        spoken.blend(MouthShape::of(Viseme::PP), closure).bounded()
    }

    /// Seconds from one sample to another; negative when `to` comes first.
    fn seconds_between(&self, from: u64, to: u64) -> f32 {
        let distance = to.abs_diff(from) as f64 / f64::from(self.sample_rate);
        (if to >= from { distance } else { -distance }) as f32
    }
}

/// How shut the lips are, 0..=1, given the seconds since the start and until the end of a p, b or m.
fn closure_of(since_start: f32, until_end: f32) -> f32 {
    let half = ((since_start + until_end) / 2.0).max(CLOSURE_S / 2.0);
    let from_centre = ((since_start - until_end) / 2.0).abs();
    ramp(1.0 - (from_centre - half) / CLOSURE_RAMP_S)
}

/// How strongly a viseme imposes itself on its neighbours: vowels and lip sounds do, tongue sounds adapt.
const fn dominance(viseme: Viseme) -> f32 {
    match viseme {
        Viseme::Kk => 0.55,
        Viseme::Nn | Viseme::DD => 0.65,
        Viseme::RR | Viseme::TH => 0.8,
        Viseme::Sil => 0.7,
        Viseme::SS | Viseme::E | Viseme::Ih | Viseme::Aa | Viseme::Oh => 1.0,
        Viseme::CH | Viseme::Ou | Viseme::PP => 1.15,
        Viseme::FF => 2.0,
    }
}

/// A smooth step from 0 (at or below 0) to 1 (at or above 1).
fn ramp(position: f32) -> f32 {
    let x = position.clamp(0.0, 1.0);
    x * x * (3.0 - 2.0 * x)
}
