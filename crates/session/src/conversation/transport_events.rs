//! Transport events as inputs of the dialogue.

use dialogue::{EndReason, Engine, Input};
use telemetry::events::{ChatRefusal as RefusalReason, ChatRefused};
use tokio::sync::oneshot;

use super::Conversation;
use crate::chat_input::{self, Admission, ChatRefusal};
use crate::clock;
use crate::hearing::{EarCommand, listen};
use crate::ports::{Caption, LISTEN_SAMPLE_RATE, PreconnectAudio, TextInput, TransportError, TransportEvent};

/// Messages and pre-connect audio that are read at the same time.
const MAX_READERS: usize = 8;

impl Conversation {
    pub(super) fn transport_event(&mut self, event: TransportEvent) {
        tracing::debug!(?event, "transport event");
        self.attention.observe(&event);
        self.look();
        match event {
            TransportEvent::UserJoined { identity } => self.take(Input::PersonArrived { identity }),
            TransportEvent::UserLeft { identity, on_purpose } => {
                self.take(Input::PersonLeft { identity, on_purpose });
            }
            TransportEvent::AudioAvailable { identity, source, input } => {
                self.voices.add(&identity, source, input);
                if self.linked.as_deref() == Some(&identity) {
                    self.listen_to_linked();
                }
            }
            TransportEvent::InputGone { identity, source } => {
                if self.voices.remove(&identity, &source) && self.linked.as_deref() == Some(&identity) {
                    self.listen_to_linked();
                }
            }
            TransportEvent::VoiceSubscribed => self.take(Input::VoiceSubscribed),
            TransportEvent::Closed { on_purpose } => {
                tracing::info!(on_purpose, "the connection is over");
                let end = if on_purpose { EndReason::EverybodyLeft } else { EndReason::ConnectionLost };
                self.take(Input::HangUp(end));
            }
            TransportEvent::Interrupted => {
                tracing::warn!("the connection broke and is being mended");
                self.take(Input::ConnectionInterrupted);
            }
            TransportEvent::Restored => {
                tracing::info!("the connection is mended");
                self.take(Input::ConnectionRestored);
                // A connection that was made anew shows the state of its beginning: show the present one again.
                self.links.states.send_modify(|_| {});
            }
            TransportEvent::Rejoined => self.take(Input::ConnectionRejoined),
            event @ (TransportEvent::Text { .. } | TransportEvent::Preconnect { .. }) => self.arrives(event),
            TransportEvent::PushToTalk { identity, action, responder } => {
                self.push_to_talk(&identity, action, responder);
            }
            TransportEvent::VideoAvailable { .. } | TransportEvent::SpeakersChanged { .. } => {}
        }
    }

    /// A message or pre-connect audio begins to arrive: the linked user's, or that of a user who may be linked soon.
    pub(super) fn arrives(&mut self, event: TransportEvent) {
        match event {
            TransportEvent::Text { identity, input } if self.is_linked(&identity) => self.read_text(input),
            TransportEvent::Preconnect { identity, audio } if self.is_linked(&identity) => {
                self.read_preconnect(&identity, audio);
            }
            event => {
                let is_text = matches!(event, TransportEvent::Text { .. });
                if !self.early.hold(clock::now(), event) && is_text {
                    ChatRefused { reason: RefusalReason::TooMany }.emit();
                }
            }
        }
    }

    fn is_linked(&self, identity: &str) -> bool {
        self.linked.as_deref() == Some(identity)
    }

    /// Their senders were not linked in time: the agent does not listen to them.
    pub(super) fn refuse_early(&mut self) {
        for event in self.early.overdue(clock::now()) {
            if matches!(event, TransportEvent::Text { .. }) {
                ChatRefused { reason: RefusalReason::NotLinked }.emit();
            }
        }
    }

    /// Listens to the voice of the linked user, if there is one.
    pub(super) fn listen_to_linked(&mut self) {
        if let Some(task) = self.listening.take() {
            task.abort();
        }
        self.preconnect = None;
        let voice = self.linked.as_ref().and_then(|identity| self.voices.of(identity));
        let Some((_, input)) = voice else {
            // A microphone that is gone is silent: what was being said is over.
            let samples = vec![0; usize::try_from(LISTEN_SAMPLE_RATE / 2).unwrap_or_default()];
            return self.send_ears(EarCommand::Audio { samples, arrived: clock::now() });
        };
        let (input, ears, inputs) = (input.clone(), self.links.ears.clone(), self.links.inputs.clone());
        let recorder = self.links.recorder.clone();
        let (preconnect, announced) = oneshot::channel();
        self.preconnect = Some(preconnect);
        self.listening = Some(tokio::spawn(async move {
            match listen(input, ears, recorder, announced).await {
                Ok(()) | Err(TransportError::Closed) => {}
                Err(error) => {
                    tracing::error!(%error, "a voice cannot be listened to");
                    let _ = inputs.send(Input::EngineFailed { engine: Engine::VoiceActivity }).await;
                }
            }
        }));
    }

    /// A written message begins to arrive.
    fn read_text(&mut self, input: Box<dyn TextInput>) {
        let refuse = |reason| ChatRefused { reason }.emit();
        match self.chat.accept(clock::now()) {
            Admission::Accepted if self.readers.len() < MAX_READERS => {}
            Admission::Accepted | Admission::Dropped => return refuse(RefusalReason::TooMany),
        }
        let inputs = self.links.inputs.clone();
        let captions = self.links.captions.clone();
        self.readers.spawn(async move {
            match chat_input::read(input).await {
                // A closed channel means that the call is over.
                Ok(text) => drop(inputs.send(Input::Typed { text }).await),
                Err(refusal) => {
                    ChatRefused { reason: reason(&refusal) }.emit();
                    let Some(text) = refusal.notice() else { return };
                    if captions.try_send(Caption::Notice { text }).is_err() {
                        tracing::debug!("the notice of a refused message could not be shown");
                    }
                }
            }
        });
    }

    /// What the user said while the call was being set up begins to arrive: once for each voice.
    fn read_preconnect(&mut self, identity: &str, audio: Box<dyn PreconnectAudio>) {
        let ignore = |why: &str| tracing::debug!(why, "audio from before the call was not read");
        let source = self.voices.of(identity).map(|(source, _)| source.as_str());
        if let (Some(source), Some(named)) = (source, audio.source())
            && source != named
        {
            return ignore("it belongs to another voice");
        }
        if self.readers.len() >= MAX_READERS {
            return ignore("too much is being read");
        }
        // Before the microphone can be heard there is nothing to put it in front of.
        let (read, recording) = oneshot::channel();
        let waiting = match (self.preconnect.take(), source) {
            (Some(preconnect), _) => preconnect.send(recording).is_ok(),
            (None, Some(_)) => return ignore("there was one for this voice"),
            (None, None) => false,
        };
        let ears = self.links.ears.clone();
        self.readers.spawn(async move {
            match audio.read().await {
                Ok(samples) => {
                    let ms = samples.len() * 1000 / LISTEN_SAMPLE_RATE as usize;
                    tracing::info!(ms, "heard from before the call");
                    if !waiting {
                        // An error means that the call is over, or is about to find out that the VAD is lost.
                        let _ = ears.send(EarCommand::Recall { samples, arrived: clock::now() });
                    } else if read.send(samples).is_err() {
                        tracing::debug!("the audio from before the call came too late");
                    }
                }
                Err(error) => tracing::warn!(%error, "audio from before the call can't be used"),
            }
        });
    }
}

fn reason(refusal: &ChatRefusal) -> RefusalReason {
    match refusal {
        ChatRefusal::TooLong => RefusalReason::TooLong,
        ChatRefusal::Empty => RefusalReason::Malformed,
        ChatRefusal::TooSlow | ChatRefusal::Broken(_) => RefusalReason::Incomplete,
    }
}
