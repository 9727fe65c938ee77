//! The native library: the only module with `unsafe`, and the only one that sees native addresses.
//!
//! Invariants, on which every `unsafe` block below rests:
//! 1. The four functions have the signatures of `livekit_ffi.h` in the same wheel. The library is never unloaded, so
//!    the function pointers and its threads stay valid for the life of the process.
//! 2. `request` copies what it is given before it returns: both the message and any buffer whose address the message
//!    carries (`CaptureAudioFrame`, `CaptureVideoFrame`). So borrowed buffers need only live through the call.
//! 3. Its response lies in memory owned by the returned handle, valid until that handle is dropped.
//! 4. `on_event` is called from the library's own threads, several at a time, with bytes valid during the call. It
//!    must neither unwind nor block.
//! 5. A received frame's memory is valid until its handle is dropped, and nobody writes to it.
//! 6. Messages that carry addresses are built and read in this file alone: [`Library::request`] refuses them, and
//!    `on_event` replaces received frames by copies before anyone else sees the event.

use std::cell::Cell;
use std::ffi::c_char;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicIsize, Ordering};
use std::sync::{Mutex, OnceLock, PoisonError};

use libloading::os::unix::{Library as SharedObject, RTLD_LOCAL, RTLD_NOW};
use prost::Message;

use super::dispatch;
use super::handle::Handle;
use super::proto::{self, ffi_event, ffi_request, ffi_response};
use super::registry::Registry;
use crate::{AudioFrame, FrameStamp, I420View, RoomError, VideoFrame};

type EventCallback = unsafe extern "C" fn(*const u8, usize);
type InitializeFunction = unsafe extern "C" fn(EventCallback, bool, *const c_char, *const c_char);
type RequestFunction = unsafe extern "C" fn(*const u8, usize, *mut *const u8, *mut usize) -> u64;
type DropHandleFunction = unsafe extern "C" fn(u64) -> bool;

/// Frames up to this size (pixels a side) are placeholders that the SDK emits, never pictures.
const LARGEST_PLACEHOLDER: u32 = 8;
/// The request buffer that each thread keeps between calls is no larger than this.
const SCRATCH_LIMIT: usize = 64 * 1024;

static LIBRARY: OnceLock<Library> = OnceLock::new();
static LOADING: Mutex<()> = Mutex::new(());
static LIVE_HANDLES: AtomicIsize = AtomicIsize::new(0);

thread_local! {
    /// Where requests are encoded. Taken out while in use, so that a nested request merely allocates another.
    static SCRATCH: Cell<Vec<u8>> = const { Cell::new(Vec::new()) };
}

/// The loaded library and the state that belongs to it.
pub(super) struct Library {
    request: RequestFunction,
    drop_handle: DropHandleFunction,
    path: PathBuf,
    /// Who waits for what.
    pub(super) registry: Registry,
    /// Keeps the code mapped.
    _object: SharedObject,
}

/// A received frame, already copied out of native memory.
pub(super) enum Frame {
    Audio { stream: u64, frame: AudioFrame },
    Video { stream: u64, frame: VideoFrame },
}

/// How many native objects are owned right now.
pub(super) fn live_handles() -> usize {
    usize::try_from(LIVE_HANDLES.load(Ordering::SeqCst)).unwrap_or(0)
}

impl Library {
    /// Loads and initialises the library, or returns it when it is loaded already.
    pub(super) fn load(path: &Path) -> Result<&'static Self, RoomError> {
        let fail = |message: String| RoomError::Library(message);
        let path = path.canonicalize().map_err(|error| {
            fail(format!("{}: {error}; `cargo xtask setup` fetches the native libraries", path.display()))
        })?;
        let _loading = LOADING.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(library) = LIBRARY.get() {
            if library.path == path {
                return Ok(library);
            }
            let loaded = library.path.display();
            return Err(fail(format!("{}: {loaded} is loaded already, one per process", path.display())));
        }
        let describe = |error: libloading::Error| fail(format!("{}: {error}", path.display()));
        // SAFETY: loading runs the file's initialisers; the caller vouches for the file (its hash is pinned).
        let object = unsafe { SharedObject::open(Some(&path), RTLD_NOW | RTLD_LOCAL) }.map_err(describe)?;
        // SAFETY: invariant 1.
        let (initialize, request, drop_handle) = unsafe {
            (
                *object.get::<InitializeFunction>(b"livekit_ffi_initialize\0").map_err(describe)?,
                *object.get::<RequestFunction>(b"livekit_ffi_request\0").map_err(describe)?,
                *object.get::<DropHandleFunction>(b"livekit_ffi_drop_handle\0").map_err(describe)?,
            )
        };
        // Stored before it is initialised, so that the first event finds it.
        let library =
            LIBRARY.get_or_init(|| Self { request, drop_handle, path, registry: Registry::default(), _object: object });
        let version = concat!(env!("CARGO_PKG_VERSION"), "\0");
        // SAFETY: invariant 1; both strings are terminated and copied; `on_event` meets invariant 4.
        unsafe { initialize(on_event, true, c"rust".as_ptr(), version.as_ptr().cast()) };
        Ok(library)
    }

    /// Makes one request and returns its immediate response.
    pub(super) fn request(
        &self,
        action: &'static str,
        request: ffi_request::Message,
    ) -> Result<ffi_response::Message, RoomError> {
        if carries_address(&request) {
            return Err(RoomError::Request { action, message: "addresses don't leave the library module".into() });
        }
        self.send(action, request)
    }

    fn send(&self, action: &'static str, request: ffi_request::Message) -> Result<ffi_response::Message, RoomError> {
        let fail = |message: String| RoomError::Request { action, message };
        let mut encoded = SCRATCH.take();
        encoded.clear();
        proto::FfiRequest { message: Some(request) }.encode(&mut encoded).map_err(|error| fail(error.to_string()))?;
        let mut data = std::ptr::null();
        let mut length = 0;
        // SAFETY: invariants 1 and 2; the two out-pointers are valid.
        let handle = unsafe { (self.request)(encoded.as_ptr(), encoded.len(), &raw mut data, &raw mut length) };
        if encoded.capacity() <= SCRATCH_LIMIT {
            SCRATCH.set(encoded);
        }
        if handle == 0 || data.is_null() {
            return Err(fail("refused by the LiveKit library (its log, target `livekit_ffi`, says why)".into()));
        }
        // SAFETY: invariant 3; the handle is dropped only after decoding.
        let response = proto::FfiResponse::decode(unsafe { std::slice::from_raw_parts(data, length) });
        self.release(handle);
        let response = response.map_err(|error| fail(format!("unreadable response: {error}")))?;
        response.message.ok_or_else(|| fail("empty response".into()))
    }

    /// Releases a native object; false when it was gone already.
    pub(super) fn release(&self, id: u64) -> bool {
        // SAFETY: invariant 1; unknown ids are answered with false.
        unsafe { (self.drop_handle)(id) }
    }

    /// Keeps the count behind [`live_handles`].
    pub(super) fn count_handle(&self, change: isize) {
        LIVE_HANDLES.fetch_add(change, Ordering::SeqCst);
    }

    /// Queues `samples` (mono, 48 kHz) on an audio source; the answer comes as an event with `async_id`.
    pub(super) fn capture_audio(&self, source: u64, async_id: u64, samples: &[i16]) -> Result<(), RoomError> {
        let buffer = proto::AudioFrameBufferInfo {
            data_ptr: samples.as_ptr() as u64,
            num_channels: 1,
            sample_rate: super::publish::SAMPLE_RATE,
            samples_per_channel: u32::try_from(samples.len()).unwrap_or(0),
        };
        // Invariant 2: the samples are copied before `send` returns.
        self.send(
            "queueing audio",
            ffi_request::Message::CaptureAudioFrame(proto::CaptureAudioFrameRequest {
                source_handle: source,
                buffer,
                request_async_id: Some(async_id),
            }),
        )
        .map(drop)
    }

    /// Hands one picture to a video source. The caller has checked it with [`I420View::check`].
    pub(super) fn capture_video(&self, source: u64, view: I420View<'_>, stamp: FrameStamp) -> Result<(), RoomError> {
        const ACTION: &str = "sending a video frame";
        let fail = |message: String| RoomError::Request { action: ACTION, message };
        let plane = |data: &[u8], stride: u32, rows: u32| {
            let size = u64::from(stride) * u64::from(rows);
            // Exactly `stride * rows` bytes are read (and the library panics on any other size).
            match u32::try_from(size) {
                Ok(size) if size as usize <= data.len() => {
                    Ok(proto::video_buffer_info::ComponentInfo { data_ptr: data.as_ptr() as u64, stride, size })
                }
                Ok(_) | Err(_) => Err(fail(format!("a plane of {size} bytes was announced, {} given", data.len()))),
            }
        };
        view.check().map_err(fail)?;
        let buffer = proto::VideoBufferInfo {
            r#type: proto::VideoBufferType::I420 as i32,
            width: view.width,
            height: view.height,
            data_ptr: view.y.as_ptr() as u64,
            stride: Some(view.stride_y),
            components: vec![
                plane(view.y, view.stride_y, view.height)?,
                plane(view.u, view.stride_uv, view.height / 2)?,
                plane(view.v, view.stride_uv, view.height / 2)?,
            ],
        };
        // Invariant 2: the planes are copied before `send` returns.
        self.send(
            ACTION,
            ffi_request::Message::CaptureVideoFrame(proto::CaptureVideoFrameRequest {
                source_handle: source,
                buffer,
                timestamp_us: stamp.timestamp_us,
                rotation: proto::VideoRotation::VideoRotation0 as i32,
                metadata: stamp
                    .user_timestamp
                    .map(|number| proto::FrameMetadata { user_timestamp: Some(number), ..Default::default() }),
            }),
        )
        .map(drop)
    }
}

/// Requests whose fields are addresses: built in this file only (invariant 6).
fn carries_address(request: &ffi_request::Message) -> bool {
    use ffi_request::Message as Request;
    matches!(
        request,
        Request::CaptureAudioFrame(_)
            | Request::CaptureVideoFrame(_)
            | Request::CaptureEncodedVideoFrame(_)
            | Request::PublishData(_)
            | Request::VideoConvert(_)
            | Request::RemixAndResample(_)
            | Request::PushSoxResampler(_)
            | Request::ApmProcessStream(_)
            | Request::ApmProcessReverseStream(_)
    )
}

/// Receives every event of the library, on its threads.
unsafe extern "C" fn on_event(data: *const u8, length: usize) {
    let outcome = catch_unwind(AssertUnwindSafe(|| {
        let Some(library) = LIBRARY.get() else { return };
        if data.is_null() {
            return;
        }
        // SAFETY: invariant 4.
        let bytes = unsafe { std::slice::from_raw_parts(data, length) };
        match proto::FfiEvent::decode(bytes) {
            Ok(proto::FfiEvent { message: Some(message) }) => receive(library, message),
            Ok(proto::FfiEvent { message: None }) => {}
            Err(error) => tracing::error!(%error, "unreadable event from the LiveKit library"),
        }
    }));
    if outcome.is_err() {
        tracing::error!("a LiveKit event could not be handled: this is a bug in the room crate");
    }
}

/// Copies frames out of native memory and passes everything on.
fn receive(library: &'static Library, message: ffi_event::Message) {
    match message {
        ffi_event::Message::AudioStreamEvent(event) => {
            let stream = event.stream_handle;
            match event.message {
                Some(proto::audio_stream_event::Message::FrameReceived(received)) => {
                    if let Some(frame) = take_audio(library, received) {
                        dispatch::frame(library, Frame::Audio { stream, frame });
                    }
                }
                Some(proto::audio_stream_event::Message::Eos(_)) | None => dispatch::end_of_stream(library, stream),
            }
        }
        ffi_event::Message::VideoStreamEvent(event) => {
            let stream = event.stream_handle;
            match event.message {
                Some(proto::video_stream_event::Message::FrameReceived(received)) => {
                    if let Some(frame) = take_video(library, received) {
                        dispatch::frame(library, Frame::Video { stream, frame });
                    }
                }
                Some(proto::video_stream_event::Message::Eos(_)) | None => dispatch::end_of_stream(library, stream),
            }
        }
        other => dispatch::event(library, other),
    }
}

/// Copies a received audio frame and releases its native memory.
fn take_audio(library: &'static Library, received: proto::AudioFrameReceived) -> Option<AudioFrame> {
    let _memory = Handle::own(library, received.frame.handle.id);
    let info = received.frame.info;
    let length = info.samples_per_channel as usize * info.num_channels as usize;
    let data = info.data_ptr as *const i16;
    if data.is_null() || !data.is_aligned() || info.num_channels != 1 {
        return None;
    }
    // SAFETY: invariant 5; `_memory` lives until the copy is made.
    let samples = unsafe { std::slice::from_raw_parts(data, length) }.to_vec();
    Some(AudioFrame { sample_rate: info.sample_rate, samples })
}

/// Copies a received picture, tightly packed, and releases its native memory.
fn take_video(library: &'static Library, received: proto::VideoFrameReceived) -> Option<VideoFrame> {
    let _memory = Handle::own(library, received.buffer.handle.id);
    let info = received.buffer.info;
    let (width, height) = (info.width, info.height);
    // Streams are opened asking for I420, so another type means that the library could not convert it.
    if info.r#type() != proto::VideoBufferType::I420 || width.max(height) <= LARGEST_PLACEHOLDER {
        return None;
    }
    let [y, u, v] = info.components.as_slice() else { return None };
    if width == 0 || height == 0 {
        return None;
    }
    let (width, height) = (width as usize, height as usize);
    let (half_width, half_height) = (width.div_ceil(2), height.div_ceil(2));
    let mut data = Vec::with_capacity(width * height + 2 * half_width * half_height);
    for (plane, width, height) in [(y, width, height), (u, half_width, half_height), (v, half_width, half_height)] {
        let (stride, size) = (plane.stride as usize, plane.size as usize);
        let pixels = plane.data_ptr as *const u8;
        if pixels.is_null() || stride < width || size < stride * (height - 1) + width {
            return None;
        }
        // SAFETY: invariant 5; `_memory` lives until the copy is made.
        let pixels = unsafe { std::slice::from_raw_parts(pixels, size) };
        if stride == width {
            data.extend_from_slice(pixels.get(..width * height)?);
        } else {
            for row in pixels.chunks(stride).take(height) {
                data.extend_from_slice(row.get(..width)?);
            }
        }
    }
    Some(VideoFrame {
        width: info.width,
        height: info.height,
        timestamp_us: received.timestamp_us,
        user_timestamp: received.metadata.and_then(|metadata| metadata.user_timestamp),
        data,
    })
}
