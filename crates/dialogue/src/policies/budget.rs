//! What was used up in the last minute and second, and what may still be done.

use std::collections::VecDeque;
use std::time::Duration;

use crate::settings::BudgetSettings;
use crate::{Level, Moment, Usage};

/// Amounts of the last `window`, in slots, so that memory does not grow with what is counted.
#[derive(Debug)]
struct Meter {
    window: Duration,
    slots: VecDeque<(Moment, u64)>,
}

/// A window is counted in this many slots.
const SLOTS: u32 = 20;

impl Meter {
    fn new(window: Duration) -> Self {
        Self { window, slots: VecDeque::new() }
    }

    fn add(&mut self, now: Moment, amount: u64) {
        match self.slots.back_mut() {
            Some((began, sum)) if now.since(*began) < self.window / SLOTS => *sum = sum.saturating_add(amount),
            Some(_) | None => self.slots.push_back((now, amount)),
        }
        self.forget(now);
    }

    fn sum(&mut self, now: Moment) -> u64 {
        self.forget(now);
        self.slots.iter().fold(0, |sum, (_, amount)| sum.saturating_add(*amount))
    }

    fn forget(&mut self, now: Moment) {
        while self.slots.front().is_some_and(|(began, _)| now.since(*began) >= self.window) {
            self.slots.pop_front();
        }
    }
}

/// From these shares of a limit on, in percent, something is given up.
const NO_SPECULATION_FROM: u64 = 60;
const FEWER_FRAMES_FROM: u64 = 75;
const TEXT_ONLY_FROM: u64 = 90;
const SPENT_FROM: u64 = 100;

/// The account of one call.
#[derive(Debug)]
pub(crate) struct Budget {
    tokens: Meter,
    micros: Meter,
    chunks: Meter,
    frames: Meter,
}

impl Default for Budget {
    fn default() -> Self {
        let (minute, second) = (Duration::from_secs(60), Duration::from_secs(1));
        Self {
            tokens: Meter::new(minute),
            micros: Meter::new(minute),
            chunks: Meter::new(second),
            frames: Meter::new(second),
        }
    }
}

impl Budget {
    /// Counts, and tells what is allowed from now on.
    pub(crate) fn used(&mut self, now: Moment, settings: &BudgetSettings, usage: Usage) -> Level {
        match usage {
            Usage::Tokens(count) => {
                self.tokens.add(now, count);
                self.micros.add(now, count.saturating_mul(settings.micros_a_thousand_tokens) / 1000);
            }
            Usage::AudioMilliseconds(ms) => {
                self.micros.add(now, ms.saturating_mul(settings.micros_an_audio_minute) / 60_000);
            }
            Usage::AudioChunks(count) => self.chunks.add(now, count),
            Usage::VideoFrames(count) => self.frames.add(now, count),
        }
        self.level(now, settings)
    }

    /// What is allowed at `now`.
    pub(crate) fn level(&mut self, now: Moment, settings: &BudgetSettings) -> Level {
        let share = |used: u64, limit: u64| used.saturating_mul(100).checked_div(limit).unwrap_or(0);
        let minute = share(self.tokens.sum(now), settings.tokens_a_minute)
            .max(share(self.micros.sum(now), settings.micros_a_minute));
        let by_minute = match minute {
            0..NO_SPECULATION_FROM => Level::Full,
            NO_SPECULATION_FROM..FEWER_FRAMES_FROM => Level::NoSpeculation,
            FEWER_FRAMES_FROM..TEXT_ONLY_FROM => Level::FewerFrames,
            TEXT_ONLY_FROM..SPENT_FROM => Level::TextOnly,
            SPENT_FROM.. => Level::Spent,
        };
        // Too many frames or chunks a second can be mended by sending fewer: they never end a call.
        let over = share(self.chunks.sum(now), settings.audio_chunks_a_second) > 100
            || share(self.frames.sum(now), settings.video_frames_a_second) > 100;
        by_minute.max(if over { Level::FewerFrames } else { Level::Full })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SETTINGS: BudgetSettings = BudgetSettings {
        tokens_a_minute: 1000,
        micros_a_minute: 0,
        micros_a_thousand_tokens: 0,
        micros_an_audio_minute: 0,
        audio_chunks_a_second: 0,
        video_frames_a_second: 25,
    };

    fn second(s: u64) -> Moment {
        Moment::after_start(Duration::from_secs(s))
    }

    #[test]
    fn things_are_given_up_in_order_and_come_back() {
        let mut budget = Budget::default();
        let mut levels = Vec::new();
        for s in 0..10 {
            levels.push(budget.used(second(s), &SETTINGS, Usage::Tokens(110)));
        }
        levels.dedup();
        assert_eq!(levels, [Level::Full, Level::NoSpeculation, Level::FewerFrames, Level::TextOnly, Level::Spent]);
        assert_eq!(budget.level(second(200), &SETTINGS), Level::Full);
    }

    #[test]
    fn money_is_counted_from_tokens_and_audio() {
        let settings = BudgetSettings {
            micros_a_minute: 1_000_000,
            micros_a_thousand_tokens: 500_000,
            micros_an_audio_minute: 600_000,
            ..BudgetSettings::default()
        };
        let mut budget = Budget::default();
        assert_eq!(budget.used(second(0), &settings, Usage::Tokens(1000)), Level::Full);
        assert_eq!(budget.used(second(1), &settings, Usage::AudioMilliseconds(20_000)), Level::NoSpeculation);
    }

    #[test]
    fn too_many_frames_cost_frames_and_nothing_else() {
        let mut budget = Budget::default();
        assert_eq!(budget.used(second(0), &SETTINGS, Usage::VideoFrames(25)), Level::Full);
        assert_eq!(budget.used(second(0), &SETTINGS, Usage::VideoFrames(400)), Level::FewerFrames);
    }

    #[test]
    fn memory_is_bounded() {
        let mut budget = Budget::default();
        for ms in 0..200_000 {
            budget.used(Moment::after_start(Duration::from_millis(ms)), &SETTINGS, Usage::Tokens(1));
        }
        assert!(budget.tokens.slots.len() <= SLOTS as usize + 1);
    }
}
