//! Who is there, the greeting, away and idle.

use chat::Clause;

use super::Dialogue;
use crate::agent_turn::{AgentTurn, Answered, Phase};
use crate::presence::Change;
use crate::{EndReason, FalseInterruption, Moment, Output, WakeReason};

impl Dialogue {
    pub(super) fn ready(&mut self, now: Moment) {
        self.ready = true;
        self.consider_greeting(now);
    }

    pub(super) fn person_arrived(&mut self, now: Moment, identity: String) {
        if self.presence.is_linked_to(&identity) {
            self.user_is_there();
        }
        let change = self.presence.arrived(identity);
        self.presence_changed(now, change, true);
    }

    pub(super) fn person_left(&mut self, now: Moment, identity: &str, on_purpose: bool) {
        let change = self.presence.left(identity);
        self.presence_changed(now, change, on_purpose);
    }

    pub(super) fn voice_subscribed(&mut self, now: Moment) {
        self.voice_subscribed = true;
        self.user_is_there();
        self.consider_greeting(now);
    }

    pub(super) fn connection_rejoined(&mut self, now: Moment) {
        // The server tells only of those who are there. Unless the linked person shows a sign of life, they left in the
        // meantime.
        if self.presence.is_linked() {
            self.timers.set(WakeReason::Return, now + self.settings.return_grace);
        }
    }

    fn presence_changed(&mut self, now: Moment, change: Change, on_purpose: bool) {
        match change {
            Change::Nothing => {}
            Change::Linked(identity) => {
                self.timers.clear_each(&[WakeReason::Arrival, WakeReason::Leave, WakeReason::Return]);
                self.discard_speculation(now);
                self.keep_floor(now, FalseInterruption::Noise);
                self.drop_user_turn();
                self.outputs.push_back(Output::Link { identity });
                self.touch(now);
                self.consider_greeting(now);
            }
            Change::Alone => {
                if let Some(reason) = self.agent.as_ref().and_then(|turn| turn.farewell) {
                    // Nobody is left to hear the last words.
                    return self.end(reason);
                }
                self.drop_user_turn();
                self.stop_agent();
                self.timers.clear_each(&[WakeReason::Greeting, WakeReason::Away, WakeReason::Idle]);
                self.outputs.push_back(Output::Unlink);
                if on_purpose {
                    self.timers.set(WakeReason::Leave, now + self.settings.leave_grace);
                } else {
                    self.timers.set(WakeReason::Return, now + self.settings.return_grace);
                }
            }
        }
    }

    /// A sign of life of the linked person.
    pub(super) fn user_is_there(&mut self) {
        if self.presence.is_linked() {
            self.timers.clear(WakeReason::Return);
        }
    }

    pub(super) fn consider_greeting(&mut self, now: Moment) {
        if self.greeted || !self.ready || !self.presence.is_linked() || self.is_leaving() {
            return;
        }
        if self.voice_subscribed || !self.has_voice() {
            self.greet(now);
        } else {
            // Not later than this: somebody may listen only through other means, or never.
            self.timers.set(WakeReason::Greeting, now + self.settings.greeting_deadline);
        }
    }

    pub(super) fn greet(&mut self, now: Moment) {
        self.timers.clear(WakeReason::Greeting);
        // Someone who already speaks wants an answer, not a greeting. If it was only noise, the greeting comes after it.
        if self.greeted || !self.ready || self.user.is_some() || self.agent.is_some() {
            return;
        }
        self.greeted = true;
        let clauses = if self.settings.earlier.is_empty() {
            self.settings.greeting.clone()
        } else {
            if let Some(words) = self.history.open_question() {
                // Whoever served the call before fell silent over it.
                let answers = Answered::new(self.next_turn(), words, now, None, now);
                return self.generate(now, answers, Phase::Starting);
            }
            self.settings.return_greeting.clone()
        };
        let interruptible = self.settings.greeting_interruptible;
        self.say_at_once(now, clauses, |turn| turn.interruptible = interruptible);
    }

    /// Says clauses that are known already. Nothing, when there are none.
    pub(super) fn say_at_once(&mut self, now: Moment, clauses: Vec<String>, shape: impl FnOnce(&mut AgentTurn)) {
        let clauses: Vec<String> = clauses.into_iter().filter(|clause| !clause.trim().is_empty()).collect();
        if clauses.is_empty() {
            return;
        }
        let id = self.next_speech();
        let mut turn = AgentTurn::new(id, Phase::Held, self.has_voice());
        shape(&mut turn);
        turn.waiting.extend(clauses.into_iter().map(Clause::from));
        self.agent = Some(turn);
        self.release_speech(now);
    }

    /// Somebody said something: nobody is away.
    pub(super) fn touch(&mut self, now: Moment) {
        let (away_after, idle_limit) = (self.settings.away_after, self.settings.idle_limit);
        if !self.presence.is_linked() {
            return;
        }
        if !away_after.is_zero() {
            self.timers.set(WakeReason::Away, now + away_after);
        }
        if !idle_limit.is_zero() {
            self.timers.set(WakeReason::Idle, now + idle_limit);
        }
        if std::mem::take(&mut self.away) {
            self.outputs.push_back(Output::UserAway(false));
        }
    }

    /// Somebody speaks, or will.
    fn is_busy(&self) -> bool {
        self.agent.is_some() || self.user.as_ref().is_some_and(|turn| turn.is_speaking() && !turn.ignored)
    }

    pub(super) fn away_due(&mut self, now: Moment) {
        if self.is_busy() {
            self.timers.set(WakeReason::Away, now + self.settings.away_after);
        } else if !self.away {
            self.away = true;
            self.outputs.push_back(Output::UserAway(true));
        }
    }

    pub(super) fn idle_due(&mut self, now: Moment) {
        if self.is_busy() {
            self.timers.set(WakeReason::Idle, now + self.settings.idle_limit);
        } else {
            self.say_farewell(now, EndReason::Idle);
        }
    }
}
