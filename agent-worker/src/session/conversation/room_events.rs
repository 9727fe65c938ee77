//! What the room tells, as inputs of the dialogue.

use std::time::Instant;

use dialogue::{EndReason, Engine, Input};
use proto::room::{TOPIC_CHAT, TOPIC_PRECONNECT_AUDIO};
use room::{Attributes, ByteReader, RoomError, RoomEvent, TextReader};
use speech::LISTEN_SAMPLE_RATE;
use telemetry::events::{ChatRefusal as RefusalReason, ChatRefused};
use tokio::sync::oneshot;

use super::Call;
use crate::session::chat_input::{self, Admission, ChatRefusal};
use crate::session::hearing::{EarCommand, listen};
use crate::transport::captions::CaptionCommand;
use crate::transport::chat_mirror::is_mirrored;
use crate::transport::participants::{is_person, left_on_purpose};
use crate::transport::preconnect;

/// Messages and recordings that are read at the same time.
const MOST_READERS: usize = 8;

impl Call {
    pub(super) fn room_event(&mut self, event: RoomEvent) {
        tracing::debug!(?event, "room event");
        if let Some(avatar) = &self.organs.avatar {
            avatar.observe(&event);
        }
        self.attention.observe(&event);
        self.look();
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
            stream @ (RoomEvent::TextStream { .. } | RoomEvent::ByteStream { .. }) => self.stream(stream),
            RoomEvent::RpcInvocation { caller_identity, method, payload, responder, .. } => {
                self.called(&caller_identity, &method, &payload, responder);
            }
            RoomEvent::AttributesChanged { .. } | RoomEvent::TrackMuted { .. } | RoomEvent::SpeakersChanged { .. } => {}
        }
    }

    /// A stream begins: one of the linked person's, or of somebody of whom the room may be about to tell.
    pub(super) fn stream(&mut self, stream: RoomEvent) {
        if !concerns_the_agent(&stream) {
            return;
        }
        if self.linked.is_none() {
            let is_chat = matches!(stream, RoomEvent::TextStream { .. });
            if !self.unknown.hold(Instant::now(), stream) && is_chat {
                ChatRefused { reason: RefusalReason::TooMany }.emit();
            }
            return;
        }
        match stream {
            RoomEvent::TextStream { identity, reader, .. } => self.read_chat(&identity, reader),
            RoomEvent::ByteStream { identity, mime_type, attributes, reader, .. } => {
                self.read_preconnect(&identity, reader, attributes, mime_type);
            }
            _ => {}
        }
    }

    /// Those who wrote are not told of: whoever they are, the agent does not listen to them.
    pub(super) fn refuse_unknown(&mut self) {
        for stream in self.unknown.overdue(Instant::now()) {
            if matches!(stream, RoomEvent::TextStream { .. }) {
                ChatRefused { reason: RefusalReason::NotLinked }.emit();
            }
        }
    }

    /// Listens to the voice of the linked person, if there is one.
    pub(super) fn listen_to_linked(&mut self) {
        if let Some(task) = self.listening.take() {
            task.abort();
        }
        self.early = None;
        let voice = self.linked.as_ref().and_then(|identity| self.voices.of(identity));
        let Some((_, track)) = voice else {
            // A microphone that is gone is silent: what was being said is over.
            let samples = vec![0; usize::try_from(LISTEN_SAMPLE_RATE / 2).unwrap_or_default()];
            return self.send_ears(EarCommand::Audio { samples, arrived: Instant::now() });
        };
        let (track, ears, inputs) = (track.clone(), self.organs.ears.clone(), self.organs.inputs.clone());
        let recorder = self.organs.recorder.clone();
        let (early, on_its_way) = oneshot::channel();
        self.early = Some(early);
        self.listening = Some(tokio::spawn(async move {
            match listen(track, ears, recorder, on_its_way).await {
                Ok(()) | Err(RoomError::Closed) => {}
                Err(error) => {
                    tracing::error!(%error, "a voice cannot be listened to");
                    let _ = inputs.send(Input::EngineFailed { engine: Engine::VoiceActivity }).await;
                }
            }
        }));
    }

    /// A written message begins to arrive.
    fn read_chat(&mut self, identity: &str, reader: Box<dyn TextReader>) {
        let refuse = |reason| ChatRefused { reason }.emit();
        if self.linked.as_deref() != Some(identity) {
            return refuse(RefusalReason::NotLinked);
        }
        match self.chat.accept(Instant::now()) {
            Admission::Accepted if self.readers.len() < MOST_READERS => {}
            Admission::Accepted | Admission::Dropped => return refuse(RefusalReason::TooMany),
        }
        let inputs = self.organs.inputs.clone();
        let captions = self.organs.captions.clone();
        let track_sid = self.organs.voice_track.track_sid();
        self.readers.spawn(async move {
            match chat_input::read(reader).await {
                // A closed channel means that the call is over.
                Ok(text) => drop(inputs.send(Input::Typed { text }).await),
                Err(refusal) => {
                    ChatRefused { reason: reason(&refusal) }.emit();
                    let Some(text) = refusal.notice() else { return };
                    if captions.try_send(CaptionCommand::Notice { text, track_sid }).is_err() {
                        tracing::debug!("nobody could be told of a refused message");
                    }
                }
            }
        });
    }

    /// What the user said while the call was being set up begins to arrive: once for each microphone track.
    fn read_preconnect(
        &mut self,
        identity: &str,
        reader: Box<dyn ByteReader>,
        attributes: Attributes,
        mime_type: String,
    ) {
        let ignore = |why: &str| tracing::debug!(why, "audio from before the call was not read");
        if self.linked.as_deref() != Some(identity) {
            return ignore("its sender is not listened to");
        }
        let track = self.voices.of(identity).map(|(sid, _)| sid.as_str());
        if let (Some(track), Some(named)) = (track, preconnect::track_id(&attributes))
            && track != named
        {
            return ignore("it belongs to another track");
        }
        if self.readers.len() >= MOST_READERS {
            return ignore("too much is being read");
        }
        // Before the microphone can be heard there is nothing to put it in front of.
        let (read, recording) = oneshot::channel();
        let waiting = match (self.early.take(), track) {
            (Some(early), _) => early.send(recording).is_ok(),
            (None, Some(_)) => return ignore("there was one for this track"),
            (None, None) => false,
        };
        let ears = self.organs.ears.clone();
        self.readers.spawn(async move {
            match preconnect::read_preconnect(reader, &attributes, &mime_type).await {
                Ok(samples) => {
                    let ms = samples.len() * 1000 / LISTEN_SAMPLE_RATE as usize;
                    tracing::info!(ms, "heard from before the call");
                    let samples = samples.iter().map(|sample| to_i16(*sample)).collect();
                    if !waiting {
                        let _ = ears.send(EarCommand::Recall { samples, arrived: Instant::now() }).await;
                    } else if read.send(samples).is_err() {
                        tracing::debug!("nobody waited for the audio from before the call");
                    }
                }
                Err(error) => tracing::warn!(%error, "audio from before the call can't be used"),
            }
        });
    }
}

/// Whether a stream is read at all: a message that was not sent a second time, or sound from before the call.
fn concerns_the_agent(stream: &RoomEvent) -> bool {
    match stream {
        RoomEvent::TextStream { topic, attributes, .. } => topic == TOPIC_CHAT && !is_mirrored(attributes),
        RoomEvent::ByteStream { topic, .. } => topic == TOPIC_PRECONNECT_AUDIO,
        _ => false,
    }
}

fn reason(refusal: &ChatRefusal) -> RefusalReason {
    match refusal {
        ChatRefusal::TooLong => RefusalReason::TooLong,
        ChatRefusal::Empty => RefusalReason::Malformed,
        ChatRefusal::TooSlow | ChatRefusal::Broken(_) => RefusalReason::Incomplete,
    }
}

/// A sample in -1 to 1 as 16-bit PCM.
#[expect(clippy::cast_possible_truncation, reason = "clamped to the range of i16 first")]
fn to_i16(sample: f32) -> i16 {
    (sample.clamp(-1.0, 1.0) * f32::from(i16::MAX)) as i16
}
