//! `[budget]`: what a call may use up.

use dialogue::BudgetSettings;
use schemars::JsonSchema;
use serde::Deserialize;

/// `[budget]`. What is not set has no limit. As a limit of a minute comes near, the agent gives up, in this order: answers ahead
/// of time and partial captions (from 60 %), pictures of its face (from 75 %), its voice (from 90 %); at 100 % it says good-bye.
#[derive(Debug, Clone, Copy, PartialEq, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Budget {
    /// Tokens of the language model, read and written.
    pub tokens_per_minute: u64,
    /// Money, in any currency.
    #[schemars(range(min = 0.0, max = MAX_MONEY))]
    pub money_per_minute: f64,
    /// What a thousand tokens cost, in that currency.
    #[schemars(range(min = 0.0, max = MAX_MONEY))]
    pub price_per_1000_tokens: f64,
    /// What a minute of audio, heard or spoken by an engine, costs.
    #[schemars(range(min = 0.0, max = MAX_MONEY))]
    pub price_per_audio_minute: f64,
    /// Audio chunks of 10 ms sent each second; a voice sends 100.
    pub audio_chunks_per_second: u64,
    /// Video frames sent each second; a face sends 25.
    pub video_frames_per_second: u64,
}

/// The maximum of any amount of money: far more than a minute costs, and exact in millionths.
const MAX_MONEY: f64 = 1_000_000.0;

impl Budget {
    /// The keys whose values can't be right together, and why.
    pub(super) fn problems(&self) -> Vec<(&'static str, String)> {
        let priced = self.price_per_1000_tokens > 0.0 || self.price_per_audio_minute > 0.0;
        let unpriced = (self.money_per_minute > 0.0 && !priced).then(|| {
            ("money_per_minute", "nothing has a price; set price_per_1000_tokens or price_per_audio_minute".into())
        });
        unpriced.into_iter().collect()
    }

    /// As the conversation counts.
    #[must_use]
    pub fn settings(&self) -> BudgetSettings {
        BudgetSettings {
            tokens_a_minute: self.tokens_per_minute,
            micros_a_minute: micros(self.money_per_minute),
            micros_a_thousand_tokens: micros(self.price_per_1000_tokens),
            micros_an_audio_minute: micros(self.price_per_audio_minute),
            audio_chunks_a_second: self.audio_chunks_per_second,
            video_frames_a_second: self.video_frames_per_second,
        }
    }
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "clamped first")]
fn micros(amount: f64) -> u64 {
    (amount.clamp(0.0, MAX_MONEY) * 1_000_000.0).round() as u64
}
