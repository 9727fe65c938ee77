//! Breathing: a slow wave, quicker in than out.

/// Seconds per breath at rest and while speaking (adults at rest: 12 to 16 breaths a minute).
const REST_S: f32 = 4.6;
const SPEAKING_S: f32 = 3.4;
/// Share of a breath that is drawing in.
const INHALE: f32 = 0.4;

/// Where in a breath the agent is.
#[derive(Debug, Clone, Default)]
pub(super) struct Breath {
    /// 0..1, 0 at empty lungs.
    phase: f32,
}

impl Breath {
    /// Breathes on for `dt` seconds; `effort` 0 is rest, 1 is speaking. Gives how full the lungs are, 0..=1.
    pub(super) fn follow(&mut self, effort: f32, dt: f32) -> f32 {
        self.phase = (self.phase + dt / (REST_S + (SPEAKING_S - REST_S) * effort)).fract();
        let turn = if self.phase < INHALE { self.phase / INHALE } else { 1.0 - (self.phase - INHALE) / (1.0 - INHALE) };
        0.5 - 0.5 * (turn * std::f32::consts::PI).cos()
    }
}
