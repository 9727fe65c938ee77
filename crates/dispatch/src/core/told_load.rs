//! The load as the LiveKit server is told: on the server's scale.
//!
//! The server gives nothing to a worker from a load of its own on, whatever that worker says of its places, and prefers the
//! one that is further below it. So a worker's threshold is told as the server's.

use super::capacity::Occupancy;
use super::settings::Settings;

/// The load from which the server gives a worker nothing: its `agents.target_load`, unless its operator set another.
const SERVER_TARGET: f32 = 0.7;

impl Occupancy {
    /// Below the server's target exactly while the load here is below the threshold. Where the load does not count (a
    /// threshold of 1), it is the share of the places that are taken.
    pub(super) fn told_load(self, settings: &Settings) -> f32 {
        let share = if settings.load_threshold < 1.0 {
            self.load(settings) / settings.load_threshold
        } else {
            self.jobs as f32 / settings.max_jobs as f32
        };
        (share * SERVER_TARGET).clamp(0.0, 1.0)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used)]

    use super::*;

    fn told(load_threshold: f32, measured: f32, jobs: usize) -> f32 {
        let settings = Settings { load_threshold, ..Settings::new(4).unwrap() };
        Occupancy { jobs, unsettled: 0, measured, draining: false }.told_load(&settings)
    }

    #[test]
    fn the_threshold_here_is_the_target_there() {
        for threshold in [0.1, 0.5, 0.75, 0.9, 0.99] {
            assert!(told(threshold, threshold - 0.01, 3) < SERVER_TARGET, "{threshold}");
            assert!((told(threshold, threshold, 0) - SERVER_TARGET).abs() < 1e-6, "{threshold}");
        }
        assert!(told(0.75, 0.0, 3).abs() < f32::EPSILON && told(0.1, 1.0, 0) <= 1.0);
    }

    #[test]
    fn where_the_load_does_not_count_the_places_do() {
        assert!(told(1.0, 1.0, 0).abs() < f32::EPSILON);
        assert!(told(1.0, 1.0, 3) < SERVER_TARGET);
        assert!((told(1.0, 0.0, 4) - SERVER_TARGET).abs() < f32::EPSILON);
    }
}
