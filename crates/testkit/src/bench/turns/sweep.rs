//! The best policy for a score of pauses, as eot-bench finds it. Pure.

use std::time::Duration;

/// A pause and how much it looks like the end.
#[derive(Debug, Clone, Copy)]
pub(super) struct Scored {
    pub(super) score: f64,
    /// How long it lasted; `None` at the true end.
    pub(super) pause: Option<Duration>,
}

/// What a policy costs.
#[derive(Debug, Clone, Copy)]
struct Point {
    /// Share of the pauses that it takes for the end.
    cut_offs: f64,
    /// Mean delay at true ends, in milliseconds.
    delay: f64,
}

/// Every policy of the grid.
pub(super) struct Figures(Vec<Point>);

impl Figures {
    /// The least share of cut-offs of a policy that is no slower than `delay` milliseconds.
    pub(super) fn cut_offs_at(&self, delay: f64) -> Option<f64> {
        self.0.iter().filter(|point| point.delay <= delay).map(|point| point.cut_offs).reduce(f64::min)
    }

    /// The least delay of a policy that cuts off no more than this share, in milliseconds.
    pub(super) fn delay_at(&self, cut_offs: f64) -> Option<f64> {
        self.0.iter().filter(|point| point.cut_offs <= cut_offs).map(|point| point.delay).reduce(f64::min)
    }
}

/// Tries every threshold of the score, every delay after which it is acted upon (100 ms, as the gate knows a pause no sooner,
/// up to 1 s), and every time after which any silence is the end (up to 3 s).
pub(super) fn sweep(scored: &[Scored]) -> Figures {
    let mut thresholds: Vec<f64> = scored.iter().map(|one| one.score).collect();
    thresholds.sort_by(f64::total_cmp);
    thresholds.dedup();
    // A hundred of them tell as much as all.
    let step = thresholds.len().div_ceil(100).max(1);
    let mut thresholds: Vec<f64> = thresholds.into_iter().step_by(step).collect();
    thresholds.push(f64::INFINITY);
    let steps = |upto: u32| (2..=upto).map(|step| step * 50);
    let mut points = Vec::new();
    for threshold in thresholds {
        for action in steps(20) {
            for timeout in steps(60).filter(|timeout| *timeout >= action) {
                points.push(cost(scored, threshold, action, timeout));
            }
        }
    }
    Figures(points)
}

fn cost(scored: &[Scored], threshold: f64, action: u32, timeout: u32) -> Point {
    let (mut pauses, mut cut, mut ends, mut delay) = (0_u32, 0_u32, 0_u32, 0_u32);
    for one in scored {
        let wait = if one.score >= threshold { action } else { timeout };
        match one.pause {
            Some(pause) => {
                pauses += 1;
                cut += u32::from(pause > Duration::from_millis(u64::from(wait)));
            }
            None => {
                ends += 1;
                delay += wait;
            }
        }
    }
    Point { cut_offs: f64::from(cut) / f64::from(pauses.max(1)), delay: f64::from(delay) / f64::from(ends.max(1)) }
}

/// The probability that a true end has a higher score than a pause; half of it for equal ones.
pub(super) fn area_under_curve(scored: &[Scored]) -> Option<f64> {
    let of = |end: bool| scored.iter().filter(move |one| one.pause.is_none() == end);
    let pairs = of(true).count() * of(false).count();
    let wins: f64 = of(true)
        .flat_map(|end| of(false).map(move |pause| (end.score, pause.score)))
        .map(|(end, pause)| {
            if end > pause {
                1.0
            } else if end < pause {
                0.0
            } else {
                0.5
            }
        })
        .sum();
    (pairs > 0).then(|| wins / pairs as f64)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scored(score: f64, pause_ms: Option<u64>) -> Scored {
        Scored { score, pause: pause_ms.map(Duration::from_millis) }
    }

    #[test]
    fn a_score_that_tells_all_needs_no_waiting() {
        let scored = [scored(0.9, None), scored(0.8, None), scored(0.1, Some(900)), scored(0.2, Some(400))];
        let figures = sweep(&scored);
        assert_eq!(figures.cut_offs_at(100.0), Some(0.0));
        assert_eq!(area_under_curve(&scored), Some(1.0));
    }

    #[test]
    fn silence_alone_trades_one_for_the_other() {
        let scored = [scored(0.0, None), scored(0.0, Some(200)), scored(0.0, Some(800))];
        let figures = sweep(&scored);
        assert_eq!(figures.cut_offs_at(300.0), Some(0.5));
        assert_eq!(figures.delay_at(0.0), Some(800.0));
        assert_eq!(area_under_curve(&scored), Some(0.5));
        assert_eq!(area_under_curve(&scored[1..]), None);
    }
}
