//! What the dialogue wants done, as commands to the organs.

use dialogue::{EndReason, Engine, Input, Output, SpeechId, TurnId};
use speech::CancelFlag;

use super::{Call, reporting};
use crate::session::generation::mind::MindCommand;
use crate::session::hearing::EarCommand;
use crate::session::voice::{PlayoutCommand, SynthesisCommand};
use crate::transport::captions::CaptionCommand;

impl Call {
    /// Does everything the dialogue wants done. The reason when the call is over.
    pub(super) fn act(&mut self) -> Option<EndReason> {
        while let Some(output) = self.dialogue.poll() {
            if let Some(recorder) = &self.organs.recorder {
                recorder.output(&output);
            }
            reporting::report(&output, &self.clock, &self.organs.span);
            if let Some(reason) = self.do_one(output) {
                return Some(reason);
            }
        }
        None
    }

    fn do_one(&mut self, output: Output) -> Option<EndReason> {
        match output {
            Output::State(state) => {
                self.organs.activity.show(state);
                self.attention.enter(state);
                self.look();
                self.organs.states.send_replace(state);
            }
            Output::Link { identity } => {
                tracing::info!(%identity, "listening to");
                self.attention.talk_with(Some(identity.clone()));
                self.look();
                self.linked = Some(identity.clone());
                self.send_ears(EarCommand::Reset);
                self.listen_to_linked();
                self.unknown.of(&identity).into_iter().for_each(|stream| self.stream(stream));
            }
            Output::Unlink => {
                self.attention.talk_with(None);
                self.look();
                self.linked = None;
                self.listen_to_linked();
                self.send_ears(EarCommand::Reset);
            }
            Output::Transcribe { turn, revision } => self.send_ears(EarCommand::Transcribe { turn, revision }),
            Output::DetectEndOfTurn { turn, revision } => {
                self.send_ears(EarCommand::DetectEndOfTurn { turn, revision })
            }
            Output::CutTurn { revision, .. } => self.send_ears(EarCommand::CutTurn { revision }),
            Output::CloseTurn { .. } => self.send_ears(EarCommand::CloseTurn),
            Output::UserCaption { turn, text, is_final } => self.user_caption(turn, text, is_final),
            Output::Generate { speech, messages } => {
                let cancel = self.cancel_flag(speech);
                let command = MindCommand::Generate { speech, messages, cancel };
                self.check(self.organs.mind.try_send(command).is_ok(), Engine::LanguageModel);
            }
            Output::Prepare { messages } => {
                // Only a head start: when the mind is busy it can do without.
                if self.organs.mind.try_send(MindCommand::Prefill(messages)).is_err() {
                    tracing::debug!("the mind had no time to prepare");
                }
            }
            Output::CancelGeneration { speech } => self.cancel(speech),
            Output::Speak { speech, text } => {
                let cancel = self.cancel_flag(speech);
                let command = SynthesisCommand::Speak { speech, text, cancel };
                self.check(self.organs.voice.try_send(command).is_ok(), Engine::TextToSpeech);
            }
            Output::FinishSpeech { speech } => {
                let sent = self.organs.voice.try_send(SynthesisCommand::Finish(speech)).is_ok();
                self.check(sent, Engine::TextToSpeech);
            }
            Output::StopSpeech { speech } => {
                self.cancel(speech);
                self.send_playout(PlayoutCommand::Stop(speech));
            }
            Output::Playout { speech, order } => self.send_playout(PlayoutCommand::Order(speech, order)),
            Output::AgentCaption { speech, delta } => {
                if let Some(book) = &mut self.organs.book {
                    book.agent_heard(&delta);
                }
                let track_sid = self.organs.voice_track.track_sid();
                self.caption(CaptionCommand::Agent { speech, delta, track_sid });
            }
            Output::EndAgentCaption { speech } => {
                if let Some(book) = &mut self.organs.book {
                    book.agent_ended();
                }
                self.caption(CaptionCommand::EndAgent(speech));
            }
            Output::Notice { text } => {
                let track_sid = self.organs.voice_track.track_sid();
                self.caption(CaptionCommand::Notice { text, track_sid });
            }
            Output::Level(level) => self.organs.activity.spare_frames(level >= dialogue::Level::FewerFrames),
            Output::TurnMeasured { .. }
            | Output::Speculation(_)
            | Output::Interrupted { .. }
            | Output::FalselyInterrupted { .. }
            | Output::TurnDropped { .. }
            | Output::UserAway(_) => {}
            Output::End(reason) => return Some(reason),
        }
        None
    }

    fn user_caption(&mut self, turn: TurnId, text: String, is_final: bool) {
        if text.ends_with(['.', ',', '?', '!', ';', ':']) {
            self.organs.activity.user_ended_clause();
        }
        if is_final && let Some(feeling) = face::emotion::in_answer_to(&text) {
            self.organs.activity.feel(feeling);
        }
        if is_final && let Some(book) = &mut self.organs.book {
            book.user_said(turn, &text);
        }
        let Some(identity) = self.linked.clone() else { return };
        let track_sid = self.voices.of(&identity).map(|(sid, _)| sid.clone());
        self.caption(CaptionCommand::User { turn, text, is_final, identity, track_sid });
    }

    fn cancel_flag(&mut self, speech: SpeechId) -> CancelFlag {
        // Speeches follow one another: what is older than this one is over.
        self.cancels.retain(|known, _| *known >= speech);
        self.cancels.entry(speech).or_default().clone()
    }

    fn cancel(&mut self, speech: SpeechId) {
        if let Some(flag) = self.cancels.remove(&speech) {
            flag.cancel();
        }
    }

    fn caption(&mut self, command: CaptionCommand) {
        if self.organs.captions.try_send(command).is_err() {
            tracing::warn!("the room takes no captions: one was lost");
        }
    }

    fn send_playout(&mut self, command: PlayoutCommand) {
        // Playout empties its queue before every frame: a full one means that it hangs.
        let sent = self.organs.playout.try_send(command).is_ok();
        self.check(sent, Engine::TextToSpeech);
    }

    pub(super) fn send_ears(&mut self, command: EarCommand) {
        let sent = self.organs.ears.try_send(command).is_ok();
        self.check(sent, Engine::VoiceActivity);
    }

    /// An engine that takes no more commands is lost.
    fn check(&mut self, sent: bool, engine: Engine) {
        if !sent {
            self.take(Input::EngineFailed { engine });
        }
    }
}
