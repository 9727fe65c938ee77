//! The user's turn: sounds, words, silence, and the decision to answer.

use std::time::Duration;

use super::Dialogue;
use crate::agent_turn::{AgentTurn, Answered, Phase};
use crate::policies::back_channel::is_back_channel;
use crate::policies::end_of_turn::{Evidence, silence_needed};
use crate::policies::hint::{Hint, hint};
use crate::settings::EndOfTurnMode;
use crate::user_turn::{UserTurn, join, same_words};
use crate::{FalseInterruption, Level, Moment, Output, Playout, Speculation, TurnId, WakeReason};

/// The turn detector is asked again after this much more silence.
const DETECT_AGAIN: Duration = Duration::from_millis(200);
/// It is asked so often in one silence.
const MOST_DETECTIONS: u8 = 4;
/// A turn whose detector says less than this, in thousandths, is not answered ahead of time.
const HOPELESS: u16 = 100;
/// At a pause, audio of more than this is transcribed for the last time.
const SETTLE_AT_PAUSE: Duration = Duration::from_secs(12);
/// Without a pause, audio of more than this is transcribed for the last time.
const SETTLE_WHILE_SPEAKING: Duration = Duration::from_secs(25);

impl Dialogue {
    pub(super) fn speech_started(&mut self, now: Moment, at: Moment) {
        if !self.presence.is_linked() || self.is_leaving() {
            return;
        }
        self.user_is_there();
        self.touch(now);
        let contested = self.agent_has_floor();
        match &mut self.user {
            Some(turn) if turn.is_speaking() => return,
            Some(turn) => {
                // A silence in which the agent had the floor tells nothing of this user's pauses.
                if let Some(stopped) = turn.stopped.filter(|_| !contested && !turn.overlapped) {
                    self.pauses.observe(at.since(stopped));
                }
                turn.resumed(at);
            }
            None => {
                // Between two turns of push to talk nothing is listened to.
                if self.settings.end_of_turn.mode == EndOfTurnMode::Manual {
                    return;
                }
                let id = self.next_turn();
                self.user.insert(UserTurn::new(id, at)).overlapped = contested;
            }
        }
        self.timers.clear_each(&[WakeReason::EndOfTurn, WakeReason::TurnDetection]);
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
        turn.stopped = Some(at.max(turn.started));
        turn.ignored = false;
        self.timers.clear_each(&[WakeReason::PartialTranscript, WakeReason::Pause, WakeReason::SpokeOn]);
        self.touch(now);
        let judged = self.is_judging();
        if self.can_be_interrupted() && !judged {
            // Too short to make the agent pause, or known to be noise.
            self.keep_floor(now, FalseInterruption::Noise);
            return self.close_unanswered_turn();
        }
        self.ask_transcript(now);
        if !judged {
            self.detect_end_of_turn();
            self.schedule_end_of_turn(now);
        }
    }

    /// Asks for the words of the turn so far.
    fn ask_transcript(&mut self, now: Moment) {
        let Some(turn) = &mut self.user else { return };
        let (id, revision) = (turn.id, turn.ask_transcript(now));
        self.outputs.push_back(Output::Transcribe { turn: id, revision });
        self.timers.set(WakeReason::Transcription, now + self.settings.transcription_deadline);
    }

    /// How often the words so far are wanted while the user speaks; zero for never.
    pub(super) fn partial_every(&self) -> Duration {
        if self.level < Level::NoSpeculation { self.settings.partial_every } else { Duration::ZERO }
    }

    pub(super) fn partial_due(&mut self, now: Moment) {
        let wanted = self.user.as_ref().is_some_and(|turn| turn.is_speaking() && !turn.transcribing && !turn.ignored);
        if wanted {
            self.ask_transcript(now);
        }
    }

    /// Asks the turn detector, if the user is silent and it is worth asking.
    pub(super) fn detect_end_of_turn(&mut self) {
        if self.settings.end_of_turn.mode != EndOfTurnMode::Detector {
            return;
        }
        let Some(turn) = self.user.as_mut().filter(|turn| !turn.is_speaking()) else { return };
        turn.detections += 1;
        self.outputs.push_back(Output::DetectEndOfTurn { turn: turn.id, revision: turn.revision() });
    }

    pub(super) fn turn_probability(&mut self, now: Moment, id: TurnId, revision: u32, thousandths: u16) {
        let finished_from = self.settings.end_of_turn.finished_from;
        let known =
            self.user.as_mut().filter(|turn| turn.id == id && !turn.is_speaking() && turn.revision() == revision);
        let Some(turn) = known else { return };
        // A later silence sounds more like an end: the best word counts.
        turn.probability = turn.probability.max(Some(thousandths));
        if thousandths < finished_from && turn.detections < MOST_DETECTIONS {
            self.timers.set(WakeReason::TurnDetection, now + DETECT_AGAIN);
        }
        if !self.is_judging() {
            self.schedule_end_of_turn(now);
        }
    }

    /// Sets the end of the silence, by everything that is known now.
    pub(super) fn schedule_end_of_turn(&mut self, now: Moment) {
        let Some(turn) = &self.user else { return };
        let Some(stopped) = turn.stopped.filter(|_| !turn.over) else { return };
        let evidence =
            Evidence { probability: turn.probability, hint: hint(&turn.words()), long_pause: self.pauses.long() };
        match silence_needed(&self.settings.end_of_turn, evidence) {
            Some(silence) => self.timers.set(WakeReason::EndOfTurn, now.max(stopped + silence)),
            None => self.timers.clear(WakeReason::EndOfTurn),
        }
    }

    pub(super) fn transcript(&mut self, now: Moment, id: TurnId, revision: u32, text: String) {
        let Some(turn) = self.user.as_mut().filter(|turn| turn.id == id && turn.expects(revision)) else { return };
        turn.take_transcript(now, text);
        self.failures.speech_to_text = 0;
        self.timers.clear(WakeReason::Transcription);
        if self.is_judging() {
            return self.judge_interruption(now);
        }
        let Some(turn) = &self.user else { return };
        if turn.is_speaking() { self.words_while_speaking(now) } else { self.words_in_silence(now) }
    }

    pub(super) fn transcript_failed(&mut self, now: Moment, id: TurnId, revision: u32) {
        let Some(turn) = self.user.as_mut().filter(|turn| turn.id == id && turn.expects(revision)) else { return };
        turn.transcript_failed();
        let over = turn.over;
        self.timers.clear(WakeReason::Transcription);
        self.failures.speech_to_text += 1;
        if self.failures.speech_to_text >= self.settings.failures_in_a_row {
            return self.engine_failed(crate::Engine::SpeechToText);
        }
        if self.is_judging() {
            self.judge_interruption(now);
        } else if over {
            self.commit_turn(now);
        } else {
            self.schedule_end_of_turn(now);
        }
    }

    /// The user speaks on: show the words, and let the language model read what will not change.
    fn words_while_speaking(&mut self, now: Moment) {
        self.show_words(false);
        let every = self.partial_every();
        let Some(turn) = &mut self.user else { return };
        if !every.is_zero() {
            self.timers.set(WakeReason::PartialTranscript, now.max(turn.asked + every) + Duration::from_micros(1));
        }
        let latest = turn.latest().to_owned();
        let stable = turn.stable.push(&latest);
        if let Some(stable) = stable
            && self.agent.is_none()
        {
            let words = join([turn.settled(), stable.as_str()]);
            self.outputs.push_back(Output::Prepare { messages: self.history.messages_with(&words) });
        }
        if self.speculating().is_some_and(|words| !same_words(words, &turn_words(self.user.as_ref()))) {
            self.discard_speculation(now);
        }
        self.settle_long_turn(now, SETTLE_WHILE_SPEAKING);
    }

    /// The user is silent and the words are known.
    pub(super) fn words_in_silence(&mut self, now: Moment) {
        self.settle_long_turn(now, SETTLE_AT_PAUSE);
        self.show_words(false);
        let Some(turn) = &self.user else { return };
        if turn.over {
            return self.commit_turn(now);
        }
        self.schedule_end_of_turn(now);
        self.speculate(now);
    }

    /// A turn may be long: what is known of its beginning is kept as words.
    fn settle_long_turn(&mut self, now: Moment, longest: Duration) {
        let Some(turn) = self.user.as_mut().filter(|turn| !turn.transcribing) else { return };
        if turn.asked.since(turn.audio_since) < longest {
            return;
        }
        let (id, revision) = (turn.id, turn.revision());
        turn.settle(now);
        self.outputs.push_back(Output::CutTurn { turn: id, revision });
    }

    fn show_words(&mut self, is_final: bool) {
        let Some(turn) = &self.user else { return };
        let text = turn.spoken();
        if !text.is_empty() {
            self.outputs.push_back(Output::UserCaption { turn: turn.shown_as, text, is_final });
        }
    }

    pub(super) fn silence_long_enough(&mut self, now: Moment) {
        let Some(turn) = self.user.as_mut().filter(|turn| !turn.is_speaking()) else { return };
        turn.over = true;
        self.timers.clear(WakeReason::TurnDetection);
        if !turn.transcribing {
            self.commit_turn(now);
        }
    }

    // Answers ahead of time.

    /// The words that are being answered ahead of time.
    pub(super) fn speculating(&self) -> Option<&str> {
        let agent = self.agent.as_ref().filter(|turn| turn.phase == Phase::Held)?;
        agent.answers.as_ref().map(|answers| answers.words.as_str())
    }

    /// Begins to answer the turn as if it were over, unheard.
    fn speculate(&mut self, now: Moment) {
        let settings = self.settings.speculation;
        let Some(turn) = self.user.as_ref().filter(|turn| turn.is_complete()) else { return };
        let (id, words) = (turn.id, turn.words());
        let hopeless = hint(&words) == Hint::Unfinished || turn.probability.is_some_and(|sounds| sounds < HOPELESS);
        let only_listening = turn.overlapped && is_back_channel(&words);
        let (user_ended, transcribed) = (turn.stopped.unwrap_or(now), turn.transcribed);
        if let Some(known) = self.speculating() {
            if same_words(known, &words) {
                return;
            }
            self.discard_speculation(now);
        }
        let allowed = settings.enabled
            && self.settings.end_of_turn.mode != EndOfTurnMode::Manual
            && self.level < Level::NoSpeculation
            && self.agent.is_none()
            && !words.is_empty()
            && !hopeless
            && !only_listening
            && self.waste.allows(now, settings.most_wasted_a_minute);
        if !allowed {
            return;
        }
        let answers = answered(id, words, user_ended, transcribed, now, true);
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
        self.outputs.push_back(Output::Speculation(Speculation::Discarded));
        self.stop_agent();
    }

    // The answer.

    /// The turn is over: answer it, or drop it when nothing was said.
    pub(super) fn commit_turn(&mut self, now: Moment) {
        if self.agent_has_floor() {
            // The agent finishes what may not be interrupted first; the end of its speech comes back here.
            return;
        }
        let Some(turn) = &self.user else { return };
        let (words, failed) = (turn.words(), turn.failed);
        let only_listened = turn.overlapped && is_back_channel(&words) && !self.history.agent_asked();
        if words.is_empty() || only_listened {
            self.discard_speculation(now);
            self.close_unanswered_turn();
            if failed && words.is_empty() && self.agent.is_none() {
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
        let user_ended = turn.stopped.unwrap_or(now);
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
                let answers = answered(turn.shown_as, words, user_ended, turn.transcribed, now, false);
                self.generate(now, answers, Phase::Starting);
            }
        }
        self.touch(now);
    }

    /// Asks the language model for the reply to `answers`, whose words are (or would be) the last of the history.
    fn generate(&mut self, now: Moment, answers: Answered, phase: Phase) {
        let id = self.next_speech();
        let messages = match phase {
            Phase::Held => self.history.messages_with(&answers.words),
            Phase::Starting | Phase::Sounding => self.history.messages(),
        };
        let mut turn = AgentTurn::new(id, phase, self.has_voice());
        turn.generating = true;
        turn.answers = Some(answers);
        self.agent = Some(turn);
        self.outputs.push_back(Output::Generate { speech: id, messages });
        self.timers.set(WakeReason::Reply, now + self.settings.reply_deadline);
        if phase == Phase::Starting {
            self.outputs.push_back(Output::Playout { speech: id, order: Playout::Start });
        }
    }

    // Written words, and push to talk.

    pub(super) fn typed(&mut self, now: Moment, text: &str) {
        let text = text.trim();
        if text.is_empty() || !self.presence.is_linked() || self.is_leaving() {
            return;
        }
        self.user_is_there();
        self.touch(now);
        self.discard_speculation(now);
        if self.user.is_none() {
            let id = self.next_turn();
            self.user = Some(UserTurn::written(id, now));
        }
        self.take_floor_from_agent();
        let Some(turn) = &mut self.user else { return };
        turn.wrote(text);
        // What is being said right now is not waited for: a noise must not keep a written question from its answer.
        let spoken_on = turn.is_speaking();
        turn.stopped.get_or_insert(now);
        turn.over = true;
        if spoken_on || !turn.transcribing {
            self.commit_turn(now);
        }
        if spoken_on {
            let id = self.next_turn();
            let overlapped = self.agent_has_floor();
            self.user.insert(UserTurn::new(id, now)).overlapped = overlapped;
            self.contest_floor(now, now);
        }
    }

    pub(super) fn turn_begun(&mut self, now: Moment) {
        if !self.presence.is_linked() || self.is_leaving() {
            return;
        }
        self.touch(now);
        self.discard_speculation(now);
        self.close_unanswered_turn();
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
        self.touch(now);
        let Some(turn) = &mut self.user else { return };
        turn.stopped.get_or_insert(now);
        turn.over = true;
        self.timers.clear_each(&[WakeReason::PartialTranscript, WakeReason::Pause]);
        self.ask_transcript(now);
    }

    pub(super) fn turn_cancelled(&mut self) {
        if self.settings.end_of_turn.mode == EndOfTurnMode::Manual {
            self.close_unanswered_turn();
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
            WakeReason::Transcription,
            WakeReason::PartialTranscript,
            WakeReason::TurnDetection,
            WakeReason::Pause,
            WakeReason::Judgement,
            WakeReason::SpokeOn,
        ]);
    }
}

fn turn_words(turn: Option<&UserTurn>) -> String {
    turn.map(UserTurn::words).unwrap_or_default()
}

fn answered(
    turn: TurnId,
    words: String,
    user_ended: Moment,
    transcribed: Option<Moment>,
    now: Moment,
    speculative: bool,
) -> Answered {
    Answered {
        turn,
        words,
        user_ended,
        transcribed,
        turn_ended: now,
        asked: now,
        first_token: None,
        first_clause: None,
        first_audio: None,
        speculative,
    }
}
