//! The agent's own voice and face, when its avatar is lost: published then, and not before, as frontends show the agent's own
//! tracks before those of an avatar.

use std::sync::{Arc, OnceLock};
use std::time::Duration;

use dialogue::Input;
use futures_util::future::BoxFuture;
use room::{AudioPublisher, Room};
use telemetry::events::{AvatarLoss, AvatarLost, AvatarReady};
use tokio::sync::mpsc;
use tokio::time::Instant;

use super::peer::{AvatarPeer, Standing};
use crate::error::transport_error;
use crate::publish::{FaceTrack, publish_face, publish_voice};
use crate::voice::{OwnFaceTrack, OwnVoice};
use session::engine_host::EngineHost;
use session::face::Portrayal;
use session::ports::{Attributes, AudioOutput, FaceSource, TransportError};
use session::{FaceFollows, OwnFace};

/// How long an avatar may take to join and to show its face.
pub const JOIN: Duration = Duration::from_secs(30);

/// Makes the agent's own face ready: up to some tenths of a second.
pub type PortrayFace = Arc<dyn Fn() -> BoxFuture<'static, Result<Portrayal, String>> + Send + Sync>;

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
    /// Shows whose face is seen.
    pub attributes: Arc<dyn Attributes>,
    /// How the agent's own face is published.
    pub face_track: FaceTrack,
    /// What it looks like.
    pub portray: PortrayFace,
    /// Where the voice's track is known.
    pub track: VoiceTrack,
    /// What the face follows.
    pub face: FaceFollows,
    /// To the conversation.
    pub inputs: mpsc::Sender<Input>,
}

impl Takeover {
    /// Publishes the agent's own voice and face, and shows why.
    ///
    /// # Errors
    /// When the voice can't be published: then the agent has none. Without a face it goes on.
    pub async fn take_over(self, reason: AvatarLoss) -> Result<Box<dyn AudioOutput>, TransportError> {
        AvatarLost { reason }.emit();
        // It has a deadline of its own, and no words depend on it.
        drop(tokio::spawn(show_face(self.attributes.clone(), FaceSource::Local, Some(reason))));
        let (voice, face, portrayal) =
            tokio::join!(publish_voice(&self.room), publish_face(&self.room, self.face_track), (self.portray)(),);
        let started = face.map_err(|error| error.to_string()).and_then(|face| {
            let face = OwnFace { output: Arc::new(OwnFaceTrack(face)), portrayal: portrayal? };
            self.face.start(face, EngineHost::Threads, &self.inputs).map_err(|error| error.to_string())
        });
        if let Err(error) = started {
            tracing::error!(error, "the agent has no face");
        }
        let voice = voice.map_err(transport_error)?;
        // Only one ever takes over.
        let _ = self.track.own.set(voice.clone());
        Ok(Box::new(OwnVoice(voice)))
    }
}

/// Waits until it is clear who speaks: the avatar, or the agent itself, whose voice is then on its way.
pub fn decide(attributes: Arc<dyn Attributes>, peer: AvatarPeer) -> BoxFuture<'static, ()> {
    Box::pin(async move {
        let begun = Instant::now();
        if peer.await_ready(JOIN).await == Standing::Ready {
            AvatarReady { waited_ms: u64::try_from(begun.elapsed().as_millis()).unwrap_or(u64::MAX) }.emit();
            drop(tokio::spawn(show_face(attributes, FaceSource::Avatar, None)));
        }
    })
}

/// Shows whose face is seen; the log says when that failed.
async fn show_face(attributes: Arc<dyn Attributes>, source: FaceSource, lost: Option<AvatarLoss>) {
    if let Err(error) = attributes.show_face(source, lost).await {
        tracing::warn!(%error, "the source of the face could not be shown to the room");
    }
}
