//! What it means that the user made a sound while the agent speaks.

use std::time::Duration;

use super::back_channel::{is_back_channel, plain_words};
use crate::FalseInterruption;
use crate::settings::InterruptionSettings;

/// What is to be done about it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// The user takes the floor.
    Cut,
    /// The agent keeps the floor.
    GoOn(FalseInterruption),
    /// Not known yet.
    Wait,
}

/// A partial transcript of one word may be the beginning of anything: two decide while the user still speaks.
const WORDS_WHILE_SPEAKING: usize = 2;

/// Judges the words said over the agent so far. `spoken` is how long the user has spoken.
pub(crate) fn judge(settings: &InterruptionSettings, words: &str, still_speaking: bool, spoken: Duration) -> Verdict {
    let count = plain_words(words).len();
    if still_speaking {
        let decided = count >= settings.least_words.max(WORDS_WHILE_SPEAKING)
            && spoken >= settings.least_duration
            && !is_back_channel(words);
        return if decided { Verdict::Cut } else { Verdict::Wait };
    }
    if count == 0 {
        Verdict::GoOn(FalseInterruption::Noise)
    } else if is_back_channel(words) || count < settings.least_words || spoken < settings.least_duration {
        Verdict::GoOn(FalseInterruption::BackChannel)
    } else {
        Verdict::Cut
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_decide() {
        let settings = InterruptionSettings::default();
        let judge = |words, speaking| judge(&settings, words, speaking, Duration::from_millis(600));
        assert_eq!(judge("Stop.", false), Verdict::Cut);
        assert_eq!(judge("Stop.", true), Verdict::Wait);
        assert_eq!(judge("Stop it now", true), Verdict::Cut);
        assert_eq!(judge("Right.", true), Verdict::Wait);
        assert_eq!(judge("Right.", false), Verdict::GoOn(FalseInterruption::BackChannel));
        assert_eq!(judge("", false), Verdict::GoOn(FalseInterruption::Noise));
        assert_eq!(judge("", true), Verdict::Wait);
    }

    #[test]
    fn too_short_or_too_few_words_never_cut() {
        let settings = InterruptionSettings { least_words: 3, ..InterruptionSettings::default() };
        let long = Duration::from_secs(2);
        assert_eq!(judge(&settings, "Stop it.", false, long), Verdict::GoOn(FalseInterruption::BackChannel));
        assert_eq!(judge(&settings, "Stop it.", true, long), Verdict::Wait);
        assert_eq!(judge(&settings, "Stop it now.", false, long), Verdict::Cut);
        let short = Duration::from_millis(50);
        assert_eq!(judge(&settings, "Stop it now.", false, short), Verdict::GoOn(FalseInterruption::BackChannel));
    }
}
