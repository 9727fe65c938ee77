//! How smoothly pictures came, and whether the mouth moved.

use std::time::Duration;

/// The value below which `share` (0 to 1) of the values lie, by nearest rank; `None` for no values.
#[must_use]
pub fn percentile(values: &[f64], share: f64) -> Option<f64> {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let rank = (share * sorted.len() as f64).ceil() as usize;
    sorted.get(rank.saturating_sub(1)).copied()
}

/// The 5th percentile of frames that arrived per second, over the whole seconds that fit into `stretches` (start, end),
/// counted from each stretch's start. `None` when no stretch holds a whole second.
#[must_use]
pub fn frames_per_second_p5(arrivals: &[Duration], stretches: &[(Duration, Duration)]) -> Option<f64> {
    let second = Duration::from_secs(1);
    let mut counts = Vec::new();
    for (start, end) in stretches {
        let mut from = *start;
        while from + second <= *end {
            let frames = arrivals.iter().filter(|at| (from..from + second).contains(*at)).count();
            counts.push(frames as f64);
            from += second;
        }
    }
    percentile(&counts, 0.05)
}

/// What is left of `from..to` outside `stretches` (in order, not overlapping).
#[must_use]
pub fn outside(from: Duration, to: Duration, stretches: &[(Duration, Duration)]) -> Vec<(Duration, Duration)> {
    let mut rest = Vec::new();
    let mut cursor = from;
    for (start, end) in stretches {
        if *start > cursor {
            rest.push((cursor, (*start).min(to)));
        }
        cursor = cursor.max(*end);
    }
    if cursor < to {
        rest.push((cursor, to));
    }
    rest.retain(|(start, end)| start < end);
    rest
}

/// The luma of the region where a mouth is: 35 to 65 % of the width, 55 to 80 % of the height.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MouthRegion {
    luma: Vec<u8>,
}

impl MouthRegion {
    /// Takes the region out of a tightly packed luma plane; `None` when the plane is too small.
    #[must_use]
    pub fn of(luma: &[u8], width: u32, height: u32) -> Option<Self> {
        let (width, height) = (width as usize, height as usize);
        let (left, right) = (width * 35 / 100, width * 65 / 100);
        let (top, bottom) = (height * 55 / 100, height * 80 / 100);
        if left == right || top == bottom || luma.len() < width * height {
            return None;
        }
        let rows = (top..bottom).flat_map(|row| &luma[row * width + left..row * width + right]);
        Some(Self { luma: rows.copied().collect() })
    }

    /// Its pixels, row by row.
    pub(super) fn luma(&self) -> &[u8] {
        &self.luma
    }
}

/// The mean of the differences that fall into `stretches`; `None` when none does. `differences` are (time, difference to
/// the frame before).
#[must_use]
pub fn mouth_motion(differences: &[(Duration, f64)], stretches: &[(Duration, Duration)]) -> Option<f64> {
    let inside = |at: &Duration| stretches.iter().any(|(start, end)| (start..end).contains(&at));
    let chosen: Vec<f64> = differences.iter().filter(|(at, _)| inside(at)).map(|(_, value)| *value).collect();
    (!chosen.is_empty()).then(|| chosen.iter().sum::<f64>() / chosen.len() as f64)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used)]
    use super::*;

    fn ms(value: u64) -> Duration {
        Duration::from_millis(value)
    }

    #[test]
    fn percentiles_by_nearest_rank() {
        let values: Vec<f64> = (1..=100).map(f64::from).collect();
        assert_eq!(percentile(&values, 0.05), Some(5.0));
        assert_eq!(percentile(&values, 0.5), Some(50.0));
        assert_eq!(percentile(&[7.0], 0.05), Some(7.0));
        assert_eq!(percentile(&[], 0.5), None);
    }

    #[test]
    fn counts_only_whole_seconds_inside_the_stretches() {
        let arrivals: Vec<Duration> = (0..250).map(|n| ms(n * 40)).collect();
        assert_eq!(frames_per_second_p5(&arrivals, &[(ms(1000), ms(4500))]), Some(25.0));
        assert_eq!(frames_per_second_p5(&arrivals, &[(ms(1000), ms(1900))]), None);
        let halting: Vec<Duration> = arrivals.iter().copied().filter(|at| !(ms(2000)..ms(2600)).contains(at)).collect();
        assert_eq!(frames_per_second_p5(&halting, &[(ms(1000), ms(4500))]), Some(10.0));
        assert_eq!(frames_per_second_p5(&halting, &[(ms(3000), ms(9000))]), Some(25.0));
    }

    #[test]
    fn the_rest_is_what_no_stretch_covers() {
        let rest = outside(ms(100), ms(1000), &[(ms(0), ms(200)), (ms(300), ms(400)), (ms(900), ms(1200))]);
        assert_eq!(rest, [(ms(200), ms(300)), (ms(400), ms(900))]);
        assert_eq!(outside(ms(0), ms(10), &[]), [(ms(0), ms(10))]);
    }

    #[test]
    fn only_the_mouth_is_looked_at() {
        let (width, height) = (100_u32, 100_u32);
        let still = vec![90_u8; 10_000];
        let mut blink = still.clone();
        blink[20 * 100 + 40..20 * 100 + 60].fill(10);
        let mut speak = still.clone();
        for row in 55..80 {
            speak[row * 100 + 35..row * 100 + 65].fill(100);
        }
        let region = |luma: &[u8]| MouthRegion::of(luma, width, height).unwrap();
        assert_eq!(region(&still), region(&blink));
        assert_eq!(region(&speak).luma(), [100; 25 * 30]);
        assert_eq!(MouthRegion::of(&still, 2, 2), None);
    }

    #[test]
    fn averages_motion_by_stretch() {
        let differences = [(ms(10), 1.0), (ms(20), 3.0), (ms(110), 0.5)];
        assert_eq!(mouth_motion(&differences, &[(ms(0), ms(100))]), Some(2.0));
        assert_eq!(mouth_motion(&differences, &[(ms(100), ms(200))]), Some(0.5));
        assert_eq!(mouth_motion(&differences, &[(ms(500), ms(600))]), None);
    }
}
