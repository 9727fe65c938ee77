//! From calls to the figures of one side.

use super::percentile;
use super::side::{RoomMemory, Talk};

/// What all calls to one side came to.
#[derive(Debug, Clone, Default)]
pub(super) struct Figures {
    turns: usize,
    gaps: Vec<f64>,
    silences: Vec<f64>,
    greetings: Vec<f64>,
    cores: Vec<f64>,
    /// Memory, when it was measured.
    pub(super) memory: Option<RoomMemory>,
}

impl Figures {
    /// Adds a call.
    pub(super) fn add(&mut self, talk: &Talk) {
        let report = &talk.report;
        self.turns += report.turns.len();
        // An answer before the caller had finished is none.
        let in_time = report.turns.iter().filter(|turn| turn.early != Some(true));
        self.gaps.extend(in_time.filter_map(|turn| turn.gap_ms));
        self.silences.extend(report.interruptions.iter().filter_map(|one| one.silence_ms));
        self.greetings.extend(report.greeting_ms);
        self.cores.extend(talk.cores);
    }

    /// Turns that were to be answered.
    pub(super) fn turns(&self) -> f64 {
        self.turns as f64
    }

    /// Turns that were.
    pub(super) fn answered(&self) -> f64 {
        self.gaps.len() as f64
    }

    /// From the caller's last voiced sample to the agent's first sound, in ms.
    pub(super) fn gap(&self, share: f64) -> Option<f64> {
        percentile(&self.gaps, share)
    }

    /// What of the gap is neither the configured silence nor the way there and back, in ms.
    pub(super) fn overhead(&self, silence_ms: u32, floor: &[f64]) -> Option<f64> {
        Some(self.gap(0.5)? - f64::from(silence_ms) - percentile(floor, 0.5)?)
    }

    /// From the caller's first voiced sample over an answer until the agent is silent, in ms.
    pub(super) fn silence(&self, share: f64) -> Option<f64> {
        percentile(&self.silences, share)
    }

    /// From `POST /join-room` to the greeting, in ms.
    pub(super) fn greeting(&self) -> Option<f64> {
        percentile(&self.greetings, 0.5)
    }

    /// Cores while talking in one room.
    pub(super) fn cores(&self) -> Option<f64> {
        percentile(&self.cores, 0.5)
    }
}

#[cfg(test)]
impl Figures {
    /// What one gap, one share of the cores and the memory of a second room come to.
    pub(super) fn of(gap_ms: f64, cores: f64, further_room_mib: f64) -> Self {
        let memory = RoomMemory { none: 0.0, one: Some(100.0), two: Some(100.0 + further_room_mib) };
        Self { turns: 1, gaps: vec![gap_ms], cores: vec![cores], memory: Some(memory), ..Self::default() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn overhead_is_what_neither_silence_nor_the_way_explains() {
        let figures = Figures { gaps: vec![640.0, 590.0, 600.0], ..Figures::default() };
        assert_eq!(figures.overhead(450, &[90.0, 80.0, 100.0]), Some(60.0));
        assert_eq!(figures.overhead(450, &[]), None);
        assert_eq!(Figures::default().overhead(450, &[90.0]), None);
    }
}
