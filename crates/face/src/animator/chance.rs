//! Small seeded randomness. Written out (SplitMix64, Steele et al. 2014), so that a seed gives the same life in every
//! version of every library.

/// A source of numbers that look random and depend on the seed only.
#[derive(Debug, Clone)]
pub(super) struct Chance(u64);

impl Chance {
    /// A source for this seed; `salt` makes independent sources of one seed.
    pub(super) fn new(seed: u64, salt: u64) -> Self {
        Self(seed ^ salt.wrapping_mul(0x9e37_79b9_7f4a_7c15))
    }

    /// The next number, within 0..1.
    pub(super) fn unit(&mut self) -> f32 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((z ^ (z >> 31)) >> 40) as f32 / (1u64 << 24) as f32
    }

    /// The next number within `low..high`.
    pub(super) fn between(&mut self, low: f32, high: f32) -> f32 {
        low + (high - low) * self.unit()
    }
}
