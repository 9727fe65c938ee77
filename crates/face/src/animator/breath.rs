//! Breathing: a slow wave, quicker in than out.

/// Share of a breath that is drawing in.
const INHALE: f32 = 0.4;
/// Depth of a usual breath.
const DEPTH: f32 = 0.8;

/// Where in a breath the agent is.
#[derive(Debug, Clone, Default)]
pub(super) struct Breath {
    /// 0..1, 0 at empty lungs.
    phase: f32,
}

impl Breath {
    /// Breathes on for `dt` seconds at `length_s` seconds a breath (adults at rest: 12 to 16 breaths a minute); a
    /// `depth` of 1 is usual. Gives how full the lungs are, 0..=1.
    pub(super) fn follow(&mut self, length_s: f32, depth: f32, dt: f32) -> f32 {
        self.phase = (self.phase + dt / length_s.max(0.5)).fract();
        let turn = if self.phase < INHALE { self.phase / INHALE } else { 1.0 - (self.phase - INHALE) / (1.0 - INHALE) };
        let full = 0.5 - 0.5 * (turn * std::f32::consts::PI).cos();
        (DEPTH * depth * full).clamp(0.0, 1.0)
    }
}
