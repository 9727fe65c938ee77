//! One call: feeds the dialogue core with what happens and does what it says.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use dialogue::{AgentState, Dialogue, EndReason, Engine, Input, Output, SpeechId};
use room::{AudioPublisher, RoomError, RoomEvent, RoomEvents};
use speech::{CancelFlag, LISTEN_SAMPLE_RATE};
use telemetry::events::{Interrupted, TurnMeasured};
use tokio::sync::{mpsc, watch};
use tokio::task::JoinHandle;

use crate::captions::CaptionCommand;
use crate::face_loop::ShownActivity;
use crate::hearing::{EarCommand, listen};
use crate::mind::MindCommand;
use crate::people::{Voices, is_person, left_on_purpose};
use crate::voice::{PlayoutCommand, SynthesisCommand};

/// Where the call's commands go.
pub struct Organs {
    /// To the ears.
    pub ears: mpsc::Sender<EarCommand>,
    /// To the mind.
    pub mind: mpsc::Sender<MindCommand>,
    /// To the voice.
    pub voice: mpsc::Sender<SynthesisCommand>,
    /// To playout.
    pub playout: mpsc::Sender<PlayoutCommand>,
    /// To the captions.
    pub captions: mpsc::Sender<CaptionCommand>,
    /// To the agent's state as the room sees it.
    pub states: watch::Sender<AgentState>,
    /// To the face.
    pub activity: ShownActivity,
    /// Back to the call, for what is started on its behalf.
    pub inputs: mpsc::Sender<Input>,
    /// The voice track, for its id.
    pub voice_track: Arc<dyn AudioPublisher>,
}

/// A call under way.
pub struct Call {
    dialogue: Dialogue,
    organs: Organs,
    voices: Voices,
    linked: Option<String>,
    listening: Option<JoinHandle<()>>,
    /// One flag for each speech that may still be generated or synthesised.
    cancels: HashMap<SpeechId, CancelFlag>,
}

impl Call {
    /// A call that begins with nobody there.
    #[must_use]
    pub fn new(dialogue: Dialogue, organs: Organs) -> Self {
        Self { dialogue, organs, voices: Voices::default(), linked: None, listening: None, cancels: HashMap::new() }
    }

    /// Runs until the dialogue ends the call.
    pub async fn run(mut self, mut events: RoomEvents, mut inputs: mpsc::Receiver<Input>) -> EndReason {
        loop {
            if let Some(reason) = self.act() {
                if let Some(task) = self.listening.take() {
                    task.abort();
                }
                return reason;
            }
            let wake = self.dialogue.next_wake().map(|(at, _)| at);
            tokio::select! {
                // Reports of the engines first: they are older than the room events that depend on them.
                biased;
                input = inputs.recv() => match input {
                    Some(input) => self.take(input),
                    None => self.take(Input::HangUp(EndReason::Asked)),
                },
                event = events.recv() => self.room_event(event.unwrap_or(RoomEvent::Disconnected(room::DisconnectReason::Other))),
                () = sleep_until(wake) => self.take(Input::Wake),
            }
        }
    }

    fn take(&mut self, input: Input) {
        if !matches!(input, Input::Heard { .. } | Input::Wake) {
            tracing::debug!(?input, "dialogue input");
        }
        self.dialogue.handle(Instant::now(), input);
    }

    fn room_event(&mut self, event: RoomEvent) {
        tracing::debug!(?event, "room event");
        match event {
            RoomEvent::ParticipantConnected(participant) => {
                if is_person(&participant) {
                    self.take(Input::PersonArrived { identity: participant.identity });
                }
            }
            RoomEvent::ParticipantDisconnected { identity, reason } => {
                self.take(Input::PersonLeft { identity, on_purpose: left_on_purpose(reason) });
            }
            RoomEvent::TrackSubscribed { identity, info, track } => {
                if self.voices.add(&identity, &info, track) && self.linked.as_deref() == Some(&identity) {
                    self.listen_to_linked();
                }
            }
            RoomEvent::TrackUnsubscribed { identity, sid } => {
                if self.voices.remove(&identity, &sid) && self.linked.as_deref() == Some(&identity) {
                    self.listen_to_linked();
                }
            }
            RoomEvent::LocalTrackSubscribed { sid } => {
                if sid == self.organs.voice_track.track_sid() {
                    self.take(Input::VoiceSubscribed);
                }
            }
            RoomEvent::Disconnected(reason) => {
                tracing::warn!(?reason, "the room is over");
                let end = if left_on_purpose(reason) { EndReason::EverybodyLeft } else { EndReason::RoomLost };
                self.take(Input::HangUp(end));
            }
            RoomEvent::Reconnecting => {
                tracing::warn!("the connection broke and is being mended");
                self.take(Input::RoomInterrupted);
            }
            RoomEvent::Reconnected => {
                tracing::info!("the connection is mended");
                self.take(Input::RoomRestored);
                // A room that was joined anew has the attributes of the token: show the state again.
                self.organs.states.send_modify(|_| {});
            }
            RoomEvent::LocalTrackRepublished { sid, .. } => {
                if sid == self.organs.voice_track.track_sid() {
                    self.take(Input::RoomRejoined);
                }
            }
            RoomEvent::AttributesChanged { .. } | RoomEvent::TrackMuted { .. } | RoomEvent::TextStream { .. } => {}
        }
    }

    /// Listens to the voice of the linked person, if there is one.
    fn listen_to_linked(&mut self) {
        if let Some(task) = self.listening.take() {
            task.abort();
        }
        let voice = self.linked.as_ref().and_then(|identity| self.voices.of(identity));
        let Some((_, track)) = voice else {
            // A microphone that is gone is silent: what was being said is over.
            let samples = vec![0; usize::try_from(LISTEN_SAMPLE_RATE / 2).unwrap_or_default()];
            return self.send_ears(EarCommand::Audio { samples, arrived: Instant::now() });
        };
        let (track, ears, inputs) = (track.clone(), self.organs.ears.clone(), self.organs.inputs.clone());
        self.listening = Some(tokio::spawn(async move {
            match listen(track, ears).await {
                Ok(()) | Err(RoomError::Closed) => {}
                Err(error) => {
                    tracing::error!(%error, "a voice cannot be listened to");
                    let _ = inputs.send(Input::EngineFailed { engine: Engine::VoiceActivity }).await;
                }
            }
        }));
    }

    /// Does everything the dialogue wants done. The reason when the call is over.
    fn act(&mut self) -> Option<EndReason> {
        while let Some(output) = self.dialogue.poll() {
            match output {
                Output::State(state) => {
                    self.organs.activity.show(state);
                    self.organs.states.send_replace(state);
                }
                Output::Link { identity } => {
                    tracing::info!(%identity, "listening to");
                    self.linked = Some(identity);
                    self.send_ears(EarCommand::Reset);
                    self.listen_to_linked();
                }
                Output::Unlink => {
                    self.linked = None;
                    self.listen_to_linked();
                    self.send_ears(EarCommand::Reset);
                }
                Output::Transcribe { turn, revision } => self.send_ears(EarCommand::Transcribe { turn, revision }),
                Output::CloseTurn { .. } => self.send_ears(EarCommand::CloseTurn),
                Output::UserCaption { turn, text, is_final } => self.user_caption(turn, text, is_final),
                Output::Generate { speech, messages } => {
                    let cancel = self.cancel_flag(speech);
                    let command = MindCommand::Generate { speech, messages, cancel };
                    self.send(self.organs.mind.try_send(command).is_ok(), Engine::LanguageModel);
                }
                Output::Prepare { messages } => {
                    let sent = self.organs.mind.try_send(MindCommand::Prefill(messages)).is_ok();
                    self.send(sent, Engine::LanguageModel);
                }
                Output::CancelGeneration { speech } => self.cancel(speech),
                Output::Speak { speech, text } => {
                    let cancel = self.cancel_flag(speech);
                    let command = SynthesisCommand::Speak { speech, text, cancel };
                    self.send(self.organs.voice.try_send(command).is_ok(), Engine::TextToSpeech);
                }
                Output::FinishSpeech { speech } => {
                    let sent = self.organs.voice.try_send(SynthesisCommand::Finish(speech)).is_ok();
                    self.send(sent, Engine::TextToSpeech);
                }
                Output::StopSpeech { speech } => {
                    self.cancel(speech);
                    // Playout empties its queue before every frame: a full one means that it hangs.
                    let sent = self.organs.playout.try_send(PlayoutCommand::Stop(speech)).is_ok();
                    self.send(sent, Engine::TextToSpeech);
                }
                Output::AgentCaption { speech, delta } => {
                    let track_sid = self.organs.voice_track.track_sid();
                    self.caption(CaptionCommand::Agent { speech, delta, track_sid });
                }
                Output::EndAgentCaption { speech } => {
                    self.caption(CaptionCommand::EndAgent(speech));
                }
                Output::Notice { text } => {
                    let track_sid = self.organs.voice_track.track_sid();
                    self.caption(CaptionCommand::Notice { text, track_sid });
                }
                Output::TurnMeasured(times) => measured(&times),
                Output::Interrupted { .. } => Interrupted.emit(),
                Output::End(reason) => return Some(reason),
            }
        }
        None
    }

    fn user_caption(&mut self, turn: dialogue::TurnId, text: String, is_final: bool) {
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

    fn send_ears(&mut self, command: EarCommand) {
        let sent = self.organs.ears.try_send(command).is_ok();
        self.send(sent, Engine::VoiceActivity);
    }

    /// An engine that takes no more commands is lost.
    fn send(&mut self, sent: bool, engine: Engine) {
        if !sent {
            self.take(Input::EngineFailed { engine });
        }
    }
}

fn measured(times: &dialogue::TurnTimes) {
    let ms = |duration: Duration| Some(duration.as_secs_f64() * 1000.0);
    TurnMeasured {
        end_of_turn_delay_ms: ms(times.end_of_turn),
        transcription_delay_ms: ms(times.transcript),
        // To the first clause, not the first token: that is when speaking can begin.
        llm_ttft_ms: ms(times.first_clause.saturating_sub(times.end_of_turn)),
        tts_ttfb_ms: ms(times.first_sound.saturating_sub(times.first_clause)),
        playout_delay_ms: None,
        e2e_latency_ms: ms(times.first_sound),
    }
    .emit();
}

/// Sleeps until `at`; for ever when there is none.
async fn sleep_until(at: Option<Instant>) {
    match at {
        Some(at) => tokio::time::sleep_until(at.into()).await,
        None => std::future::pending().await,
    }
}
