//! `[turns]`: when the agent speaks and when it stops.

use std::time::Duration;

use dialogue::{EndOfTurnSettings, InterruptionSettings, Settings, SpeculationSettings};
use schemars::JsonSchema;
use serde::Deserialize;

/// How replies are given.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum ReplyForm {
    /// Spoken, with captions.
    #[default]
    Voice,
    /// Written only.
    Text,
}

/// `[turns]`. What is not set has the default of [`dialogue::Settings`].
#[derive(Debug, Clone, PartialEq, Eq, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Turns {
    /// The policy that finds the end of a turn.
    pub end_of_turn: Option<String>,
    /// The policy that decides who has the floor when the user speaks over the agent.
    pub interruption: Option<String>,
    /// The policy that tells a listener's words from a speaker's.
    pub back_channel: Option<String>,
    /// The silence that ends a turn when nothing else is known.
    #[schemars(range(min = 100, max = 10_000))]
    pub silence_ms: Option<u64>,
    /// The silence that ends a turn which sounds finished.
    #[schemars(range(min = 100, max = 10_000))]
    pub silence_if_finished_ms: Option<u64>,
    /// The silence that ends a turn which sounds unfinished.
    #[schemars(range(min = 100, max = 10_000))]
    pub silence_if_unfinished_ms: Option<u64>,
    /// Whether the user may interrupt.
    pub interruptible: Option<bool>,
    /// Whether the user may interrupt the greeting.
    pub greeting_interruptible: Option<bool>,
    /// The agent pauses after this much speech over it.
    #[schemars(range(min = 64, max = 2_000))]
    pub pause_after_ms: Option<u64>,
    /// Shorter speech never interrupts for good.
    #[schemars(range(min = 0, max = 10_000))]
    pub interrupt_after_ms: Option<u64>,
    /// Fewer words never interrupt for good.
    #[schemars(range(min = 0, max = 50))]
    pub interrupt_words: Option<u64>,
    /// Whether answers are made ahead of time.
    pub speculate: Option<bool>,
    /// So many of them may be thrown away a minute.
    #[schemars(range(min = 0, max = 1_000))]
    pub most_wasted_a_minute: Option<u64>,
    /// Whether replies are spoken.
    pub replies: ReplyForm,
    /// The user counts as away after this much silence; 0 for never.
    #[schemars(range(min = 0, max = DAY))]
    pub away_after_s: Option<u64>,
    /// The call ends after this much silence; 0 for never.
    #[schemars(range(min = 0, max = DAY))]
    pub idle_limit_s: Option<u64>,
    /// The call ends after this long; 0 for never.
    #[schemars(range(min = 0, max = DAY))]
    pub longest_call_s: Option<u64>,
}

/// A day: no limit of a call is longer.
const DAY: u64 = 24 * 3600;

impl Turns {
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
        let ends = settings.end_of_turn.clone();
        settings.end_of_turn = EndOfTurnSettings {
            policy: self.end_of_turn.clone().unwrap_or(ends.policy),
            silence: ms(self.silence_ms, ends.silence),
            silence_if_finished: ms(self.silence_if_finished_ms, ends.silence_if_finished),
            silence_if_unfinished: ms(self.silence_if_unfinished_ms, ends.silence_if_unfinished),
            ..ends
        };
        let interruption = settings.interruption.clone();
        settings.interruption = InterruptionSettings {
            policy: self.interruption.clone().unwrap_or(interruption.policy),
            back_channel: self.back_channel.clone().unwrap_or(interruption.back_channel),
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
