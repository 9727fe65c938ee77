//! Numbers that look random and are the same everywhere.

/// A small generator (xorshift, Marsaglia 2003).
pub(crate) struct Noise {
    state: u32,
}

impl Noise {
    /// The same seed gives the same numbers.
    pub(crate) fn new(seed: u32) -> Self {
        Self { state: seed.wrapping_mul(2_654_435_761) | 1 }
    }

    fn step(&mut self) -> u32 {
        self.state ^= self.state << 13;
        self.state ^= self.state >> 17;
        self.state ^= self.state << 5;
        self.state
    }

    /// From 0 to below `bound`, which is above 0.
    pub(crate) fn below(&mut self, bound: u32) -> u32 {
        self.step() % bound
    }

    /// From -1 to 1.
    pub(crate) fn next(&mut self) -> f64 {
        f64::from(self.step()) / f64::from(u32::MAX) * 2.0 - 1.0
    }
}
