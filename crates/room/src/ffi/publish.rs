//! Publishing our voice and face.

use std::sync::Arc;

use async_trait::async_trait;

use super::REQUEST_TIMEOUT;
use super::call::{Waiting, call, unexpected};
use super::convert;
use super::handle::Handle;
use super::membership::{Membership, RoomState};
use super::proto::{self, ffi_request, ffi_response};
use super::registry::lock;
use super::reply::{Publication, Reply};
use crate::{
    AudioPublishOptions, AudioPublisher, FrameStamp, I420View, RoomError, VideoPublishOptions, VideoPublisher,
};

/// Samples a second of published audio.
pub(super) const SAMPLE_RATE: u32 = 48_000;
/// Samples in 10 ms of it.
const FRAME_SAMPLES: usize = 480;
/// The longest native queue, in milliseconds: longer ones would outlive an interruption.
const LONGEST_QUEUE_MS: u32 = 1_000;

/// A track of ours in the room. Dropping it unpublishes the track.
struct LocalTrack {
    publication: Publication,
    // Held for as long as the track is published.
    _track: Handle,
    source: Handle,
    participant: u64,
    state: Arc<RoomState>,
}

impl LocalTrack {
    /// Publishes `track`, which is fed by `source`.
    async fn publish(
        membership: &Membership,
        action: &'static str,
        source: Handle,
        track: Handle,
        options: proto::TrackPublishOptions,
    ) -> Result<Self, RoomError> {
        let reply = call(membership.library(), action, REQUEST_TIMEOUT, |id| {
            ffi_request::Message::PublishTrack(proto::PublishTrackRequest {
                local_participant_handle: membership.local(),
                track_handle: track.id(),
                options,
                request_async_id: Some(id),
            })
        });
        let Reply::Published(publication) = reply.await? else { return Err(unexpected(action)) };
        let (participant, state) = (membership.local(), membership.state.clone());
        Ok(Self { publication, _track: track, source, participant, state })
    }

    fn sid(&self) -> String {
        lock(&self.publication.sid).clone()
    }
}

impl Drop for LocalTrack {
    fn drop(&mut self) {
        if self.state.is_closed() {
            return;
        }
        let library = self.source.library();
        let request = ffi_request::Message::UnpublishTrack(proto::UnpublishTrackRequest {
            local_participant_handle: self.participant,
            track_sid: self.sid(),
            stop_on_unpublish: true,
            request_async_id: Some(library.registry.unanswered()),
        });
        if let Err(error) = library.request("unpublishing a track", request) {
            tracing::debug!(%error, "a track was gone already");
        }
    }
}

/// Publishes a voice.
pub(super) async fn audio(membership: &Membership, options: AudioPublishOptions) -> Result<Voice, RoomError> {
    const ACTION: &str = "publishing audio";
    membership.state.check_open()?;
    if !options.queue_ms.is_multiple_of(10) || options.queue_ms > LONGEST_QUEUE_MS {
        let message = format!("the queue is a multiple of 10 ms up to {LONGEST_QUEUE_MS}, not {}", options.queue_ms);
        return Err(RoomError::Request { action: ACTION, message });
    }
    let library = membership.library();
    let request = ffi_request::Message::NewAudioSource(proto::NewAudioSourceRequest {
        r#type: proto::AudioSourceType::AudioSourceNative as i32,
        // A synthetic voice needs no echo canceller, noise suppression or gain control.
        options: Some(proto::AudioSourceOptions::default()),
        sample_rate: Some(SAMPLE_RATE),
        num_channels: Some(1),
        queue_size_ms: Some(options.queue_ms),
        platform_audio_handle: None,
    });
    let ffi_response::Message::NewAudioSource(response) = library.request(ACTION, request)? else {
        return Err(unexpected(ACTION));
    };
    let source = Handle::own(library, response.source.handle.id);
    let request = proto::CreateAudioTrackRequest { name: options.name, source_handle: source.id() };
    let response = library.request(ACTION, ffi_request::Message::CreateAudioTrack(request))?;
    let ffi_response::Message::CreateAudioTrack(response) = response else { return Err(unexpected(ACTION)) };
    let track = Handle::own(library, response.track.handle.id);
    let publish =
        proto::TrackPublishOptions { source: Some(proto::TrackSource::SourceMicrophone as i32), ..Default::default() };
    let track = LocalTrack::publish(membership, ACTION, source, track, publish).await?;
    Ok(Voice { track, unfinished: tokio::sync::Mutex::new(None) })
}

/// A published voice.
pub(super) struct Voice {
    track: LocalTrack,
    /// The capture under way. Kept when its caller gives up, because the source accepts the next one only after it.
    unfinished: tokio::sync::Mutex<Option<Waiting>>,
}

impl Voice {
    const ACTION: &str = "queueing audio";

    async fn finish(unfinished: &mut Option<Waiting>) -> Result<(), RoomError> {
        let Some(waiting) = unfinished.as_mut() else { return Ok(()) };
        let reply = waiting.reply(Self::ACTION, REQUEST_TIMEOUT).await;
        *unfinished = None;
        reply.map(drop)
    }
}

#[async_trait]
impl AudioPublisher for Voice {
    fn track_sid(&self) -> String {
        self.track.sid()
    }

    async fn capture(&self, frame: &[i16]) -> Result<(), RoomError> {
        if frame.len() != FRAME_SAMPLES {
            let message = format!("a frame is {FRAME_SAMPLES} samples, not {}", frame.len());
            return Err(RoomError::Request { action: Self::ACTION, message });
        }
        let mut unfinished = self.unfinished.lock().await;
        Self::finish(&mut unfinished).await?;
        self.track.state.check_open()?;
        let source = &self.track.source;
        let library = source.library();
        *unfinished = Some(Waiting::start(library, |id| library.capture_audio(source.id(), id, frame))?);
        Self::finish(&mut unfinished).await
    }

    fn clear(&self) -> Result<(), RoomError> {
        let request = proto::ClearAudioBufferRequest { source_handle: self.track.source.id() };
        let library = self.track.source.library();
        library.request("clearing queued audio", ffi_request::Message::ClearAudioBuffer(request)).map(drop)
    }
}

/// Publishes a face.
pub(super) async fn video(membership: &Membership, options: VideoPublishOptions) -> Result<Face, RoomError> {
    const ACTION: &str = "publishing video";
    membership.state.check_open()?;
    let (width, height) = (options.width, options.height);
    if width == 0 || height == 0 || !width.is_multiple_of(2) || !height.is_multiple_of(2) {
        let message = format!("{width}x{height}: both sides must be even");
        return Err(RoomError::Request { action: ACTION, message });
    }
    let library = membership.library();
    let request = ffi_request::Message::NewVideoSource(proto::NewVideoSourceRequest {
        r#type: proto::VideoSourceType::VideoSourceNative as i32,
        resolution: proto::VideoSourceResolution { width, height },
        is_screencast: None,
    });
    let ffi_response::Message::NewVideoSource(response) = library.request(ACTION, request)? else {
        return Err(unexpected(ACTION));
    };
    let source = Handle::own(library, response.source.handle.id);
    let request = proto::CreateVideoTrackRequest { name: options.name, source_handle: source.id() };
    let response = library.request(ACTION, ffi_request::Message::CreateVideoTrack(request))?;
    let ffi_response::Message::CreateVideoTrack(response) = response else { return Err(unexpected(ACTION)) };
    let track = Handle::own(library, response.track.handle.id);
    let publish = proto::TrackPublishOptions {
        source: Some(proto::TrackSource::SourceCamera as i32),
        video_codec: Some(convert::video_codec(options.codec) as i32),
        video_encoding: Some(proto::VideoEncoding {
            max_bitrate: options.max_bitrate,
            max_framerate: options.max_framerate,
        }),
        simulcast: Some(options.simulcast),
        frame_metadata_features: if options.user_timestamps {
            vec![proto::FrameMetadataFeature::FmfUserTimestamp as i32]
        } else {
            Vec::new()
        },
        // A face that stutters looks worse than one that blurs.
        degradation_preference: Some(proto::DegradationPreference::MaintainFramerate as i32),
        ..Default::default()
    };
    Ok(Face { track: LocalTrack::publish(membership, ACTION, source, track, publish).await? })
}

/// A published face.
pub(super) struct Face {
    track: LocalTrack,
}

impl VideoPublisher for Face {
    fn track_sid(&self) -> String {
        self.track.sid()
    }

    fn capture(&self, frame: I420View<'_>, stamp: FrameStamp) -> Result<(), RoomError> {
        self.track.state.check_open()?;
        self.track.source.library().capture_video(self.track.source.id(), frame, stamp)
    }
}
