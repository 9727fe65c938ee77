//! The words of the user's turn: when they are asked for, and what becomes of them.

use std::time::Duration;

use super::Dialogue;
use crate::policies::end_of_turn::SentenceEnd;
use crate::user_turn::{TranscriptState, UserTurn, same_words};
use crate::{Level, Moment, Output, TurnId, WakeReason};

/// At a pause, audio of more than this is transcribed for the last time.
const SETTLE_AT_PAUSE: Duration = Duration::from_secs(12);
/// Without a pause, audio of more than this is transcribed for the last time.
const SETTLE_WHILE_SPEAKING: Duration = Duration::from_secs(25);

impl Dialogue {
    /// Asks for the words of the turn so far.
    pub(super) fn ask_transcript(&mut self, now: Moment) {
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
        let wanted =
            self.user.as_ref().is_some_and(|turn| turn.is_speaking() && !turn.is_transcribing() && !turn.ignored);
        if wanted {
            self.ask_transcript(now);
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
        if self.noise_is_judged(now) {
            return;
        }
        let Some(turn) = &self.user else { return };
        if turn.is_speaking() { self.words_while_speaking(now) } else { self.words_in_silence(now) }
    }

    pub(super) fn transcript_failed(&mut self, now: Moment, id: TurnId, revision: u32) {
        let Some(turn) = self.user.as_mut().filter(|turn| turn.id == id && turn.expects(revision)) else { return };
        turn.transcript_failed();
        turn.sentence_end = SentenceEnd::Unknown;
        let (over, speaking) = (turn.is_over(), turn.is_speaking());
        self.timers.clear(WakeReason::Transcription);
        // Of the words so far another pass is made anyway: only what was to be the whole counts.
        if !speaking {
            self.failures.speech_to_text += 1;
        }
        if self.failures.speech_to_text >= self.settings.failures_in_a_row {
            return self.engine_failed(crate::Engine::SpeechToText);
        }
        if self.is_judging() {
            self.judge_interruption(now);
        } else if self.noise_is_judged(now) {
            // Still nothing but noise.
        } else if over {
            self.commit_turn(now);
        } else if speaking {
            self.look_again(now);
        } else {
            self.schedule_end_of_turn(now);
        }
    }

    /// The user speaks on: the words are looked at again in a while.
    pub(super) fn look_again(&mut self, now: Moment) {
        let every = self.partial_every();
        let Some(turn) = self.user.as_ref().filter(|_| !every.is_zero()) else { return };
        self.timers.set(WakeReason::PartialTranscript, now.max(turn.asked + every) + Duration::from_micros(1));
    }

    /// The user speaks on: show the words, and let the language model read them.
    pub(super) fn words_while_speaking(&mut self, now: Moment) {
        self.show_words(false);
        self.look_again(now);
        let Some(turn) = &mut self.user else { return };
        // The language model keeps what it has read as far as the next transcript agrees with it: where the guess at its end
        // was wrong, only that is read again.
        let words = turn.words();
        if turn.is_news(&words) && self.agent.is_none() {
            self.outputs.push_back(Output::Prepare { messages: self.history.messages_with(&words) });
        }
        if let Some(words) = self.user.as_ref().map(UserTurn::words)
            && self.speculating().is_some_and(|answered| !same_words(answered, &words))
        {
            self.discard_speculation(now);
        }
        self.settle_long_turn(SETTLE_WHILE_SPEAKING);
    }

    /// The user is silent and the words are known.
    pub(super) fn words_in_silence(&mut self, now: Moment) {
        self.settle_long_turn(SETTLE_AT_PAUSE);
        self.show_words(false);
        let Some(turn) = &self.user else { return };
        if turn.is_over() {
            return self.commit_turn(now);
        }
        // Before the answer: the model reads the same words for both.
        self.judge_sentence();
        self.schedule_end_of_turn(now);
        self.speculate(now);
    }

    /// A turn may be long: what is known of its beginning is kept as words.
    fn settle_long_turn(&mut self, longest: Duration) {
        let is_known = |turn: &&mut UserTurn| match turn.transcript {
            TranscriptState::None | TranscriptState::Known => true,
            TranscriptState::Outstanding | TranscriptState::Failed => false,
        };
        let Some(turn) = self.user.as_mut().filter(is_known) else { return };
        if turn.asked.since(turn.audio_since) < longest {
            return;
        }
        let (id, revision) = (turn.id, turn.revision());
        turn.settle();
        self.outputs.push_back(Output::CutTurn { turn: id, revision });
    }

    pub(super) fn show_words(&mut self, is_final: bool) {
        let Some(turn) = &self.user else { return };
        let text = turn.spoken();
        if !text.is_empty() {
            self.outputs.push_back(Output::UserCaption { turn: turn.shown_as, text, is_final });
        }
    }
}
