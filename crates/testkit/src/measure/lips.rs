//! Lips seen in decoded pictures beside the sound heard with them: how far one follows the other, and whether they shut for
//! p and b. Nothing here trusts what the sender says of its pictures.

use std::time::Duration;

use super::frames::{MouthRegion, percentile};

/// Samples a second of sound.
const RATE: usize = 48_000;
/// Steps of the envelope: 5 ms.
const STEP: usize = RATE / 200;
/// How far sound and lips are looked for apart, in steps: 300 ms.
const REACH: i64 = 60;
/// Fewer pictures than this tell nothing.
const FEWEST: usize = 50;
/// The sound of a p or b inside a word falls to this share of what is around it, for so many steps (30 to 160 ms).
const DIP: f32 = 0.18;
const DIP_STEPS: std::ops::RangeInclusive<usize> = 6..=32;
/// A sound around a dip is at least this loud (16 bits).
const LOUD: f32 = 500.0;
/// Steps before and after a dip in which that sound must be: 80 ms.
const AROUND: usize = 16;
/// Lips count as shut when no more of the mouth is open than this share of a wide one.
const SHUT: f64 = 0.12;
/// A mouth that is shut for so long is not between two sounds.
const STAYS_SHUT: Duration = Duration::from_millis(200);

/// How much of a mouth is open in a picture.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Opening {
    /// When the picture came, or belongs.
    pub at: Duration,
    /// The share of the mouth's region that is dark as the inside of a mouth, 0 to 1.
    pub share: f64,
}

impl MouthRegion {
    /// The share of pixels that are much darker than the skin around: the inside of the mouth.
    #[must_use]
    pub fn open_share(&self) -> f64 {
        let mut sorted = self.luma().to_vec();
        let middle = sorted.len() / 2;
        let (_, skin, _) = sorted.select_nth_unstable(middle);
        let dark = u32::from(*skin) * 45 / 100;
        self.luma().iter().filter(|luma| u32::from(**luma) < dark).count() as f64 / self.luma().len() as f64
    }
}

/// The loudness of 48 kHz mono sound, every 5 ms.
#[must_use]
pub fn envelope(sound: &[i16]) -> Vec<f32> {
    let rms = |chunk: &[i16]| {
        let energy: f32 = chunk.iter().map(|sample| f32::from(*sample).powi(2)).sum();
        (energy / chunk.len() as f32).sqrt()
    };
    sound.chunks_exact(STEP).map(rms).collect()
}

/// By how much the sound leads the lips, in milliseconds: the shift at which openings and loudness rise and fall together
/// best. Speech itself has a bias: lips open before the sound comes. `None` for too few pictures, or where nothing moves.
#[must_use]
pub fn sound_leads_lips_ms(openings: &[Opening], envelope: &[f32]) -> Option<f64> {
    let step = |at: Duration| (at.as_secs_f64() * RATE as f64 / STEP as f64).round() as i64;
    let likeness = |shift: i64| {
        let loudness = |opening: &Opening| {
            let loud = envelope.get(usize::try_from(step(opening.at) - shift).ok()?)?;
            // Ears and lips know more of soft and loud than of how loud.
            Some((opening.share, f64::from(*loud).sqrt()))
        };
        correlation(&openings.iter().filter_map(loudness).collect::<Vec<_>>())
    };
    let found: Vec<f64> = (-REACH..=REACH).map(likeness).collect::<Option<_>>()?;
    let (best, _) = found.iter().enumerate().max_by(|a, b| a.1.total_cmp(b.1))?;
    // The top of the parabola through the best and its neighbours.
    let fraction = match (best.checked_sub(1).map(|left| found[left]), found.get(best + 1)) {
        (Some(left), Some(right)) if 2.0 * found[best] > left + right => {
            0.5 * (left - right) / (left - 2.0 * found[best] + right)
        }
        _ => 0.0,
    };
    Some(((best as f64 + fraction) - REACH as f64) * 5.0)
}

/// Pearson's correlation; `None` when there are too few pairs or one side never changes.
fn correlation(pairs: &[(f64, f64)]) -> Option<f64> {
    if pairs.len() < FEWEST {
        return None;
    }
    let count = pairs.len() as f64;
    let (a, b) = pairs.iter().fold((0.0, 0.0), |sum, pair| (sum.0 + pair.0 / count, sum.1 + pair.1 / count));
    let of = |pick: &dyn Fn(&(f64, f64)) -> f64| pairs.iter().map(pick).sum::<f64>();
    let (aa, bb) = (of(&|pair| (pair.0 - a).powi(2)), of(&|pair| (pair.1 - b).powi(2)));
    let scale = (aa * bb).sqrt();
    (scale > 0.0).then(|| of(&|pair| (pair.0 - a) * (pair.1 - b)) / scale)
}

/// Where the sound stops for a moment inside a word, as for a p or b between vowels: (start, end).
#[must_use]
pub fn closures(envelope: &[f32]) -> Vec<(Duration, Duration)> {
    let time = |step: usize| Duration::from_secs_f64(step as f64 * STEP as f64 / RATE as f64);
    let loudest = |from: usize, to: usize| {
        envelope[from.min(envelope.len())..to.min(envelope.len())].iter().copied().fold(0.0, f32::max)
    };
    let mut found = Vec::new();
    let mut step = AROUND;
    while step < envelope.len() {
        let before = loudest(step - AROUND, step);
        if before < LOUD || envelope[step] > DIP * before {
            step += 1;
            continue;
        }
        let length = envelope[step..].iter().take_while(|loud| **loud <= DIP * before).count();
        let end = step + length;
        if DIP_STEPS.contains(&length) && loudest(end, end + AROUND) >= LOUD.max(0.3 * before) {
            found.push((time(step), time(end)));
        }
        step = end + 1;
    }
    found
}

/// Of the closures that were heard while the face was seen, those for which shut lips were seen: (seen, heard). A picture counts
/// when it came up to 40 ms before or 60 ms after the closure.
#[must_use]
pub fn closures_seen(closures: &[(Duration, Duration)], openings: &[Opening]) -> (usize, usize) {
    let shares: Vec<f64> = openings.iter().map(|opening| opening.share).collect();
    let Some(wide) = percentile(&shares, 0.95) else { return (0, 0) };
    let (mut seen, mut heard) = (0, 0);
    for (from, to) in closures {
        let window = from.saturating_sub(Duration::from_millis(40))..=*to + Duration::from_millis(60);
        let mut inside = openings.iter().filter(|opening| window.contains(&opening.at)).peekable();
        if inside.peek().is_none() {
            continue;
        }
        heard += 1;
        seen += usize::from(inside.any(|opening| opening.share <= SHUT * wide));
    }
    (seen, heard)
}

/// How far ahead of a sound's end lips that shut too early are looked for.
const SHUT_EARLY: Duration = Duration::from_millis(200);

/// How long after `at` the first picture came from which on the mouth is shut, in milliseconds: negative when it came before, down
/// to 200 ms. `None` when the mouth does not shut. Pictures must be in the order in which they came.
#[must_use]
pub fn shut_after_ms(openings: &[Opening], at: Duration) -> Option<f64> {
    let shares: Vec<f64> = openings.iter().map(|opening| opening.share).collect();
    let wide = percentile(&shares, 0.95)?;
    let is_shut = |opening: &Opening| opening.share <= SHUT * wide;
    let stays_shut = |first: &usize| {
        let until = openings[*first].at + STAYS_SHUT;
        openings[*first..].iter().take_while(|opening| opening.at < until).all(is_shut)
    };
    let first_after = openings.partition_point(|opening| opening.at < at);
    let shut = (first_after..openings.len()).find(stays_shut)?;
    // A mouth that was shut at `at` already shut with an earlier picture.
    let earlier = if shut == first_after {
        let recent = openings[..shut].iter().rev().take_while(|opening| at - opening.at <= SHUT_EARLY);
        recent.take_while(|opening| is_shut(opening)).count()
    } else {
        0
    };
    Some((openings[shut - earlier].at.as_secs_f64() - at.as_secs_f64()) * 1e3)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used)]
    use super::*;

    /// Syllables of uneven length, silent between them.
    fn loudness(second: f64) -> f64 {
        (0.5 + 0.5 * (second * 13.0 + 2.0 * (second * 1.7).sin()).sin()).powi(2)
    }

    fn sound(seconds: usize) -> Vec<i16> {
        let of = |n: usize| {
            let second = n as f64 / RATE as f64;
            (8_000.0 * loudness(second) * (second * 1_500.0).sin()) as i16
        };
        (0..seconds * RATE).map(of).collect()
    }

    fn openings(seconds: u64, late_ms: f64) -> Vec<Opening> {
        let of = |n: u64| {
            let at = Duration::from_millis(n * 40);
            Opening { at, share: 0.2 * loudness(at.as_secs_f64() - late_ms / 1e3).sqrt() }
        };
        (0..seconds * 25).map(of).collect()
    }

    #[test]
    fn lips_that_come_later_than_the_sound_are_told_to_some_milliseconds() {
        let envelope = envelope(&sound(20));
        for late_ms in [-70.0, 0.0, 35.0, 120.0] {
            let found = sound_leads_lips_ms(&openings(20, late_ms), &envelope).unwrap();
            assert!((found - late_ms).abs() < 6.0, "{late_ms}: {found}");
        }
        assert_eq!(sound_leads_lips_ms(&openings(1, 0.0), &envelope), None);
    }

    /// Vowels of 150 ms with a closure of 60 ms after each.
    fn papa() -> Vec<i16> {
        let of = |n: usize| if n % (RATE * 21 / 100) < RATE * 15 / 100 { (n % 97) as i16 * 60 } else { 0 };
        (0..RATE * 2).map(of).collect()
    }

    #[test]
    fn a_closure_counts_when_shut_lips_were_seen_with_it() {
        let found = closures(&envelope(&papa()));
        assert!((8..=10).contains(&found.len()), "{found:?}");
        let shut_at = |at: Duration| found.iter().any(|(from, to)| (*from..=*to).contains(&at));
        let seen = |shut: &dyn Fn(Duration) -> bool| {
            let of = |n: u64| Duration::from_millis(n * 40);
            let opening = |at: Duration| Opening { at, share: if shut(at) { 0.0 } else { 0.2 } };
            closures_seen(&found, &(0..50).map(of).map(opening).collect::<Vec<_>>())
        };
        assert_eq!(seen(&shut_at), (found.len(), found.len()));
        assert_eq!(seen(&|_| false), (0, found.len()));
        assert_eq!(closures_seen(&found, &[]), (0, 0));
    }

    #[test]
    fn a_mouth_shuts_when_it_stays_shut() {
        let of = |n: u64| Duration::from_millis(n * 40);
        // Open for a second, but for one picture of a p; shut from picture 27 on.
        let share = |n: u64| if n == 20 || n >= 27 { 0.0 } else { 0.2 };
        let openings: Vec<Opening> = (0..50).map(|n| Opening { at: of(n), share: share(n) }).collect();
        let after = |openings: &[Opening], at| shut_after_ms(openings, at).map(f64::round);
        assert_eq!(after(&openings, of(19)), Some(320.0));
        assert_eq!(after(&openings, of(26) - Duration::from_millis(3)), Some(43.0));
        assert_eq!(after(&openings, of(30) - Duration::from_millis(3)), Some(-117.0), "it shut before the sound ended");
        assert_eq!(after(&openings, of(45)), Some(-200.0), "no farther back than is looked");
        assert_eq!(after(&openings[..27], of(19)), None);
        assert_eq!(after(&[], of(1)), None);
    }

    #[test]
    fn the_inside_of_a_mouth_is_what_is_much_darker_than_skin() {
        let mut luma = vec![150_u8; 100 * 100];
        let open = |luma: &[u8]| MouthRegion::of(luma, 100, 100).unwrap().open_share();
        assert_eq!(open(&luma), 0.0);
        for row in 60..65 {
            luma[row * 100 + 40..row * 100 + 55].fill(30);
        }
        assert!((open(&luma) - 0.1).abs() < 1e-9);
    }
}
