//! A measured load, smoothed: one busy moment does not turn jobs away, one quiet moment does not let them in.

use std::time::Duration;

use super::Moment;

/// An exponential average: a step in the load has reached 63 % of itself after `over`.
#[derive(Debug, Clone)]
pub(super) struct Smoothed {
    over: Duration,
    last: Option<(Moment, f32)>,
}

impl Smoothed {
    pub(super) fn new(over: Duration) -> Self {
        Self { over, last: None }
    }

    /// Takes in a measurement. What is no number is left out; what lies outside 0 to 1 is moved to its edge.
    pub(super) fn add(&mut self, now: Moment, sample: f32) {
        if sample.is_nan() {
            return;
        }
        let sample = sample.clamp(0.0, 1.0);
        let value = match self.last {
            None => sample,
            Some((before, value)) => {
                let passed = now.saturating_sub(before).as_secs_f32();
                let share = if self.over.is_zero() { 1.0 } else { 1.0 - (-passed / self.over.as_secs_f32()).exp() };
                value + (sample - value) * share
            }
        };
        self.last = Some((now, value));
    }

    /// The load; 0 before the first measurement.
    pub(super) fn value(&self) -> f32 {
        self.last.map_or(0.0, |(_, value)| value)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn smoothed(samples: &[(u64, f32)]) -> f32 {
        let mut smoothed = Smoothed::new(Duration::from_millis(2500));
        for (milliseconds, sample) in samples {
            smoothed.add(Duration::from_millis(*milliseconds), *sample);
        }
        smoothed.value()
    }

    #[test]
    fn the_first_measurement_counts_whole_and_a_step_is_followed_slowly() {
        assert!((smoothed(&[]) - 0.0).abs() < f32::EPSILON);
        assert!((smoothed(&[(0, 0.4)]) - 0.4).abs() < f32::EPSILON);
        let after_one_time_constant = smoothed(&[(0, 0.0), (2500, 1.0)]);
        assert!((after_one_time_constant - 0.632).abs() < 0.001, "{after_one_time_constant}");
        assert!(smoothed(&[(0, 0.2), (500, 1.0)]) < 0.4, "one busy moment");
        assert!(smoothed(&[(0, 0.2), (60_000, 1.0)]) > 0.99, "after a long pause the old value is worth nothing");
    }

    #[test]
    fn measurements_outside_of_their_range_do_no_harm() {
        assert!((smoothed(&[(0, 7.0)]) - 1.0).abs() < f32::EPSILON);
        assert!((smoothed(&[(0, -7.0)]) - 0.0).abs() < f32::EPSILON);
        assert!((smoothed(&[(0, 0.5), (1000, f32::NAN)]) - 0.5).abs() < f32::EPSILON);
        assert!((smoothed(&[(1000, 0.5), (0, 1.0)]) - 0.5).abs() < f32::EPSILON, "a clock that goes back");
    }
}
