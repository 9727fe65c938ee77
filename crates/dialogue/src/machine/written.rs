//! Turns that do not come from voice activity: written words, and push to talk.

use super::Dialogue;
use crate::user_turn::UserTurn;
use crate::{Moment, Output, TurnId, WakeReason};

impl Dialogue {
    pub(super) fn typed(&mut self, now: Moment, text: &str) {
        let text = text.trim();
        if text.is_empty() || !self.presence.is_linked() || self.is_leaving() {
            return;
        }
        self.user_is_there();
        self.touch(now);
        self.review_budget(now);
        self.discard_speculation(now);
        if self.user.is_none() {
            let id = self.next_turn();
            self.user = Some(UserTurn::written(id, now));
        }
        // What may not be interrupted is heard to its end; its end comes back to this turn.
        let waits = self.agent_has_floor() && self.agent.as_ref().is_some_and(|agent| !agent.interruptible);
        if !waits {
            self.take_floor_from_agent();
        }
        let Some(turn) = &mut self.user else { return };
        turn.wrote(text);
        // Whatever is written is meant to be answered, however short it is.
        (turn.overlapped, turn.ignored) = (false, false);
        if !turn.is_speaking() {
            turn.close(now);
            if !turn.is_transcribing() {
                self.commit_turn(now);
            }
        } else if !waits {
            self.answer_written_first(now);
        }
    }

    /// Answers what was written while the user speaks: a noise must not keep a written question from its answer. What is
    /// being said becomes a turn of its own.
    fn answer_written_first(&mut self, now: Moment) {
        let id = self.next_turn();
        let Some(turn) = &mut self.user else { return };
        let mut spoken = UserTurn::new(id, turn.started);
        if turn.settled().is_empty() {
            // Its words were shown already, and are shown on.
            spoken.shown_as = turn.shown_as;
        }
        turn.leave_words();
        turn.close(now);
        self.commit_turn(now);
        spoken.overlapped = self.agent_has_floor();
        self.user = Some(spoken);
        let every = self.partial_every();
        if !every.is_zero() {
            self.timers.set(WakeReason::PartialTranscript, now + every);
        }
        self.contest_floor(now, now);
    }

    pub(super) fn is_push_to_talk(&self) -> bool {
        self.policies.end_of_turn.is_push_to_talk()
    }

    pub(super) fn turn_begun(&mut self, now: Moment) {
        if !self.is_push_to_talk() || !self.presence.is_linked() || self.is_leaving() {
            return;
        }
        self.user_is_there();
        self.touch(now);
        self.review_budget(now);
        self.discard_speculation(now);
        if self.user.is_some() {
            self.close_unanswered_turn();
        } else {
            // What was heard between two turns is no part of either.
            self.outputs.push_back(Output::CloseTurn { turn: TurnId(self.last_turn) });
        }
        let id = self.next_turn();
        self.user = Some(UserTurn::new(id, now));
        if self.agent.as_ref().is_some_and(|agent| agent.interruptible) {
            self.take_floor_from_agent();
        }
        if !self.partial_every().is_zero() {
            self.timers.set(WakeReason::PartialTranscript, now + self.partial_every());
        }
    }

    pub(super) fn turn_ended(&mut self, now: Moment) {
        if !self.is_push_to_talk() {
            return;
        }
        let Some(turn) = self.user.as_mut().filter(|turn| !turn.is_over()) else { return };
        turn.close(now);
        self.user_is_there();
        self.touch(now);
        self.timers.clear_each(&[WakeReason::PartialTranscript, WakeReason::Pause]);
        self.ask_transcript(now);
    }

    pub(super) fn turn_cancelled(&mut self, now: Moment) {
        if self.is_push_to_talk() {
            self.close_unanswered_turn();
            self.consider_greeting(now);
        }
    }
}
