//! The words over the agent decide: those of a listener leave the floor to it.

use std::sync::Arc;
use std::time::Duration;

use super::{BuildInterruption, Interruption, Over, Overlap, Registered, Verdict};
use crate::FalseInterruption;
use crate::language::{Language, plain_words};
use crate::settings::InterruptionSettings;

pub(super) const POLICY: Registered<BuildInterruption> = Registered {
    name: "words",
    summary: "the words decide: a listener's leave the floor to the agent",
    build: |settings, language| Box::new(Words { settings: settings.clone(), language: language.clone() }),
};

/// A partial transcript of one word may be the beginning of anything: two decide while the user still speaks.
const WORDS_WHILE_SPEAKING: usize = 2;
/// And none before this: the first half second is misheard too often.
const DECIDED_AFTER: Duration = Duration::from_millis(700);
/// Speech-to-text often mishears a sound as short as this ("uh-huh" becomes "I'm from", and slow speakers take 0.83 s for
/// it): only words that ask for the floor count. The agent is silent meanwhile, so that waiting costs nothing.
const SHORT: Duration = Duration::from_millis(850);
/// In a short sound, more words than this are no mishearing.
const WORDS_IN_SHORT: usize = 2;
/// Nobody says three words in less than this.
const THREE_WORDS: Duration = Duration::from_millis(500);

#[derive(Debug)]
struct Words {
    settings: InterruptionSettings,
    language: Arc<Language>,
}

impl Interruption for Words {
    fn judge(&self, overlap: &Overlap<'_>) -> Verdict {
        let &Overlap { over, words, still_speaking, voiced, back_channel } = overlap;
        let plain = plain_words(words);
        let (listening, mishearing) = match over {
            Over::Nothing => (back_channel.is_back_channel(words), false),
            Over::Speech => (back_channel.is_back_channel(words), true),
            Over::Question => (false, false),
        };
        let enough = plain.len() >= self.settings.least_words && voiced >= self.settings.least_duration && !listening;
        let misheard = mishearing
            && voiced < SHORT
            && (plain.len() <= WORDS_IN_SHORT || voiced < THREE_WORDS)
            && !plain.iter().any(|word| self.language.is_claiming(word));
        if still_speaking {
            let decided = enough && !misheard && plain.len() >= WORDS_WHILE_SPEAKING && voiced >= DECIDED_AFTER;
            return if decided { Verdict::Cut } else { Verdict::Wait };
        }
        if plain.is_empty() {
            Verdict::GoOn(FalseInterruption::Noise)
        } else if !enough || misheard {
            Verdict::GoOn(FalseInterruption::BackChannel)
        } else {
            Verdict::Cut
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::policies::back_channel::WordList;

    const LONG: Duration = Duration::from_millis(900);
    const BRIEF: Duration = Duration::from_millis(400);

    /// The verdict on words over the agent, in English.
    fn judge(
        settings: &InterruptionSettings,
        over: Over,
        words: &str,
        still_speaking: bool,
        voiced: Duration,
    ) -> Verdict {
        let language = Arc::new(Language::named("en").unwrap());
        let back_channel = WordList::new(&language);
        let policy = Words { settings: settings.clone(), language };
        policy.judge(&Overlap { over, words, still_speaking, voiced, back_channel: &back_channel })
    }

    #[test]
    fn words_decide() {
        let settings = InterruptionSettings::default();
        let judge = |words, speaking, spoken| judge(&settings, Over::Speech, words, speaking, spoken);
        assert_eq!(judge("Stop.", false, BRIEF), Verdict::Cut);
        assert_eq!(judge("Stop.", true, LONG), Verdict::Wait);
        assert_eq!(judge("Stop it now", true, LONG), Verdict::Cut);
        assert_eq!(judge("Stop it now", true, BRIEF), Verdict::Wait);
        assert_eq!(judge("Right.", true, LONG), Verdict::Wait);
        assert_eq!(judge("Right.", false, LONG), Verdict::GoOn(FalseInterruption::BackChannel));
        assert_eq!(judge("", false, LONG), Verdict::GoOn(FalseInterruption::Noise));
        assert_eq!(judge("", true, LONG), Verdict::Wait);
    }

    #[test]
    fn a_short_sound_needs_words_that_ask_for_the_floor() {
        let settings = InterruptionSettings::default();
        let heard = |words, spoken| judge(&settings, Over::Speech, words, false, spoken);
        for misheard in ["I'm from.", "Yah,", "I'm harm."] {
            assert_eq!(heard(misheard, BRIEF), Verdict::GoOn(FalseInterruption::BackChannel), "{misheard}");
        }
        for meant in ["No.", "Wait!", "Hold on.", "Why?", "But I"] {
            assert_eq!(heard(meant, BRIEF), Verdict::Cut, "{meant}");
        }
        assert_eq!(heard("I see you.", BRIEF), Verdict::GoOn(FalseInterruption::BackChannel));
        assert_eq!(heard("Tell me more", Duration::from_millis(600)), Verdict::Cut);
        assert_eq!(heard("Tomorrow morning.", LONG), Verdict::Cut);
        let partial = |words| judge(&settings, Over::Speech, words, true, Duration::from_millis(800));
        assert_eq!((partial("I'm harm"), partial("I'm at home")), (Verdict::Wait, Verdict::Cut));
    }

    #[test]
    fn a_short_answer_to_a_question_and_the_rest_of_a_turn_count() {
        let settings = InterruptionSettings::default();
        let heard = |over, words| judge(&settings, over, words, false, BRIEF);
        assert_eq!(heard(Over::Question, "Yes."), Verdict::Cut);
        assert_eq!(heard(Over::Question, "Blue."), Verdict::Cut);
        assert_eq!(heard(Over::Question, ""), Verdict::GoOn(FalseInterruption::Noise));
        assert_eq!(heard(Over::Nothing, "Please."), Verdict::Cut);
        assert_eq!(heard(Over::Nothing, "Mhm."), Verdict::GoOn(FalseInterruption::BackChannel));
        assert_eq!(heard(Over::Speech, "Blue."), Verdict::GoOn(FalseInterruption::BackChannel));
    }

    #[test]
    fn too_short_or_too_few_words_never_cut() {
        let settings = InterruptionSettings { least_words: 3, ..InterruptionSettings::default() };
        let long = Duration::from_secs(2);
        assert_eq!(
            judge(&settings, Over::Speech, "Stop it.", false, long),
            Verdict::GoOn(FalseInterruption::BackChannel)
        );
        assert_eq!(judge(&settings, Over::Speech, "Stop it.", true, long), Verdict::Wait);
        assert_eq!(judge(&settings, Over::Speech, "Stop it now.", false, long), Verdict::Cut);
        let short = Duration::from_millis(50);
        assert_eq!(
            judge(&settings, Over::Speech, "Stop it now.", false, short),
            Verdict::GoOn(FalseInterruption::BackChannel)
        );
    }
}
