//! Critically damped springs: values that follow a target softly and never overshoot from rest.

/// A value on a spring.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Spring {
    value: f32,
    velocity: f32,
}

impl Spring {
    /// Follows `target` for `dt` seconds with the stiffness `omega` (1/s; about 90 % of a step is done after `4 /
    /// omega` seconds) and gives the new value.
    ///
    /// This is the exact solution of the differential equation, so that it is stable for every step, however long.
    pub(crate) fn follow(&mut self, target: f32, omega: f32, dt: f32) -> f32 {
        let offset = self.value - target;
        let drift = (self.velocity + omega * offset) * dt;
        let decay = (-omega * dt).exp();
        self.value = target + (offset + drift) * decay;
        self.velocity = (self.velocity - omega * drift) * decay;
        self.value
    }

    /// Sets the value at rest.
    pub(crate) fn settle(&mut self, value: f32) {
        *self = Self { value, velocity: 0.0 };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_long_step_equals_many_short_ones() {
        let (mut long, mut short) = (Spring::default(), Spring::default());
        long.follow(1.0, 8.0, 0.4);
        for _ in 0..400 {
            short.follow(1.0, 8.0, 0.001);
        }
        assert!((long.value - short.value).abs() < 1e-3, "{long:?} {short:?}");
    }

    #[test]
    fn from_rest_it_arrives_without_overshoot() {
        let mut spring = Spring::default();
        let mut last = 0.0;
        for _ in 0..200 {
            let value = spring.follow(1.0, 8.0, 0.01);
            assert!(value >= last && value <= 1.0);
            last = value;
        }
        assert!(last > 0.99);
    }
}
