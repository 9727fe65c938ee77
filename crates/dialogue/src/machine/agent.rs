//! The agent's speech, from the first clause to the last sample.

use chat::{Clause, FinishReason};

use super::Dialogue;
use crate::agent_turn::{AgentTurn, Clauses, Phase, PlayoutState, VoiceUse};
use crate::{Moment, Output, Playout, Speculation, SpeechId, WakeReason};

/// Clauses that wait for a speech to be let out. A reply has far fewer.
const MOST_WAITING: usize = 128;

impl Dialogue {
    fn current(&mut self, speech: SpeechId) -> Option<&mut AgentTurn> {
        self.agent.as_mut().filter(|turn| turn.id == speech)
    }

    /// A speech that was held back may sound now.
    pub(super) fn release_speech(&mut self, now: Moment) {
        let Some(agent) = self.agent.as_mut().filter(|turn| turn.phase == Phase::Held) else { return };
        agent.phase = Phase::Starting;
        let (speech, spoke) = (agent.id, agent.voice == VoiceUse::Used);
        let unspoken = std::mem::take(&mut agent.unspoken);
        self.timers.clear(WakeReason::SpokeOn);
        self.outputs.push_back(Output::Playout { speech, order: Playout::Start });
        if spoke {
            self.timers.set(WakeReason::Voice, now + self.settings.voice_deadline);
        }
        for text in unspoken {
            self.write(speech, &text);
        }
        self.speak_waiting(now);
    }

    /// Hands the waiting clauses to the voice: all of them once the speech may sound, the first one before that.
    fn speak_waiting(&mut self, now: Moment) {
        let Some(agent) = &mut self.agent else { return };
        let held = agent.phase == Phase::Held;
        let mut said = Vec::new();
        while !(held && agent.voice != VoiceUse::Unused)
            && let Some(clause) = agent.waiting.pop_front()
        {
            if agent.voice == VoiceUse::Unused {
                agent.voice = VoiceUse::Used;
            }
            said.push(clause);
        }
        let (speech, has_voice) = (agent.id, agent.has_voice());
        let all_said = !agent.is_generating() && agent.waiting.is_empty() && !held;
        // Until it may sound, a voice makes no progress that could be waited for.
        if has_voice && !said.is_empty() && agent.playout != PlayoutState::Paused && !held {
            self.timers.set(WakeReason::Voice, now + self.settings.voice_deadline);
        }
        for clause in said {
            if has_voice {
                self.outputs.push_back(Output::Speak { speech, clause });
            } else {
                self.write(speech, &clause.text);
            }
        }
        if all_said {
            if has_voice {
                self.outputs.push_back(Output::FinishSpeech { speech });
            } else {
                self.finish_speech(now, speech);
            }
        }
    }

    /// Shows a clause that is not spoken.
    fn write(&mut self, speech: SpeechId, text: &str) {
        let Some(agent) = self.agent.as_mut().filter(|turn| turn.id == speech && !text.trim().is_empty()) else {
            return;
        };
        let delta = if agent.shown.is_empty() { text.trim().to_owned() } else { format!(" {}", text.trim()) };
        agent.shown.push_str(&delta);
        self.history.agent_heard(speech, &delta);
        self.outputs.push_back(Output::AgentCaption { speech, delta });
    }

    pub(super) fn reply_started(&mut self, now: Moment, speech: SpeechId) {
        if let Some(answers) = self.current(speech).and_then(|turn| turn.answers.as_mut()) {
            answers.first_token.get_or_insert(now);
        }
    }

    pub(super) fn reply_clause(&mut self, now: Moment, speech: SpeechId, clause: Clause) {
        let Some(turn) = self.current(speech).filter(|turn| turn.is_generating()) else { return };
        if clause.text.trim().is_empty() {
            return;
        }
        turn.clauses = Clauses::Arriving;
        if let Some(answers) = &mut turn.answers {
            answers.first_clause.get_or_insert(now);
        }
        if turn.waiting.len() < MOST_WAITING {
            turn.waiting.push_back(clause);
        }
        self.failures.language_model = 0;
        self.timers.set(WakeReason::Reply, now + self.settings.reply_deadline);
        self.speak_waiting(now);
    }

    pub(super) fn reply_finished(&mut self, now: Moment, speech: SpeechId, finish: FinishReason) {
        match finish {
            // A reply that was cut ends at its last whole clause all the same.
            FinishReason::Stop
            | FinishReason::Length
            | FinishReason::ToolCalls
            | FinishReason::ContentFilter
            | FinishReason::Cancelled => {}
        }
        self.failures.language_model = 0;
        let fallback = self.settings.empty_reply.clone();
        self.end_reply(now, speech, fallback);
    }

    pub(super) fn reply_failed(&mut self, now: Moment, speech: SpeechId) {
        if self.current(speech).is_none_or(|turn| !turn.is_generating()) {
            return;
        }
        self.failures.language_model += 1;
        if self.failures.language_model >= self.settings.failures_in_a_row {
            if let Some(turn) = self.current(speech) {
                turn.clauses = Clauses::Complete;
            }
            return self.engine_failed(crate::Engine::LanguageModel);
        }
        // What was made of it is said to its end; it is true as far as it goes.
        let apology = self.settings.failed_reply.clone();
        self.end_reply(now, speech, apology);
    }

    /// No more clauses will come. When none came, `instead` is said.
    fn end_reply(&mut self, now: Moment, speech: SpeechId, instead: String) {
        let Some(turn) = self.current(speech).filter(|turn| turn.is_generating()) else { return };
        if std::mem::replace(&mut turn.clauses, Clauses::Complete) == Clauses::Awaited {
            turn.waiting.push_back(instead.into());
        }
        self.timers.clear(WakeReason::Reply);
        self.speak_waiting(now);
    }

    pub(super) fn voice_ready(&mut self, now: Moment, speech: SpeechId) {
        if let Some(answers) = self.current(speech).and_then(|turn| turn.answers.as_mut()) {
            answers.first_audio.get_or_insert(now);
        }
        if self.current(speech).is_some() {
            self.failures.text_to_speech = 0;
        }
    }

    pub(super) fn voice_started(&mut self, now: Moment, speech: SpeechId) {
        let Some(turn) = self.current(speech).filter(|turn| turn.phase == Phase::Starting) else { return };
        turn.phase = Phase::Sounding;
        let measured = turn.answers.as_ref().map(|answers| (answers.turn, answers.times(now)));
        self.failures.text_to_speech = 0;
        self.voice_moves(now);
        if let Some((turn, times)) = measured {
            self.outputs.push_back(Output::TurnMeasured { turn, times });
        }
    }

    /// The voice makes progress: it has until the next deadline to make more.
    fn voice_moves(&mut self, now: Moment) {
        if !self.is_judging() {
            self.timers.set(WakeReason::Voice, now + self.settings.voice_deadline);
        }
    }

    pub(super) fn heard(&mut self, now: Moment, speech: SpeechId, text: &str) {
        let Some(turn) = self.current(speech).filter(|turn| turn.phase == Phase::Sounding && !text.is_empty()) else {
            return;
        };
        turn.shown.push_str(text);
        self.voice_moves(now);
        self.history.agent_heard(speech, text);
        self.outputs.push_back(Output::AgentCaption { speech, delta: text.to_owned() });
    }

    pub(super) fn voice_finished(&mut self, now: Moment, speech: SpeechId) {
        let over =
            |turn: &&mut AgentTurn| turn.phase != Phase::Held && !turn.is_generating() && turn.waiting.is_empty();
        if self.current(speech).filter(over).is_some() {
            self.finish_speech(now, speech);
        }
    }

    /// The speech is over: the floor is free.
    fn finish_speech(&mut self, now: Moment, speech: SpeechId) {
        let Some(turn) = self.agent.take_if(|turn| turn.id == speech) else { return };
        self.timers.clear_each(&[WakeReason::Voice, WakeReason::Reply, WakeReason::Pause, WakeReason::Judgement]);
        if !turn.shown.is_empty() {
            self.outputs.push_back(Output::EndAgentCaption { speech });
        }
        if let Some(reason) = turn.farewell {
            return self.end(reason);
        }
        self.touch(now);
        match &mut self.user {
            None => {
                if !turn.shown.is_empty() {
                    self.outputs.push_back(Output::Prepare { messages: self.history.messages() });
                }
            }
            // What was said over the agent's last words is a turn like any other now.
            Some(user) if user.is_speaking() => {
                user.ignored = false;
                let every = self.partial_every();
                if !every.is_zero() {
                    self.timers.set(WakeReason::PartialTranscript, now + every);
                }
            }
            Some(user) if user.is_transcribing() => {
                user.ignored = false;
                self.detect_end_of_turn();
                self.schedule_end_of_turn(now);
            }
            Some(_) => self.words_in_silence(now),
        }
    }

    pub(super) fn voice_overdue(&mut self, now: Moment) {
        match &self.agent {
            // The sound of the next clause can't come before the clause.
            Some(turn) if turn.is_generating() && turn.phase == Phase::Sounding => self.voice_moves(now),
            // It is still being loaded; that has a deadline of its own, outside.
            Some(_) if !self.ready => self.voice_moves(now),
            Some(_) => self.engine_failed(crate::Engine::TextToSpeech),
            None => {}
        }
    }

    /// A clause could not be spoken: it is written instead.
    pub(super) fn voice_failed(&mut self, speech: SpeechId, text: &str) {
        if self.current(speech).is_none() {
            return;
        }
        self.failures.text_to_speech += 1;
        if self.failures.text_to_speech >= self.settings.failures_in_a_row {
            return self.engine_failed(crate::Engine::TextToSpeech);
        }
        if self.agent_has_floor() {
            self.write(speech, text);
        } else if let Some(turn) = self.current(speech) {
            // Nobody may hear of it yet.
            turn.unspoken.push(text.to_owned());
        }
    }

    /// Voice, caption, face and generation end together.
    pub(super) fn stop_agent(&mut self) {
        self.timers.clear_each(&[
            WakeReason::Reply,
            WakeReason::Voice,
            WakeReason::Pause,
            WakeReason::Judgement,
            WakeReason::SpokeOn,
        ]);
        let Some(turn) = self.agent.take() else { return };
        if turn.phase == Phase::Held {
            self.outputs.push_back(Output::Speculation(Speculation::Discarded));
        }
        self.outputs.push_back(Output::StopSpeech { speech: turn.id });
        if turn.is_generating() {
            self.outputs.push_back(Output::CancelGeneration { speech: turn.id });
        }
        if !turn.shown.is_empty() {
            self.outputs.push_back(Output::EndAgentCaption { speech: turn.id });
        }
    }
}
