//! The user's turn: sounds, silence, and the decision to answer.

use std::time::Duration;

use super::Dialogue;
use crate::agent_turn::{AgentTurn, Answered, Clauses, Phase};
use crate::policies::end_of_turn::{Evidence, SentenceEnd};
use crate::policies::hint::{Hint, hint, says_nothing};
use crate::user_turn::{Stage, TranscriptState, UserTurn, same_words};
use crate::{FalseInterruption, Moment, Output, Playout, Policies, Speculation, TurnId, WakeReason};

/// The turn detector is wrong about every other shorter utterance ("Yes."): of those its "unfinished" tells nothing.
const LONG_ENOUGH_TO_JUDGE: Duration = Duration::from_millis(800);

impl Dialogue {
    pub(super) fn speech_started(&mut self, now: Moment, at: Moment) {
        if !self.presence.is_linked() || self.is_leaving() {
            return;
        }
        self.user_is_there();
        self.touch(now);
        self.review_budget(now);
        let contested = self.agent_has_floor();
        let manual = self.is_push_to_talk();
        match &mut self.user {
            Some(turn) if turn.is_speaking() => return,
            // Push to talk: what is said after the turn's end does not keep it from its answer.
            Some(turn) if manual && turn.is_over() => return,
            Some(turn) => {
                // A silence in which the agent had the floor tells nothing of this user's pauses.
                let stopped = turn.stopped().filter(|_| !contested && !turn.overlapped && turn.was_heard());
                turn.resumed(at);
                if let Some(stopped) = stopped {
                    self.learn_pause(at.since(stopped));
                }
            }
            None => {
                // Between two turns of push to talk nothing is listened to.
                if manual {
                    return;
                }
                let id = self.next_turn();
                self.user.insert(UserTurn::new(id, at)).overlapped = contested;
            }
        }
        self.timers.clear_each(&[WakeReason::EndOfTurn, WakeReason::Speculation]);
        if !self.partial_every().is_zero() {
            self.timers.set(WakeReason::PartialTranscript, now.max(at + self.partial_every()));
        }
        if self.speculating().is_some() {
            // A short noise changes nothing of what was said.
            let settings = &self.settings;
            let spoke_on = at + settings.interruption.least_duration + settings.speech_end_delay;
            self.timers.set(WakeReason::SpokeOn, spoke_on);
        }
        self.contest_floor(now, at);
    }

    pub(super) fn speech_stopped(&mut self, now: Moment, at: Moment) {
        let Some(turn) = self.user.as_mut().filter(|turn| turn.is_speaking()) else { return };
        turn.stage = Stage::Silent { since: at.max(turn.started) };
        self.timers.clear_each(&[WakeReason::PartialTranscript, WakeReason::Pause, WakeReason::SpokeOn]);
        self.touch(now);
        let judged = self.is_judging();
        let mut ignored = self.user.as_ref().is_some_and(|turn| turn.ignored);
        if self.can_be_interrupted() && !judged && !ignored {
            // Too short to make the agent pause. Of what came before it in the same turn the words may still be missing.
            ignored = self.user.as_ref().is_some_and(UserTurn::was_heard);
            if let Some(turn) = &mut self.user {
                turn.ignored = ignored;
            }
            self.keep_floor(now, FalseInterruption::Noise);
            if !ignored {
                return self.close_unanswered_turn();
            }
        }
        // Noise too: there may have been words at its end. The agent speaks on meanwhile.
        self.ask_transcript(now);
        if !judged && !ignored {
            self.detect_end_of_turn();
            self.schedule_end_of_turn(now);
        }
    }

    /// The user went on after this much silence. What is longer than any silence that is waited for was only not answered
    /// yet: it is no pause within a turn.
    pub(super) fn learn_pause(&mut self, pause: Duration) {
        if pause <= self.settings.end_of_turn.longest_silence {
            self.pauses.observe(pause);
        }
    }

    /// Asks the turn detector, if the user is silent and it is worth asking.
    pub(super) fn detect_end_of_turn(&mut self) {
        if !self.policies.uses_turn_detector() {
            return;
        }
        let Some(turn) = self.user.as_ref().filter(|turn| !turn.is_speaking()) else { return };
        self.outputs.push_back(Output::DetectEndOfTurn { turn: turn.id, revision: turn.revision() });
    }

    pub(super) fn turn_probability(&mut self, now: Moment, id: TurnId, revision: u32, thousandths: u16) {
        let known =
            self.user.as_mut().filter(|turn| turn.id == id && !turn.is_speaking() && turn.revision() == revision);
        let Some(turn) = known else { return };
        turn.probability = Some(thousandths);
        if !self.is_judging() {
            self.schedule_end_of_turn(now);
        }
    }

    /// Asks the chat model whether a sentence ends here, if the policy wants to know.
    pub(super) fn judge_sentence(&mut self) {
        if !self.policies.uses_sentence_end() {
            return;
        }
        let Some(turn) = self.user.as_mut().filter(|turn| turn.was_heard() && turn.is_complete()) else { return };
        let (id, revision, words) = (turn.id, turn.revision(), turn.words());
        if words.is_empty() {
            turn.sentence_end = SentenceEnd::Unknown;
        } else if let Some(known) = turn.judged_before(&words) {
            // The model may be busy with the answer to these very words.
            turn.sentence_end = known;
        } else {
            let messages = self.history.messages_with(&words);
            self.outputs.push_back(Output::JudgeSentence { turn: id, revision, messages });
        }
    }

    pub(super) fn sentence_end(&mut self, now: Moment, id: TurnId, revision: u32, millionths: Option<u32>) {
        let known = self
            .user
            .as_mut()
            .filter(|turn| turn.id == id && turn.is_complete() && !turn.is_over() && turn.revision() == revision);
        let Some(turn) = known else { return };
        turn.judge(millionths.map_or(SentenceEnd::Unknown, SentenceEnd::Millionths));
        if !self.is_judging() {
            self.schedule_end_of_turn(now);
        }
    }

    /// Sets the end of the silence, by everything that is known now.
    pub(super) fn schedule_end_of_turn(&mut self, now: Moment) {
        let Some(turn) = &self.user else { return };
        let Stage::Silent { since: stopped } = turn.stage else { return };
        let judged = stopped.since(turn.audio_since) >= LONG_ENOUGH_TO_JUDGE;
        let finished_from = self.settings.end_of_turn.finished_from;
        let probability = turn.probability.filter(|sounds| judged || *sounds >= finished_from);
        let words = turn.words();
        let hint = match hint(&self.policies.language, &words) {
            // "Yes." answers a question, and is all that was to be said.
            Hint::Opening if self.history.agent_asked() => Hint::Unknown,
            hint => hint,
        };
        let evidence = Evidence {
            words: &words,
            probability,
            sentence_end: turn.sentence_end,
            hint,
            long_pause: self.pauses.long(),
        };
        match self.policies.end_of_turn.silence_needed(&evidence) {
            Some(silence) => self.timers.set(WakeReason::EndOfTurn, now.max(stopped + silence)),
            None => self.timers.clear(WakeReason::EndOfTurn),
        }
    }

    pub(super) fn silence_long_enough(&mut self, now: Moment) {
        let Some(turn) = self.user.as_mut().filter(|turn| !turn.is_speaking()) else { return };
        turn.close(now);
        if !turn.is_transcribing() {
            self.commit_turn(now);
        }
    }

    // The answer.

    /// The turn is over: answer it, or drop it when nothing was said.
    pub(super) fn commit_turn(&mut self, now: Moment) {
        if self.agent_has_floor() {
            // The agent finishes what may not be interrupted first; the end of its speech comes back here.
            return;
        }
        let Some(turn) = &self.user else { return };
        let (words, failed) = (turn.words(), turn.transcript == TranscriptState::Failed);
        if self.wants_no_answer(turn) {
            self.discard_speculation(now);
            self.close_unanswered_turn();
            if failed && words.is_empty() && self.agent.is_none() {
                // Whoever was spoken to needs no greeting any more.
                self.greeted = true;
                return self.say_at_once(now, vec![self.settings.not_understood.clone()], |_| {});
            }
            return self.consider_greeting(now);
        }
        self.show_words(true);
        let Some(turn) = self.user.take() else { return };
        self.forget_user_timers();
        self.outputs.push_back(Output::CloseTurn { turn: turn.id });
        self.greeted = true;
        self.timers.clear(WakeReason::Greeting);
        let user_ended = turn.stopped().unwrap_or(now);
        match self.agent.as_mut().filter(|agent| agent.phase == Phase::Held) {
            Some(AgentTurn { answers: Some(answers), .. }) if same_words(&answers.words, &words) => {
                answers.turn = turn.shown_as;
                answers.user_ended = user_ended;
                answers.turn_ended = now;
                // The language model has read these very words.
                self.history.user_said(&answers.words.clone());
                self.outputs.push_back(Output::Speculation(Speculation::Committed));
                self.release_speech(now);
            }
            Some(_) | None => {
                self.discard_speculation(now);
                self.stop_agent();
                self.history.user_said(&words);
                let answers = Answered::new(turn.shown_as, words, user_ended, turn.transcribed, now);
                self.generate(now, answers, Phase::Starting);
            }
        }
        self.touch(now);
    }

    /// Whether the turn holds no words, or only those of a listener. What was written is always meant.
    pub(super) fn wants_no_answer(&self, turn: &UserTurn) -> bool {
        let words = turn.spoken();
        if words != turn.words() {
            return false;
        }
        let click = turn.is_shorter_than(self.settings.end_of_turn.least_speech);
        let Policies { back_channel, language, .. } = &self.policies;
        let listens = back_channel.is_hum(&words) || (turn.overlapped && back_channel.is_back_channel(&words));
        says_nothing(language, &words) || click || (listens && !self.history.agent_asked())
    }

    /// Asks the language model for the reply to `answers`, whose words are (or would be) the last of the history.
    pub(super) fn generate(&mut self, now: Moment, answers: Answered, phase: Phase) {
        let id = self.next_speech();
        let messages = match phase {
            Phase::Held => self.history.messages_with(&answers.words),
            Phase::Starting | Phase::Sounding => self.history.messages(),
        };
        let mut turn = AgentTurn::new(id, phase, self.has_voice());
        turn.clauses = Clauses::Awaited;
        turn.answers = Some(answers);
        self.agent = Some(turn);
        self.outputs.push_back(Output::Generate { speech: id, messages });
        self.timers.set(WakeReason::Reply, now + self.settings.reply_deadline);
        if phase == Phase::Starting {
            self.outputs.push_back(Output::Playout { speech: id, order: Playout::Start });
        }
    }

    // The end of a turn that is not answered.

    /// Forgets the turn; what was shown of it stays as it is.
    pub(super) fn close_unanswered_turn(&mut self) {
        let Some(turn) = &self.user else { return };
        let id = turn.id;
        self.show_words(true);
        self.outputs.push_back(Output::TurnDropped { turn: id });
        self.drop_user_turn();
    }

    pub(super) fn drop_user_turn(&mut self) {
        self.forget_user_timers();
        if let Some(turn) = self.user.take() {
            self.outputs.push_back(Output::CloseTurn { turn: turn.id });
        }
    }

    fn forget_user_timers(&mut self) {
        self.timers.clear_each(&[
            WakeReason::EndOfTurn,
            WakeReason::Speculation,
            WakeReason::Transcription,
            WakeReason::PartialTranscript,
            WakeReason::Pause,
            WakeReason::Judgement,
            WakeReason::SpokeOn,
        ]);
    }
}
