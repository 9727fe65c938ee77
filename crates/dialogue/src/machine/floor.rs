//! The user makes a sound while the agent has the floor: pause first, let the words decide.

use super::Dialogue;
use crate::agent_turn::Phase;
use crate::policies::interruption::{Over, Verdict, judge};
use crate::settings::EndOfTurnMode;
use crate::{FalseInterruption, Moment, Output, Playout, WakeReason};

/// While the agent is paused, the words are looked at this much sooner than usual.
const JUDGED_EVERY: std::time::Duration = std::time::Duration::from_millis(250);

impl Dialogue {
    /// The agent may sound, or does.
    pub(super) fn agent_has_floor(&self) -> bool {
        self.agent.as_ref().is_some_and(crate::agent_turn::AgentTurn::has_floor)
    }

    /// The agent has the floor and the user may take it.
    pub(super) fn can_be_interrupted(&self) -> bool {
        self.settings.interruption.enabled
            && self.settings.end_of_turn.mode != EndOfTurnMode::Manual
            && self.agent.as_ref().is_some_and(|turn| turn.has_floor() && turn.interruptible)
    }

    /// The agent is paused, and what the user says decides whether it goes on.
    pub(super) fn is_judging(&self) -> bool {
        self.agent.as_ref().is_some_and(|turn| turn.paused)
    }

    /// The user began to make a sound.
    pub(super) fn contest_floor(&mut self, now: Moment, at: Moment) {
        if !self.can_be_interrupted() {
            return;
        }
        let pause_after = self.settings.interruption.pause_after;
        let Some(agent) = &mut self.agent else { return };
        match agent.phase {
            // Nothing was heard yet: wait rather than begin to speak over the user.
            Phase::Starting => self.pause_agent(now),
            Phase::Sounding => {
                if !agent.braced && !agent.paused {
                    agent.braced = true;
                    let speech = agent.id;
                    self.outputs.push_back(Output::Playout { speech, order: Playout::Brace });
                }
                self.timers.set(WakeReason::Pause, at + pause_after);
            }
            Phase::Held => {}
        }
    }

    /// The user has spoken for long enough: the agent pauses, and listens to the words.
    pub(super) fn pause_agent(&mut self, now: Moment) {
        self.timers.clear(WakeReason::Pause);
        let speaking = self.user.as_ref().is_some_and(|turn| turn.is_speaking() && !turn.ignored);
        if !speaking || !self.can_be_interrupted() {
            return;
        }
        let Some(agent) = self.agent.as_mut().filter(|turn| !turn.paused) else { return };
        agent.paused = true;
        agent.braced = true;
        let speech = agent.id;
        self.outputs.push_back(Output::Playout { speech, order: Playout::Pause });
        // A voice that stands still makes no progress, and that is no failure.
        self.timers.clear(WakeReason::Voice);
        self.timers.set(WakeReason::Judgement, now + self.settings.interruption.judgement_deadline);
        self.timers.set(WakeReason::PartialTranscript, now + JUDGED_EVERY / 2);
    }

    fn spoken_over(&self) -> Over {
        match self.agent.as_ref().map(|turn| turn.phase) {
            Some(Phase::Sounding) if self.history.agent_asked() => Over::Question,
            Some(Phase::Sounding) => Over::Speech,
            Some(Phase::Held | Phase::Starting) | None => Over::Nothing,
        }
    }

    /// The words over the agent are known better: decide, or look again.
    pub(super) fn judge_interruption(&mut self, now: Moment) {
        let Some(user) = &self.user else { return };
        let spoken = user.voiced(now);
        match judge(&self.settings.interruption, self.spoken_over(), user.latest(), user.is_speaking(), spoken) {
            Verdict::Cut => self.give_floor_to_user(now),
            Verdict::GoOn(why) => self.keep_floor(now, why),
            Verdict::Wait => {
                let next = now.max(user.asked + JUDGED_EVERY);
                self.timers.set(WakeReason::PartialTranscript, next + std::time::Duration::from_micros(1));
            }
        }
    }

    /// What was taken for noise, and spoken over, is known better. Whether there was such a noise.
    pub(super) fn noise_is_judged(&mut self, now: Moment) -> bool {
        let ignored = self.user.as_ref().filter(|turn| turn.ignored && self.can_be_interrupted());
        let Some(user) = ignored else { return false };
        let (speaking, spoken) = (user.is_speaking(), user.voiced(now));
        match judge(&self.settings.interruption, self.spoken_over(), user.latest(), speaking, spoken) {
            Verdict::Cut => self.give_floor_to_user(now),
            Verdict::GoOn(_) => self.close_unanswered_turn(),
            Verdict::Wait => {}
        }
        true
    }

    /// The sound over the agent goes on and on.
    pub(super) fn judgement_overdue(&mut self, now: Moment) {
        if !self.is_judging() {
            return;
        }
        let Some(user) = &self.user else { return self.keep_floor(now, FalseInterruption::Noise) };
        if !user.latest().trim().is_empty() || (user.transcribing && !user.is_speaking()) {
            // Somebody hums along, or the words are not there yet: as long as it lasts, the words decide.
            self.timers.set(WakeReason::Judgement, now + self.settings.interruption.judgement_deadline);
        } else if user.transcribed.is_none() && user.is_speaking() {
            // Speech-to-text is too slow to tell. A sound as long as this is rarely a cough.
            self.give_floor_to_user(now);
        } else {
            self.keep_floor(now, FalseInterruption::Noise);
        }
    }

    /// It was nothing: the agent goes on from the very sample where it paused.
    pub(super) fn keep_floor(&mut self, now: Moment, why: FalseInterruption) {
        self.timers.clear_each(&[WakeReason::Pause, WakeReason::Judgement]);
        let Some(agent) = self.agent.as_mut().filter(|turn| turn.braced || turn.paused) else { return };
        let was_paused = std::mem::take(&mut agent.paused);
        agent.braced = false;
        let (speech, spoke) = (agent.id, agent.spoke);
        self.outputs.push_back(Output::Playout { speech, order: Playout::Resume });
        if was_paused {
            self.outputs.push_back(Output::FalselyInterrupted { speech, why });
            // A reply without a clause yet has nothing to play.
            if spoke {
                self.timers.set(WakeReason::Voice, now + self.settings.voice_deadline);
            }
        }
        match &mut self.user {
            Some(user) if user.is_speaking() => user.ignored = true,
            // Its words are still waited for.
            Some(user) if user.ignored => {}
            Some(_) => self.close_unanswered_turn(),
            None => {}
        }
    }

    /// The user has the floor now: voice, caption, face and generation end together.
    fn give_floor_to_user(&mut self, now: Moment) {
        self.take_floor_from_agent();
        let Some(user) = &mut self.user else { return };
        (user.overlapped, user.ignored) = (false, false);
        if user.is_speaking() {
            self.words_while_speaking(now);
        } else {
            self.detect_end_of_turn();
            self.words_in_silence(now);
        }
    }

    /// Ends the agent's speech. If nothing of a reply was heard yet, what it answers is part of the user's turn again.
    pub(super) fn take_floor_from_agent(&mut self) {
        let Some(agent) = &self.agent else { return };
        match (agent.phase, &agent.answers) {
            (Phase::Starting, Some(answered)) if agent.shown.is_empty() => {
                let (turn, user_ended, spoken) = (answered.turn, answered.user_ended, answered.transcribed.is_some());
                if let Some(words) = self.history.take_back_user()
                    && let Some(user) = &mut self.user
                {
                    user.shown_as = turn;
                    user.prepend(&words);
                    if spoken && user.was_heard() && !user.over {
                        // It was only a pause, and longer than was thought.
                        let pause = user.started.since(user_ended);
                        self.learn_pause(pause);
                    }
                }
            }
            (Phase::Sounding, _) => self.outputs.push_back(Output::Interrupted { speech: agent.id }),
            (Phase::Held | Phase::Starting, _) => {}
        }
        self.stop_agent();
    }
}
