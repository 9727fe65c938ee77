//! The agent's own voice and face, when its avatar is lost: published then, and not before, as frontends show the agent's own
//! tracks before those of an avatar.

use std::sync::atomic::AtomicBool;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use dialogue::Input;
use proto::avatar::{ATTRIBUTE_FACE, ATTRIBUTE_FACE_REASON, FACE_AVATAR, FACE_LOCAL};
use room::{Attributes, AudioPublisher, Room, RoomError};
use telemetry::events::{AvatarLoss, AvatarLost, AvatarReady};
use tokio::sync::mpsc;
use tokio::time::Instant;

use super::peer::{AvatarPeer, Standing};
use crate::connect::ConnectError;
use crate::looks::Appearance;
use crate::session::face::face_loop::ShownActivity;
use crate::session::voice::SharedClock;
use crate::transport::join::{publish_face, publish_voice, start_face};

/// How long an avatar may take to join and to show its face.
pub const JOIN: Duration = Duration::from_secs(30);
/// How long telling the room may take: it is news, not a condition.
const TELL: Duration = Duration::from_secs(2);

/// The track that carries the agent's voice, for its id: its own, or its avatar's.
#[derive(Clone, Default)]
pub struct VoiceTrack {
    own: Arc<OnceLock<Arc<dyn AudioPublisher>>>,
    avatar: Option<AvatarPeer>,
}

impl VoiceTrack {
    /// The agent's own.
    #[must_use]
    pub fn own(voice: Arc<dyn AudioPublisher>) -> Self {
        Self { own: Arc::new(OnceLock::from(voice)), avatar: None }
    }

    /// Its avatar's, until that is lost.
    #[must_use]
    pub fn of_avatar(avatar: AvatarPeer) -> Self {
        Self { own: Arc::default(), avatar: Some(avatar) }
    }

    /// Its id in the room; empty while there is none.
    #[must_use]
    pub fn track_sid(&self) -> String {
        let own = self.own.get().map(|voice| voice.track_sid());
        own.or_else(|| self.avatar.as_ref().map(AvatarPeer::audio_sid)).unwrap_or_default()
    }
}

/// What it takes for the agent to speak and be seen by itself.
#[derive(Clone)]
pub struct Takeover {
    /// The room.
    pub room: Arc<dyn Room>,
    /// What the agent's own face looks like.
    pub appearance: Appearance,
    /// Where the voice's track is known.
    pub track: VoiceTrack,
    /// What the face follows.
    pub clock: SharedClock,
    /// What the face shows.
    pub activity: ShownActivity,
    /// Ends the face.
    pub stop_face: Arc<AtomicBool>,
    /// To the call.
    pub inputs: mpsc::Sender<Input>,
}

impl Takeover {
    /// Publishes the agent's own voice and face, and tells the room why.
    ///
    /// # Errors
    /// When the voice can't be published: then the agent has none. Without a face it goes on.
    pub async fn take_over(self, reason: AvatarLoss) -> Result<Arc<dyn AudioPublisher>, RoomError> {
        AvatarLost { reason }.emit();
        let told = tokio::spawn(tell(self.room.clone(), FACE_LOCAL, Some(reason)));
        let (voice, face, portrayal) = tokio::join!(
            publish_voice(&self.room),
            publish_face(&self.room, self.appearance.size, false),
            self.appearance.portray(),
        );
        let started = face
            .map_err(ConnectError::from)
            .and_then(|face| start_face(face, portrayal?, &self.clock, &self.activity, &self.stop_face, &self.inputs));
        if let Err(error) = started.map_err(|error| error.to_string()) {
            tracing::error!(error, "the agent has no face");
        }
        // It has a deadline of its own, and nobody's words depend on it.
        drop(told);
        let voice = voice?;
        // Only one ever takes over.
        let _ = self.track.own.set(voice.clone());
        Ok(voice)
    }
}

/// Waits until it is clear who speaks: the avatar, or the agent itself, whose voice is then on its way.
pub async fn decide(room: Arc<dyn Room>, peer: AvatarPeer) {
    let begun = Instant::now();
    if peer.await_ready(JOIN).await == Standing::Ready {
        AvatarReady { waited_ms: u64::try_from(begun.elapsed().as_millis()).unwrap_or(u64::MAX) }.emit();
        tokio::spawn(tell(room, FACE_AVATAR, None));
    }
}

pub(crate) async fn tell(room: Arc<dyn Room>, face: &str, reason: Option<AvatarLoss>) {
    let attributes = Attributes::from([
        (ATTRIBUTE_FACE.to_owned(), face.to_owned()),
        (ATTRIBUTE_FACE_REASON.to_owned(), reason.map_or(String::new(), |reason| reason.as_str().to_owned())),
    ]);
    match tokio::time::timeout(TELL, room.set_attributes(attributes)).await {
        Ok(Ok(())) => {}
        Ok(Err(error)) => tracing::warn!(%error, "the room could not be told whose face it sees"),
        Err(_) => tracing::debug!("the server did not confirm whose face it is"),
    }
}
