//! The room with us in it: joined, the voice and the face published, left again.

use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use dialogue::Input;
use face::Animator;
use proto::avatar::{METHOD_PLAYBACK_FINISHED, METHOD_PLAYBACK_STARTED};
use room::ffi::FfiConnector;
use room::{
    AudioPublishOptions, AudioPublisher, ConnectOptions, Connection, Room, RoomConnector as _, RoomError, RoomEvents,
    VideoCodec, VideoPublishOptions, VideoPublisher,
};
use tokio::sync::mpsc;
use tokio::task::JoinHandle;

use crate::connect::ConnectError;
use crate::engines::EngineError;
use crate::looks::{Appearance, LookError, Portrayal};
use crate::persona::Face;
use crate::picture_size::PictureSize;
use crate::session::face::face_loop::{FACE_RATE_LIMIT, FaceLoop, ShownActivity};
use crate::session::voice::{QUEUE_MS, SharedClock};
use crate::settings::ConnectSettings;
use crate::transport::avatar::peer::AvatarPeer;

/// A room with us in it.
pub(crate) struct Joined {
    /// The room.
    pub(crate) room: Arc<dyn Room>,
    /// What happens in it.
    pub(crate) events: RoomEvents,
    /// Who is heard and seen there.
    pub(crate) stage: Stage,
}

/// Who is heard and seen.
pub(crate) enum Stage {
    /// Our own voice, and our face if there is one.
    Own(Arc<dyn AudioPublisher>, Option<(Arc<dyn VideoPublisher>, Portrayal)>),
    /// Another participant; and what our own face looks like, should that be lost.
    Avatar(AvatarPeer, Appearance),
}

/// A face that is being made ready, which takes as long as joining a room does.
pub(crate) type Portraying = JoinHandle<Result<Portrayal, LookError>>;

/// Begins to make the face ready, if we have one of our own.
pub(crate) fn portray(persona: &Face) -> Option<Portraying> {
    let own_face = persona.enabled && persona.avatar().is_none();
    own_face.then(|| tokio::spawn(persona.appearance().portray()))
}

/// Joins the room and publishes the voice, and the face if there is to be one; nothing, when an avatar is to be both.
pub(crate) async fn join(
    connector: &FfiConnector,
    settings: &ConnectSettings,
    persona: &Face,
    portrayal: Option<Portraying>,
) -> Result<Joined, ConnectError> {
    let Connection { room, events } =
        connector.connect(&settings.url, &settings.token, ConnectOptions::default()).await?;
    let room: Arc<dyn Room> = Arc::from(room);
    let stage = if let Some(identity) = persona.avatar() {
        tracing::info!(identity, "an avatar is to be voice and face");
        [METHOD_PLAYBACK_STARTED, METHOD_PLAYBACK_FINISHED]
            .into_iter()
            .try_for_each(|method| room.register_rpc(method))
            .map(|()| Stage::Avatar(AvatarPeer::new(identity), persona.appearance()))
            .map_err(ConnectError::from)
    } else {
        let face = async {
            let Some(portrayal) = portrayal else { return Ok(None) };
            let face = publish_face(&room, persona.size, settings.record.is_some()).await?;
            let portrayal = portrayal.await.map_err(|error| LookError::Broken(error.to_string()))??;
            Ok(Some((face, portrayal)))
        };
        let voice = async { publish_voice(&room).await.map_err(ConnectError::from) };
        tokio::try_join!(voice, face).map(|(voice, face)| Stage::Own(voice, face))
    };
    match stage {
        Ok(stage) => Ok(Joined { room, events, stage }),
        Err(error) => {
            leave(&room).await;
            Err(error)
        }
    }
}

/// Publishes a voice, as frontends expect an agent's to be.
pub(crate) async fn publish_voice(room: &Arc<dyn Room>) -> Result<Arc<dyn AudioPublisher>, RoomError> {
    let options = AudioPublishOptions { name: "voice".into(), queue_ms: QUEUE_MS };
    Ok(Arc::from(room.publish_audio(options).await?))
}

/// Publishes a face; `stamped`, when its pictures are to say to which sample of the voice they belong.
pub(crate) async fn publish_face(
    room: &Arc<dyn Room>,
    size: PictureSize,
    stamped: bool,
) -> Result<Arc<dyn VideoPublisher>, RoomError> {
    let options = VideoPublishOptions {
        name: "face".into(),
        width: size.pixels(),
        height: size.pixels(),
        max_framerate: f64::from(FACE_RATE_LIMIT),
        max_bitrate: size.bits_per_second(),
        codec: VideoCodec::H264,
        simulcast: false,
        user_timestamps: stamped,
    };
    Ok(Arc::from(room.publish_video(options).await?))
}

/// Leaves the room.
pub(crate) async fn leave(room: &Arc<dyn Room>) {
    if let Err(error) = room.disconnect().await {
        tracing::warn!(%error, "could not say good-bye to the server");
    }
}

/// Starts the face's thread. It draws until `stop` is set.
pub(crate) fn start_face(
    publisher: Arc<dyn VideoPublisher>,
    portrayal: Portrayal,
    clock: &SharedClock,
    activity: &ShownActivity,
    stop: &Arc<AtomicBool>,
    inputs: &mpsc::Sender<Input>,
) -> Result<std::thread::JoinHandle<()>, ConnectError> {
    let face = FaceLoop {
        publisher,
        portrayal,
        animator: Animator::new(rand::random()),
        clock: clock.clone(),
        activity: activity.clone(),
        stop: stop.clone(),
    };
    let inputs = inputs.clone();
    std::thread::Builder::new()
        .name("face".into())
        .spawn(move || face.run(&inputs))
        .map_err(|error| EngineError::Thread { name: "face", message: error.to_string() }.into())
}
