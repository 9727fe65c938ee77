//! Somebody else's track.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use super::handle::Handle;
use super::proto::{self, ffi_request, ffi_response};
use super::streams::{Sink, Stream, StreamGuard};
use crate::{AudioStream, MediaReceiver, RemoteTrack, RoomError, TrackKind, VideoStream, media_channel};

const ACTION: &str = "opening a media stream";
/// Sample rates (Hz) that a stream may be resampled to.
const SAMPLE_RATES: std::ops::RangeInclusive<u32> = 8_000..=192_000;
/// Lengths (ms) that a stream's frames may have.
const FRAME_LENGTHS: std::ops::RangeInclusive<u32> = 10..=1_000;
/// Sound that waits inside the library, in milliseconds. It is copied out at once, so this bounds a stall of its own threads.
const NATIVE_AUDIO_QUEUE_MS: u32 = 100;
const NATIVE_VIDEO_QUEUE: u32 = 4;

/// A subscribed track.
pub(super) struct FfiTrack {
    track: Handle,
    room: u64,
    sid: String,
    kind: TrackKind,
    ended: Arc<AtomicBool>,
}

impl FfiTrack {
    pub(super) fn new(track: Handle, room: u64, sid: String, kind: TrackKind, ended: Arc<AtomicBool>) -> Self {
        Self { track, room, sid, kind, ended }
    }

    /// Opens a native stream and registers its reader, in one step as seen by the library's threads.
    fn open<T>(
        &self,
        request: ffi_request::Message,
        queue_frames: usize,
        sink: impl FnOnce(crate::MediaSender<T>) -> Sink,
    ) -> Result<MediaReceiver<T>, RoomError> {
        let library = self.track.library();
        let (sender, mut receiver) = media_channel(queue_frames, None);
        let mut streams = library.registry.streams.opening();
        // Checked under the lock: the end of the track is set before its streams are removed.
        if self.ended.load(Ordering::Acquire) {
            return Err(RoomError::Closed);
        }
        let id = match library.request(ACTION, request)? {
            ffi_response::Message::NewAudioStream(response) => response.stream.handle.id,
            ffi_response::Message::NewVideoStream(response) => response.stream.handle.id,
            _ => return Err(super::call::unexpected(ACTION)),
        };
        let guard = StreamGuard(Handle::own(library, id));
        streams.insert(id, Stream { room: self.room, track: self.sid.clone(), sink: sink(sender) });
        drop(streams);
        receiver.keep(Box::new(guard));
        Ok(receiver)
    }

    fn check_kind(&self, kind: TrackKind) -> Result<(), RoomError> {
        if self.kind == kind {
            return Ok(());
        }
        let message = format!("track {} carries {:?}", self.sid, self.kind);
        Err(RoomError::Request { action: ACTION, message })
    }
}

impl RemoteTrack for FfiTrack {
    fn sid(&self) -> String {
        self.sid.clone()
    }

    fn kind(&self) -> TrackKind {
        self.kind
    }

    fn audio(&self, sample_rate: u32, frame_ms: u32, queue_frames: usize) -> Result<AudioStream, RoomError> {
        self.check_kind(TrackKind::Audio)?;
        if !SAMPLE_RATES.contains(&sample_rate) || !FRAME_LENGTHS.contains(&frame_ms) {
            let message = format!("{sample_rate} Hz in frames of {frame_ms} ms is not possible");
            return Err(RoomError::Request { action: ACTION, message });
        }
        let request = ffi_request::Message::NewAudioStream(proto::NewAudioStreamRequest {
            track_handle: self.track.id(),
            r#type: proto::AudioStreamType::AudioStreamNative as i32,
            sample_rate: Some(sample_rate),
            num_channels: Some(1),
            frame_size_ms: Some(frame_ms),
            queue_size_frames: Some((NATIVE_AUDIO_QUEUE_MS / frame_ms).max(1)),
            ..Default::default()
        });
        self.open(request, queue_frames, |sender| Sink::Audio(Arc::new(sender)))
    }

    fn video(&self, queue_frames: usize) -> Result<VideoStream, RoomError> {
        self.check_kind(TrackKind::Video)?;
        let request = ffi_request::Message::NewVideoStream(proto::NewVideoStreamRequest {
            track_handle: self.track.id(),
            r#type: proto::VideoStreamType::VideoStreamNative as i32,
            // The library converts what is not I420.
            format: Some(proto::VideoBufferType::I420 as i32),
            normalize_stride: Some(true),
            queue_size_frames: Some(NATIVE_VIDEO_QUEUE),
        });
        self.open(request, queue_frames, |sender| Sink::Video(Arc::new(sender)))
    }
}
