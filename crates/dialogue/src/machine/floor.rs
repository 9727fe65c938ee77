//! The user makes a sound while the agent has the floor: pause first, let the words decide.

use super::Dialogue;
use crate::agent_turn::{Phase, PlayoutState, VoiceUse};
use crate::policies::interruption::{Over, Overlap, Verdict};
use crate::user_turn::UserTurn;
use crate::{FalseInterruption, Moment, Output, Playout, WakeReason};

/// How often a policy that needs no words is asked while the agent is paused and the user goes on.
const VOICE_JUDGED_EVERY: std::time::Duration = std::time::Duration::from_millis(50);
/// While the agent is paused, the words are looked at this much sooner than usual.
const JUDGED_EVERY: std::time::Duration = std::time::Duration::from_millis(250);

/// Who has the floor.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Floor {
    /// Neither speaks, nor is about to.
    Open,
    /// The user speaks, or has spoken and is not answered yet.
    User,
    /// The agent speaks, or is about to. Whatever sound the user makes counts as noise.
    Agent,
    /// The agent speaks, and the user began to make a sound: playout is ready to pause.
    Contested,
    /// The agent is paused, and what the user says decides whether it goes on.
    Judged,
}

impl Dialogue {
    pub(super) fn floor(&self) -> Floor {
        match self.agent.as_ref().filter(|agent| agent.has_floor()).map(|agent| agent.playout) {
            Some(PlayoutState::Playing) => Floor::Agent,
            Some(PlayoutState::Braced) => Floor::Contested,
            Some(PlayoutState::Paused) => Floor::Judged,
            None if self.user.is_some() => Floor::User,
            None => Floor::Open,
        }
    }

    /// The agent may sound, or does.
    pub(super) fn agent_has_floor(&self) -> bool {
        match self.floor() {
            Floor::Agent | Floor::Contested | Floor::Judged => true,
            Floor::User | Floor::Open => false,
        }
    }

    /// The agent has the floor and the user may take it.
    pub(super) fn can_be_interrupted(&self) -> bool {
        self.settings.interruption.enabled
            && !self.is_push_to_talk()
            && self.agent.as_ref().is_some_and(|turn| turn.has_floor() && turn.interruptible)
    }

    /// The agent is paused, and what the user says decides whether it goes on.
    pub(super) fn is_judging(&self) -> bool {
        self.floor() == Floor::Judged
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
                if agent.playout == PlayoutState::Playing {
                    agent.playout = PlayoutState::Braced;
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
        let Some(agent) = self.agent.as_mut() else { return };
        if agent.playout == PlayoutState::Paused {
            if !self.policies.interruption.needs_words() {
                self.judge_interruption(now);
            }
            return;
        }
        agent.playout = PlayoutState::Paused;
        let speech = agent.id;
        self.outputs.push_back(Output::Playout { speech, order: Playout::Pause });
        // A voice that stands still makes no progress, and that is no failure.
        self.timers.clear(WakeReason::Voice);
        self.timers.set(WakeReason::Judgement, now + self.settings.interruption.judgement_deadline);
        self.timers.set(WakeReason::PartialTranscript, now + JUDGED_EVERY / 2);
        if !self.policies.interruption.needs_words() {
            self.judge_interruption(now);
        }
    }

    fn spoken_over(&self) -> Over {
        match self.agent.as_ref().map(|turn| turn.phase) {
            Some(Phase::Sounding) if self.history.agent_asked() => Over::Question,
            Some(Phase::Sounding) => Over::Speech,
            Some(Phase::Held | Phase::Starting) | None => Over::Nothing,
        }
    }

    /// What the policy says of the words over the agent so far.
    fn verdict(&self, now: Moment, user: &UserTurn) -> Verdict {
        let verdict = self.policies.interruption.judge(&Overlap {
            over: self.spoken_over(),
            words: user.latest(),
            still_speaking: user.is_speaking(),
            // Words from before the call were said at their own length.
            voiced: if user.began_before_the_call() { std::time::Duration::MAX } else { user.voiced(now) },
            back_channel: self.policies.back_channel.as_ref(),
        });
        match verdict {
            // Nothing more will be known: a policy that waits all the same must not keep the agent silent.
            Verdict::Wait if !user.is_speaking() && user.latest().trim().is_empty() => {
                Verdict::GoOn(FalseInterruption::Noise)
            }
            Verdict::Wait if !user.is_speaking() => Verdict::GoOn(FalseInterruption::BackChannel),
            verdict => verdict,
        }
    }

    /// The words over the agent are known better: decide, or look again.
    pub(super) fn judge_interruption(&mut self, now: Moment) {
        let Some(user) = &self.user else { return };
        match self.verdict(now, user) {
            Verdict::Cut => self.give_floor_to_user(now),
            Verdict::GoOn(why) => self.keep_floor(now, why),
            Verdict::Wait => {
                let next = now.max(user.asked + JUDGED_EVERY);
                if !self.policies.interruption.needs_words() {
                    self.timers.set(WakeReason::Pause, now + VOICE_JUDGED_EVERY);
                }
                self.timers.set(WakeReason::PartialTranscript, next + std::time::Duration::from_micros(1));
            }
        }
    }

    /// What was taken for noise, and spoken over, is known better. Whether there was such a noise.
    pub(super) fn noise_is_judged(&mut self, now: Moment) -> bool {
        let ignored = self.user.as_ref().filter(|turn| turn.ignored && self.can_be_interrupted());
        let Some(user) = ignored else { return false };
        match self.verdict(now, user) {
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
        if !user.latest().trim().is_empty() || (user.is_transcribing() && !user.is_speaking()) {
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
        let Some(agent) = self.agent.as_mut().filter(|turn| turn.playout != PlayoutState::Playing) else { return };
        let was_paused = agent.playout == PlayoutState::Paused;
        agent.playout = PlayoutState::Playing;
        let (speech, spoke) = (agent.id, agent.voice == VoiceUse::Used);
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
                    if spoken && user.was_heard() && !user.is_over() {
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
