//! What users send in a room, as inputs of a session.

use std::sync::Arc;

use async_trait::async_trait;
use room::{AudioStream, RemoteTrack, TextReader, VideoStream};

use super::error::transport_error;
use session::ports::{
    AudioFrames, AudioInput, LISTEN_SAMPLE_RATE, TextInput, TransportError, VideoFrame, VideoFrames, VideoInput,
};

/// Milliseconds in a received frame: a VAD frame at 16 kHz is 32 ms, so 10 ms costs no extra waiting.
const FRAME_MS: u32 = 10;
/// Frames that may wait for the session, 100 ms; beyond, the oldest are dropped. The native library holds as much.
const AUDIO_QUEUE: usize = 10;
/// Pictures that may wait for the session.
const VIDEO_QUEUE: usize = 1;

/// A subscribed track.
pub(super) struct Track(pub(super) Arc<dyn RemoteTrack>);

impl AudioInput for Track {
    fn open(&self) -> Result<Box<dyn AudioFrames>, TransportError> {
        let stream = self.0.audio(LISTEN_SAMPLE_RATE, FRAME_MS, AUDIO_QUEUE).map_err(transport_error)?;
        Ok(Box::new(Audio(stream)))
    }
}

struct Audio(AudioStream);

#[async_trait]
impl AudioFrames for Audio {
    async fn next(&mut self) -> Option<Vec<i16>> {
        self.0.next().await.map(|frame| frame.samples)
    }

    fn dropped(&self) -> u64 {
        self.0.dropped()
    }
}

impl VideoInput for Track {
    fn open(&self) -> Result<Box<dyn VideoFrames>, TransportError> {
        Ok(Box::new(Video(self.0.video(VIDEO_QUEUE).map_err(transport_error)?)))
    }
}

struct Video(VideoStream);

#[async_trait]
impl VideoFrames for Video {
    async fn next(&mut self) -> Option<VideoFrame> {
        let room::VideoFrame { width, height, data, .. } = self.0.next().await?;
        Some(VideoFrame { width, height, data })
    }
}

/// A text stream.
pub(super) struct Text(pub(super) Box<dyn TextReader>);

#[async_trait]
impl TextInput for Text {
    async fn next(&mut self) -> Result<Option<String>, TransportError> {
        self.0.next().await.map_err(transport_error)
    }
}
