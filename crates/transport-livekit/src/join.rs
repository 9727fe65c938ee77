//! The room with the agent in it: joined, voice and face published, left again.

use std::sync::Arc;

use dialogue::Input;
use proto::avatar::{METHOD_PLAYBACK_FINISHED, METHOD_PLAYBACK_STARTED};
use room::{AudioPublisher, ConnectOptions, Connection, Room, RoomConnector, RoomError, RoomEvents, VideoPublisher};
use tokio::sync::mpsc;

use super::attributes::RoomAttributes;
use super::avatar::output::AvatarVoice;
use super::avatar::peer::AvatarPeer;
use super::avatar::remote::RemoteVoice;
use super::avatar::takeover::{PortrayFace, Takeover, VoiceTrack, decide};
use super::captions::Captions;
use super::events::Translator;
use super::participants::Microphones;
use super::publish::{FaceTrack, leave, publish_face, publish_voice};
use super::push_to_talk::offer_push_to_talk;
use super::voice::{OwnFaceTrack, OwnVoice};
use session::ports::VideoOutput;
use session::{FaceFollows, Ports};

/// Who is heard and seen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Publish {
    /// The agent's own voice, and its face if it has one.
    Own(Option<FaceTrack>),
    /// The participant of this identity.
    Avatar(String),
}

enum Published {
    Own(Arc<dyn AudioPublisher>, Option<Arc<dyn VideoPublisher>>),
    Avatar(AvatarPeer),
}

/// A room with the agent in it.
pub struct Joined {
    room: Arc<dyn Room>,
    events: RoomEvents,
    published: Published,
}

/// What a session needs besides the room.
pub struct PortOptions {
    /// Whether captions are shown as chat messages too.
    pub captions_in_chat: bool,
    /// What the face follows.
    pub face: FaceFollows,
    /// To the conversation.
    pub inputs: mpsc::Sender<Input>,
    /// What takes over when an avatar is lost: how the agent's own face is published, and what it looks like.
    pub own_face: (FaceTrack, PortrayFace),
}

/// Joins the room and publishes the voice, and the face if there is to be one; nothing when an avatar is to be both.
///
/// # Errors
/// [`RoomError`] when the room can't be joined or published to; it is left again.
pub async fn join(
    connector: &dyn RoomConnector,
    url: &str,
    token: &str,
    publish: Publish,
) -> Result<Joined, RoomError> {
    let Connection { room, events } = connector.connect(url, token, ConnectOptions::default()).await?;
    let room: Arc<dyn Room> = Arc::from(room);
    match publish_to(&room, publish).await {
        Ok(published) => Ok(Joined { room, events, published }),
        Err(error) => {
            leave(&room).await;
            Err(error)
        }
    }
}

async fn publish_to(room: &Arc<dyn Room>, publish: Publish) -> Result<Published, RoomError> {
    match publish {
        Publish::Own(face) => {
            let face = async {
                match face {
                    Some(face) => publish_face(room, face).await.map(Some),
                    None => Ok(None),
                }
            };
            let (voice, face) = tokio::try_join!(publish_voice(room), face)?;
            Ok(Published::Own(voice, face))
        }
        Publish::Avatar(identity) => {
            tracing::info!(identity, "an avatar is to be voice and face");
            for method in [METHOD_PLAYBACK_STARTED, METHOD_PLAYBACK_FINISHED] {
                room.register_rpc(method)?;
            }
            Ok(Published::Avatar(AvatarPeer::new(&identity)))
        }
    }
}

impl Joined {
    /// The room.
    #[must_use]
    pub fn room(&self) -> &Arc<dyn Room> {
        &self.room
    }

    /// The participant that is to be voice and face, if another one is.
    #[must_use]
    pub fn avatar(&self) -> Option<&AvatarPeer> {
        match &self.published {
            Published::Avatar(peer) => Some(peer),
            Published::Own(..) => None,
        }
    }

    /// The ports of a session in this room, and where the agent's own face goes, if it has one.
    #[must_use]
    pub fn ports(self, options: PortOptions) -> (Ports, Option<Arc<dyn VideoOutput>>) {
        let Self { room, events, published } = self;
        let PortOptions { captions_in_chat, face, inputs, own_face } = options;
        if let Err(error) = offer_push_to_talk(&*room) {
            tracing::warn!(%error, "push to talk will not work");
        }
        let attributes = Arc::new(RoomAttributes(room.clone()));
        let microphones = Microphones::default();
        let (voice_track, avatar) = match &published {
            Published::Own(voice, _) => (VoiceTrack::own(voice.clone()), None),
            Published::Avatar(peer) => (VoiceTrack::of_avatar(peer.clone()), Some(peer.clone())),
        };
        let translator = Translator { voice_track: voice_track.clone(), avatar, microphones: microphones.clone() };
        let text = Box::new(Captions::new(room.clone(), voice_track.clone(), microphones, captions_in_chat));
        let events = translator.run(events);
        match published {
            Published::Own(voice, own_face) => {
                let voice = Box::new(OwnVoice(voice));
                let face = own_face.map(|face| Arc::new(OwnFaceTrack(face)) as Arc<dyn VideoOutput>);
                (Ports { events, voice, text, attributes, voice_decided: None }, face)
            }
            Published::Avatar(peer) => {
                let remote = RemoteVoice::new(room.clone(), peer.clone(), face.clock.clone());
                let (face_track, portray) = own_face;
                let takeover = Takeover {
                    room,
                    attributes: attributes.clone(),
                    face_track,
                    portray,
                    track: voice_track,
                    face,
                    inputs,
                };
                let voice = Box::new(AvatarVoice::new(remote, takeover));
                let voice_decided = Some(decide(attributes.clone(), peer));
                (Ports { events, voice, text, attributes, voice_decided }, None)
            }
        }
    }
}
