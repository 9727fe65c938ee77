//! What the dialogue wants done, as commands to hearing, generation, playout and captions.

use dialogue::{EndReason, Engine, Input, Output, SpeechId, TurnId};
use speech::CancelFlag;

use super::{Conversation, reporting};
use crate::generation::mind::MindCommand;
use crate::hearing::EarCommand;
use crate::ports::Caption;
use crate::voice::{PlayoutCommand, SynthesisCommand};

impl Conversation {
    /// Does everything the dialogue wants done. The reason when the call is over.
    pub(super) fn act(&mut self) -> Option<EndReason> {
        while let Some(output) = self.dialogue.poll() {
            if let Some(recorder) = &self.links.recorder {
                recorder.output(&output);
            }
            reporting::report(&output, &self.clock, &self.links.span);
            if let Some(reason) = self.do_one(output) {
                return Some(reason);
            }
        }
        None
    }

    fn do_one(&mut self, output: Output) -> Option<EndReason> {
        match output {
            Output::State(state) => {
                self.links.activity.show(state);
                self.attention.enter(state);
                self.look();
                self.links.states.send_replace(state);
            }
            Output::Link { identity } => {
                tracing::info!(%identity, "listening to");
                self.attention.talk_with(Some(identity.clone()));
                self.look();
                self.linked = Some(identity.clone());
                self.send_ears(EarCommand::Reset);
                self.listen_to_linked();
                self.early.of(&identity).into_iter().for_each(|event| self.arrives(event));
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
                self.check(self.links.mind.try_send(command).is_ok(), Engine::LanguageModel);
            }
            Output::Prepare { messages } => {
                // Only a head start: when the mind is busy it can do without.
                if self.links.mind.try_send(MindCommand::Prefill(messages)).is_err() {
                    tracing::debug!("the mind had no time to prepare");
                }
            }
            Output::JudgeSentence { turn, revision, messages } => {
                // Silence decides when the mind is busy.
                if self.links.mind.try_send(MindCommand::JudgeSentence { turn, revision, messages }).is_err() {
                    tracing::debug!("the mind had no time to judge a sentence");
                }
            }
            Output::CancelGeneration { speech } => self.cancel(speech),
            Output::Speak { speech, clause } => {
                let cancel = self.cancel_flag(speech);
                let command = SynthesisCommand::Speak { speech, clause, cancel };
                self.check(self.links.voice.try_send(command).is_ok(), Engine::TextToSpeech);
            }
            Output::FinishSpeech { speech } => {
                let sent = self.links.voice.try_send(SynthesisCommand::Finish(speech)).is_ok();
                self.check(sent, Engine::TextToSpeech);
            }
            Output::StopSpeech { speech } => {
                self.cancel(speech);
                self.send_playout(PlayoutCommand::Stop(speech));
            }
            Output::Playout { speech, order } => self.send_playout(PlayoutCommand::Order(speech, order)),
            Output::AgentCaption { speech, delta } => {
                if let Some(transcripts) = &mut self.links.transcripts {
                    transcripts.agent_heard(&delta);
                }
                self.caption(Caption::Agent { speech, delta });
            }
            Output::EndAgentCaption { speech } => {
                if let Some(transcripts) = &mut self.links.transcripts {
                    transcripts.agent_ended();
                }
                self.caption(Caption::EndAgent(speech));
            }
            Output::Notice { text } => self.caption(Caption::Notice { text }),
            Output::Level(level) => self.links.activity.spare_frames(level >= dialogue::Level::FewerFrames),
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
            self.links.activity.user_ended_clause();
        }
        if is_final && let Some(feeling) = face::emotion::in_answer_to(&text) {
            self.links.activity.feel(feeling);
        }
        if is_final && let Some(transcripts) = &mut self.links.transcripts {
            transcripts.user_said(turn, &text);
        }
        let Some(identity) = self.linked.clone() else { return };
        self.caption(Caption::User { turn, text, is_final, identity });
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

    fn caption(&mut self, caption: Caption) {
        if self.links.captions.try_send(caption).is_err() {
            tracing::warn!("the transport takes no captions: one was lost");
        }
    }

    fn send_playout(&mut self, command: PlayoutCommand) {
        // Playout empties its queue before every frame: a full one means that it hangs.
        let sent = self.links.playout.try_send(command).is_ok();
        self.check(sent, Engine::TextToSpeech);
    }

    pub(super) fn send_ears(&mut self, command: EarCommand) {
        let sent = self.links.ears.send(command).is_ok();
        self.check(sent, Engine::VoiceActivity);
    }

    /// An engine that takes no more commands is lost.
    fn check(&mut self, sent: bool, engine: Engine) {
        if !sent {
            self.take(Input::EngineFailed { engine });
        }
    }
}
