//! The agent's tracks in a room: published, and the room left again.

use std::sync::Arc;

use room::{AudioPublishOptions, AudioPublisher, Room, RoomError, VideoCodec, VideoPublishOptions, VideoPublisher};
use session::face::FACE_RATE_LIMIT;

use super::voice::QUEUE_MS;

/// How the face's track is published.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FaceTrack {
    /// Width and height in pixels.
    pub side: u32,
    /// Bits a second at most.
    pub max_bitrate: u64,
    /// Whether each picture says to which sample of the voice it belongs.
    pub stamped: bool,
}

/// Publishes a voice, as frontends expect an agent's to be.
pub(crate) async fn publish_voice(room: &Arc<dyn Room>) -> Result<Arc<dyn AudioPublisher>, RoomError> {
    let options = AudioPublishOptions { name: "voice".into(), queue_ms: QUEUE_MS };
    Ok(Arc::from(room.publish_audio(options).await?))
}

/// Publishes a face.
pub(crate) async fn publish_face(room: &Arc<dyn Room>, face: FaceTrack) -> Result<Arc<dyn VideoPublisher>, RoomError> {
    let FaceTrack { side, max_bitrate, stamped } = face;
    let options = VideoPublishOptions {
        name: "face".into(),
        width: side,
        height: side,
        max_framerate: f64::from(FACE_RATE_LIMIT),
        max_bitrate,
        codec: VideoCodec::H264,
        simulcast: false,
        user_timestamps: stamped,
    };
    Ok(Arc::from(room.publish_video(options).await?))
}

/// Leaves the room.
pub async fn leave(room: &Arc<dyn Room>) {
    if let Err(error) = room.disconnect().await {
        tracing::warn!(%error, "could not say good-bye to the server");
    }
}
