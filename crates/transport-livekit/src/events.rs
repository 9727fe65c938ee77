//! Room events as events of a session.

use std::sync::Arc;
use std::time::Instant;

use proto::room::{TOPIC_CHAT, TOPIC_PRECONNECT_AUDIO};
use room::{RoomEvent, RoomEvents, RpcFault, RpcResponder, TrackKind, TrackSource};
use tokio::sync::mpsc;

use super::avatar::peer::AvatarPeer;
use super::avatar::takeover::VoiceTrack;
use super::chat_mirror::is_mirrored;
use super::inputs::{Text, Track};
use super::participants::Microphones;
use super::preconnect::Preconnect;
use super::presence::presence;
use super::push_to_talk::{push_to_talk, respond};
use session::ports::{TransportEvent, TransportEvents};

/// Events that may wait for the session; beyond, the room's own queue fills.
const QUEUE: usize = 64;

/// What it takes to translate a room's events.
pub(super) struct Translator {
    /// The track that carries the agent's voice.
    pub(super) voice_track: VoiceTrack,
    /// The participant that is to be voice and face, if another one is.
    pub(super) avatar: Option<AvatarPeer>,
    /// Which track is each user's microphone, for captions.
    pub(super) microphones: Microphones,
}

impl Translator {
    /// Translates in a task of its own, which ends with the room or with the session.
    pub(super) fn run(self, mut events: RoomEvents) -> TransportEvents {
        let (sender, receiver) = mpsc::channel(QUEUE);
        drop(tokio::spawn(async move {
            loop {
                let event = tokio::select! {
                    () = sender.closed() => return,
                    event = events.recv() => event,
                };
                let Some(event) = event else { return };
                tracing::debug!(?event, "room event");
                if let RoomEvent::Disconnected(reason) = &event {
                    tracing::warn!(?reason, "the room is over");
                }
                if let Some(event) = self.translate(event)
                    && sender.send(event).await.is_err()
                {
                    return;
                }
            }
        }));
        receiver
    }

    fn translate(&self, event: RoomEvent) -> Option<TransportEvent> {
        if let Some(avatar) = &self.avatar {
            avatar.observe(&event);
        }
        match event {
            RoomEvent::TrackSubscribed { identity, info, track } => {
                let source = info.sid;
                match (info.kind, info.source) {
                    (TrackKind::Audio, TrackSource::Microphone) => {
                        self.microphones.add(&identity, &source);
                        Some(TransportEvent::AudioAvailable { identity, source, input: Arc::new(Track(track)) })
                    }
                    (TrackKind::Audio, TrackSource::Camera | TrackSource::Other) => None,
                    (TrackKind::Video, _) => {
                        Some(TransportEvent::VideoAvailable { identity, source, input: Arc::new(Track(track)) })
                    }
                }
            }
            RoomEvent::TrackUnsubscribed { identity, sid } => {
                self.microphones.remove(&identity, &sid);
                Some(TransportEvent::InputGone { identity, source: sid })
            }
            RoomEvent::LocalTrackSubscribed { sid } => {
                (sid == self.voice_track.track_sid()).then_some(TransportEvent::VoiceSubscribed)
            }
            RoomEvent::LocalTrackRepublished { sid, .. } => {
                (sid == self.voice_track.track_sid()).then_some(TransportEvent::Rejoined)
            }
            RoomEvent::TextStream { identity, topic, attributes, reader } => {
                let is_message = topic == TOPIC_CHAT && !is_mirrored(&attributes);
                is_message.then(|| TransportEvent::Text { identity, input: Box::new(Text(reader)) })
            }
            RoomEvent::ByteStream { identity, topic, mime_type, attributes, reader, .. } => {
                let is_preconnect = topic == TOPIC_PRECONNECT_AUDIO;
                is_preconnect.then(|| TransportEvent::Preconnect {
                    identity,
                    audio: Box::new(Preconnect { reader, attributes, mime_type }),
                })
            }
            RoomEvent::RpcInvocation { caller_identity, method, payload, responder, .. } => {
                self.called(&caller_identity, &method, &payload, responder)
            }
            event => presence(&event),
        }
    }

    /// Somebody calls a method of ours: the avatar's are answered here.
    fn called(&self, caller: &str, method: &str, payload: &str, responder: RpcResponder) -> Option<TransportEvent> {
        let of_avatar = self.avatar.as_ref().and_then(|avatar| avatar.called(caller, method, payload, Instant::now()));
        if let Some(answer) = of_avatar {
            respond(responder, answer, method);
            return None;
        }
        match push_to_talk(caller, method, responder) {
            Ok(event) => Some(event),
            Err(responder) => {
                let fault = RpcFault::new(RpcFault::UNSUPPORTED_METHOD, "the agent does not offer this method");
                respond(responder, Err(fault), method);
                None
            }
        }
    }
}
