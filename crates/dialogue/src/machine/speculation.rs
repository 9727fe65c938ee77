//! Answers made before the turn is over: begun at the first silence, unheard, kept or thrown away.

use std::time::Duration;

use super::Dialogue;
use crate::agent_turn::{Answered, Phase};
use crate::policies::hint::{Hint, hint};
use crate::user_turn::same_words;
use crate::{Level, Moment, Output, Speculation, WakeReason};

/// A turn whose detector says less than this, in thousandths, is not answered ahead of time...
const HOPELESS: u16 = 100;
/// ...until it has been silent for so long: most pauses are shorter, and its end comes sooner than an answer could.
const NOT_HOPELESS_AFTER: Duration = Duration::from_millis(350);

impl Dialogue {
    /// The words that are being answered ahead of time.
    pub(super) fn speculating(&self) -> Option<&str> {
        let agent = self.agent.as_ref().filter(|turn| turn.phase == Phase::Held)?;
        agent.answers.as_ref().map(|answers| answers.words.as_str())
    }

    /// Begins to answer the turn as if it were over, unheard.
    pub(super) fn speculate(&mut self, now: Moment) {
        let settings = self.settings.speculation;
        let Some(turn) = self.user.as_ref().filter(|turn| turn.is_complete()) else { return };
        let (id, words) = (turn.id, turn.words());
        let unfinished = hint(&self.policies.language, &words) == Hint::Unfinished
            || turn.probability.is_some_and(|sounds| sounds < HOPELESS);
        let hopeful_from = turn.stopped().filter(|_| unfinished).map(|stopped| stopped + NOT_HOPELESS_AFTER);
        let wants_none = self.wants_no_answer(turn);
        let (user_ended, transcribed) = (turn.stopped().unwrap_or(now), turn.transcribed);
        if let Some(known) = self.speculating() {
            if same_words(known, &words) {
                return;
            }
            self.discard_speculation(now);
        }
        let allowed = settings.enabled
            && !self.is_push_to_talk()
            && self.level < Level::NoSpeculation
            && self.agent.is_none()
            && !wants_none
            && self.waste.allows(now, settings.most_wasted_a_minute);
        if !allowed {
            return;
        }
        if let Some(at) = hopeful_from.filter(|at| *at > now) {
            return self.timers.set(WakeReason::Speculation, at);
        }
        let answers = Answered { speculative: true, ..Answered::new(id, words, user_ended, transcribed, now) };
        self.outputs.push_back(Output::Speculation(Speculation::Started));
        self.generate(now, answers, Phase::Held);
    }

    /// The user goes on: what was made ahead of time is of no use.
    pub(super) fn discard_speculation(&mut self, now: Moment) {
        self.timers.clear(WakeReason::SpokeOn);
        if self.speculating().is_none() {
            return;
        }
        self.waste.record(now, self.settings.speculation.most_wasted_a_minute);
        self.stop_agent();
    }
}
