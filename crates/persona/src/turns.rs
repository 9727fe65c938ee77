//! `[turns]`: when the agent speaks and when it stops.

use std::time::Duration;

use dialogue::{EndOfTurnMode, EndOfTurnSettings, InterruptionSettings, Settings, SpeculationSettings};
use serde::Deserialize;

/// How replies are given.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ReplyForm {
    /// Spoken, with captions.
    #[default]
    Voice,
    /// Written only.
    Text,
}

/// How the end of the user's turn is found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum EndOfTurn {
    /// By the sound and the words.
    #[default]
    Detector,
    /// By a silence learned from the user's own pauses.
    Adaptive,
    /// By a silence of one length.
    Fixed,
    /// Somebody says so: push to talk.
    Manual,
}

/// `[turns]`. What is not set has the default of [`dialogue::Settings`].
#[derive(Debug, Clone, PartialEq, Eq, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Turns {
    /// How the end of a turn is found.
    pub end_of_turn: EndOfTurn,
    /// The silence that ends a turn when nothing else is known.
    pub silence_ms: Option<u64>,
    /// The silence that ends a turn which sounds finished.
    pub silence_if_finished_ms: Option<u64>,
    /// The silence that ends a turn which sounds unfinished.
    pub silence_if_unfinished_ms: Option<u64>,
    /// Whether the user may interrupt.
    pub interruptible: Option<bool>,
    /// Whether the user may interrupt the greeting.
    pub greeting_interruptible: Option<bool>,
    /// The agent pauses after this much speech over it.
    pub pause_after_ms: Option<u64>,
    /// Shorter speech never interrupts for good.
    pub interrupt_after_ms: Option<u64>,
    /// Fewer words never interrupt for good.
    pub interrupt_words: Option<u64>,
    /// Whether answers are made ahead of time.
    pub speculate: Option<bool>,
    /// So many of them may be thrown away a minute.
    pub most_wasted_a_minute: Option<u64>,
    /// Whether replies are spoken.
    pub replies: ReplyForm,
    /// The user counts as away after this much silence; 0 for never.
    pub away_after_s: Option<u64>,
    /// The call ends after this much silence; 0 for never.
    pub idle_limit_s: Option<u64>,
    /// The call ends after this long; 0 for never.
    pub longest_call_s: Option<u64>,
}

/// A day: no limit of a call is longer.
const DAY: u64 = 24 * 3600;

impl Turns {
    /// The first key whose value can't be right, and why.
    pub(super) fn problem(&self) -> Option<(&'static str, String)> {
        let ranges = [
            ("silence_ms", self.silence_ms, 100, 10_000),
            ("silence_if_finished_ms", self.silence_if_finished_ms, 100, 10_000),
            ("silence_if_unfinished_ms", self.silence_if_unfinished_ms, 100, 10_000),
            ("pause_after_ms", self.pause_after_ms, 64, 2_000),
            ("interrupt_after_ms", self.interrupt_after_ms, 0, 10_000),
            ("interrupt_words", self.interrupt_words, 0, 50),
            ("most_wasted_a_minute", self.most_wasted_a_minute, 0, 1_000),
            ("away_after_s", self.away_after_s, 0, DAY),
            ("idle_limit_s", self.idle_limit_s, 0, DAY),
            ("longest_call_s", self.longest_call_s, 0, DAY),
        ];
        ranges.into_iter().find_map(|(key, value, least, most)| {
            let value = value.filter(|value| !(least..=most).contains(value))?;
            Some((key, format!("{value} is not between {least} and {most}")))
        })
    }

    /// Sets what is set here.
    pub fn apply(&self, settings: &mut Settings) {
        let ms = |value: Option<u64>, default: Duration| value.map_or(default, Duration::from_millis);
        let seconds = |value: Option<u64>, default: Duration| value.map_or(default, Duration::from_secs);
        let count = |value: u64| usize::try_from(value).unwrap_or(usize::MAX);
        settings.voice = self.replies == ReplyForm::Voice;
        settings.greeting_interruptible = self.greeting_interruptible.unwrap_or(settings.greeting_interruptible);
        settings.away_after = seconds(self.away_after_s, settings.away_after);
        settings.idle_limit = seconds(self.idle_limit_s, settings.idle_limit);
        settings.session_limit = seconds(self.longest_call_s, settings.session_limit);
        let ends = settings.end_of_turn;
        settings.end_of_turn = EndOfTurnSettings {
            mode: match self.end_of_turn {
                EndOfTurn::Detector => EndOfTurnMode::Detector,
                EndOfTurn::Adaptive => EndOfTurnMode::Adaptive,
                EndOfTurn::Fixed => EndOfTurnMode::Fixed,
                EndOfTurn::Manual => EndOfTurnMode::Manual,
            },
            silence: ms(self.silence_ms, ends.silence),
            silence_if_finished: ms(self.silence_if_finished_ms, ends.silence_if_finished),
            silence_if_unfinished: ms(self.silence_if_unfinished_ms, ends.silence_if_unfinished),
            ..ends
        };
        let interruption = settings.interruption;
        settings.interruption = InterruptionSettings {
            enabled: self.interruptible.unwrap_or(interruption.enabled),
            pause_after: ms(self.pause_after_ms, interruption.pause_after),
            least_duration: ms(self.interrupt_after_ms, interruption.least_duration),
            least_words: self.interrupt_words.map_or(interruption.least_words, count),
            ..interruption
        };
        let speculation = settings.speculation;
        settings.speculation = SpeculationSettings {
            enabled: self.speculate.unwrap_or(speculation.enabled),
            most_wasted_a_minute: self
                .most_wasted_a_minute
                .map_or(speculation.most_wasted_a_minute, |most| u32::try_from(most).unwrap_or(u32::MAX)),
        };
    }
}
