//! Where a voice begins and ends in a stretch of sound.

/// Length of the windows that are judged, in milliseconds.
const WINDOW_MS: usize = 10;
/// Nothing below this is ever a voice: about -50 dB of full scale.
const FLOOR_RMS: f64 = 100.0;
/// A window counts as voiced within this much of the loudest one (-35 dB).
const BELOW_LOUDEST: f64 = 0.017_8;

/// A stretch of samples, `start..end`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Span {
    /// The first sample.
    pub start: usize,
    /// One past the last sample.
    pub end: usize,
}

impl Span {
    /// How many samples it holds.
    #[must_use]
    pub fn len(&self) -> usize {
        self.end - self.start
    }

    /// Whether it holds none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.start == self.end
    }
}

/// The first and one past the last voiced sample of mono `samples` at `sample_rate`; `None` when all is silent.
///
/// A 10 ms window is voiced when its level is above -50 dBFS and within 35 dB of the loudest window; the bounds are
/// then moved to the first and last sample that reach half the threshold's amplitude.
#[must_use]
pub fn speech_bounds(samples: &[i16], sample_rate: u32) -> Option<Span> {
    let spans = voiced_spans(samples, sample_rate, 0);
    Some(Span { start: spans.first()?.start, end: spans.last()?.end })
}

/// All voiced stretches of mono `samples`, joined where the silence between two is shorter than `join_ms`.
#[must_use]
pub fn voiced_spans(samples: &[i16], sample_rate: u32, join_ms: u32) -> Vec<Span> {
    let window = (sample_rate as usize * WINDOW_MS / 1000).max(1);
    let levels: Vec<f64> = samples.chunks(window).map(rms).collect();
    let loudest = levels.iter().copied().fold(0.0, f64::max);
    let threshold = FLOOR_RMS.max(loudest * BELOW_LOUDEST);
    let mut spans: Vec<Span> = Vec::new();
    for (index, level) in levels.iter().enumerate() {
        if *level < threshold {
            continue;
        }
        let (start, end) = (index * window, ((index + 1) * window).min(samples.len()));
        match spans.last_mut() {
            Some(last) if last.end == start => last.end = end,
            Some(_) | None => spans.push(Span { start, end }),
        }
    }
    for span in &mut spans {
        *span = tighten(samples, *span, threshold / 2.0);
    }
    join_spans(&spans, sample_rate as usize * join_ms as usize / 1000)
}

/// Joins neighbours that are less than `gap` samples apart. `spans` must be in order.
#[must_use]
pub fn join_spans(spans: &[Span], gap: usize) -> Vec<Span> {
    let mut joined: Vec<Span> = Vec::new();
    for span in spans {
        match joined.last_mut() {
            Some(last) if span.start < last.end + gap.max(1) => last.end = last.end.max(span.end),
            Some(_) | None => joined.push(*span),
        }
    }
    joined
}

/// Cuts speech into pieces that a transcriber can take: at pauses, none longer than `longest` samples, neighbours kept
/// together while they fit. Each piece keeps `margin` samples of what surrounds it, within `0..total`.
#[must_use]
pub fn pieces_for_transcription(voiced: &[Span], longest: usize, margin: usize, total: usize) -> Vec<Span> {
    let mut pieces: Vec<Span> = Vec::new();
    for span in voiced {
        match pieces.last_mut() {
            Some(last) if span.end - last.start <= longest => last.end = span.end,
            Some(_) | None => {
                let mut start = span.start;
                while span.end - start > longest {
                    pieces.push(Span { start, end: start + longest });
                    start += longest;
                }
                pieces.push(Span { start, end: span.end });
            }
        }
    }
    pieces
        .iter()
        .map(|piece| Span { start: piece.start.saturating_sub(margin), end: (piece.end + margin).min(total) })
        .collect()
}

/// Root mean square of some samples; zero for none.
pub(super) fn rms(samples: &[i16]) -> f64 {
    if samples.is_empty() {
        return 0.0;
    }
    let sum: f64 = samples.iter().map(|sample| f64::from(*sample).powi(2)).sum();
    (sum / samples.len() as f64).sqrt()
}

fn tighten(samples: &[i16], span: Span, amplitude: f64) -> Span {
    let loud = |sample: &i16| f64::from(*sample).abs() >= amplitude;
    let inside = &samples[span.start..span.end];
    let before = inside.iter().position(loud).unwrap_or(0);
    let last = inside.iter().rposition(loud).map_or(inside.len(), |index| index + 1);
    Span { start: span.start + before, end: span.start + last }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used)]
    use super::*;

    const RATE: u32 = 48_000;

    fn tone(amplitude: f64, length: usize) -> impl Iterator<Item = i16> {
        (0..length).map(move |n| (amplitude * (n as f64 * 0.05).sin()) as i16)
    }

    fn silence(length: usize) -> impl Iterator<Item = i16> {
        std::iter::repeat_n(0, length)
    }

    #[test]
    fn finds_the_bounds_of_a_tone_to_the_window() {
        let samples: Vec<i16> = silence(10_000).chain(tone(8000.0, 20_000)).chain(silence(7_000)).collect();
        let bounds = speech_bounds(&samples, RATE).unwrap();
        assert!(bounds.start.abs_diff(10_000) < 100, "{bounds:?}");
        assert!(bounds.end.abs_diff(30_000) < 100, "{bounds:?}");
    }

    #[test]
    fn a_noise_floor_is_not_a_voice() {
        let quiet: Vec<i16> = (0..48_000).map(|n| if n % 2 == 0 { 3 } else { -3 }).collect();
        assert_eq!(speech_bounds(&quiet, RATE), None);
        assert_eq!(speech_bounds(&[], RATE), None);
        let mut samples = quiet;
        samples.splice(20_000..30_000, tone(6000.0, 10_000));
        let bounds = speech_bounds(&samples, RATE).unwrap();
        assert!(bounds.start.abs_diff(20_000) < 480 && bounds.end.abs_diff(30_000) < 480, "{bounds:?}");
    }

    #[test]
    fn a_faint_tail_far_below_the_voice_is_left_out() {
        let samples: Vec<i16> = tone(20_000.0, 24_000).chain(tone(150.0, 24_000)).collect();
        assert!(speech_bounds(&samples, RATE).unwrap().end < 24_600);
    }

    #[test]
    fn joins_short_pauses_only() {
        let samples: Vec<i16> = tone(8000.0, 9_600)
            .chain(silence(4_800))
            .chain(tone(8000.0, 9_600))
            .chain(silence(48_000))
            .chain(tone(8000.0, 9_600))
            .collect();
        assert_eq!(voiced_spans(&samples, RATE, 0).len(), 3);
        assert_eq!(voiced_spans(&samples, RATE, 300).len(), 2);
        assert_eq!(voiced_spans(&samples, RATE, 1100).len(), 1);
    }

    #[test]
    fn pieces_cover_all_speech_and_none_is_too_long() {
        let voiced = [
            Span { start: 100, end: 400 },
            Span { start: 500, end: 900 },
            Span { start: 2000, end: 4500 },
            Span { start: 5000, end: 5100 },
        ];
        let pieces = pieces_for_transcription(&voiced, 1000, 10, 5105);
        assert_eq!(pieces[0], Span { start: 90, end: 910 });
        assert!(pieces.iter().all(|piece| piece.len() <= 1020 && piece.end <= 5105), "{pieces:?}");
        for span in voiced {
            for sample in [span.start, span.end - 1] {
                assert!(pieces.iter().any(|p| p.start <= sample && sample < p.end), "{sample} lost");
            }
        }
    }
}
