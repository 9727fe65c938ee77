//! A LiveKit room, as the rest of Visavis sees it.
//!
//! For: joining a room as one participant, publishing a voice and a face, receiving other people's audio, video,
//! text and bytes, calling and being called by them, and hearing about everything that happens there. Never: speech, turn-taking or rendering; and no
//! policy about who is listened to (that is the caller's).
//!
//! ```text
//!  RoomConnector::connect ──> Box<dyn Room> + RoomEvents (bounded)
//!        Room::publish_audio ──> AudioPublisher   (48 kHz mono i16, 10 ms frames in)
//!        Room::publish_video ──> VideoPublisher   (I420 frames in)
//!        Room::open_text     ──> TextWriter       (one delta stream)
//!        Room::open_bytes    ──> ByteWriter       (one stream of bytes)
//!        Room::perform_rpc   ──> the answer       (one call, at most 15 KiB each way)
//!        RoomEvent::RpcInvocation ──> RpcResponder   (somebody calls a method of Room::register_rpc)
//!        RoomEvent::TrackSubscribed ──> RemoteTrack::audio / video ──> bounded streams, oldest dropped
//! ```
//!
//! The trait has one backend today: [`ffi`], the official SDK's shared library.

mod error;
mod events;
pub mod ffi;
mod media;
mod rpc;
mod types;

pub use error::*;
pub use events::*;
pub use media::*;
pub use rpc::*;
pub use types::*;

use async_trait::async_trait;

/// Opens rooms. One per process is enough: it owns what is shared by all rooms (the native library).
#[async_trait]
pub trait RoomConnector: Send + Sync {
    /// Joins the room that `token` grants at `url` (`ws://` or `wss://`).
    ///
    /// # Errors
    /// [`RoomError::Refused`] when the server does not take the token, [`RoomError::Connect`] when it can't be reached,
    /// [`RoomError::Timeout`] after `options.timeout`.
    async fn connect(&self, url: &str, token: &str, options: ConnectOptions) -> Result<Connection, RoomError>;
}

/// A joined room: the handle to act on it and the stream of what happens in it.
pub struct Connection {
    /// What the participant can do.
    pub room: Box<dyn Room>,
    /// Everything that happens, in order. Participants and tracks that were there before the join come first, as
    /// ordinary events.
    pub events: RoomEvents,
}

/// The receiving end of a room's events. Bounded; ends after [`RoomEvent::Disconnected`].
pub type RoomEvents = tokio::sync::mpsc::Receiver<RoomEvent>;

/// One participant's presence in one room. Dropping it leaves the room; [`Room::disconnect`] leaves it cleanly.
#[async_trait]
pub trait Room: Send + Sync {
    /// The room's name.
    fn name(&self) -> String;

    /// This participant, as the server knows it.
    fn local(&self) -> ParticipantInfo;

    /// Publishes one audio track, fed by the returned publisher.
    async fn publish_audio(&self, options: AudioPublishOptions) -> Result<Box<dyn AudioPublisher>, RoomError>;

    /// Publishes one video track, fed by the returned publisher.
    async fn publish_video(&self, options: VideoPublishOptions) -> Result<Box<dyn VideoPublisher>, RoomError>;

    /// Sends one complete text stream.
    async fn send_text(&self, text: &str, options: TextOptions) -> Result<(), RoomError>;

    /// Opens a text stream that is written piece by piece.
    async fn open_text(&self, options: TextOptions) -> Result<Box<dyn TextWriter>, RoomError>;

    /// Sends one complete byte stream. It must be through within ten seconds: longer ones are for [`Self::open_bytes`].
    ///
    /// Receivers of this crate take at most 8 MiB a stream, and cut one that holds 1 MiB unread.
    async fn send_bytes(&self, bytes: &[u8], options: ByteOptions) -> Result<(), RoomError>;

    /// Opens a byte stream that is written piece by piece.
    async fn open_bytes(&self, options: ByteOptions) -> Result<Box<dyn ByteWriter>, RoomError>;

    /// Sets (merges) attributes of this participant. Needs a token with `canUpdateOwnMetadata`.
    async fn set_attributes(&self, attributes: Attributes) -> Result<(), RoomError>;

    /// Offers a method to everybody in the room, until that is over: each call of it is a [`RoomEvent::RpcInvocation`].
    /// Offering it again changes nothing. Whoever calls is to be checked by the reader of the events; of calls that are
    /// not answered, 64 at a time are taken.
    ///
    /// # Errors
    /// [`RoomError::TooLarge`] for a name above [`RPC_METHOD_LIMIT`], [`RoomError::Closed`] when the room is over.
    fn register_rpc(&self, method: &str) -> Result<(), RoomError>;

    /// Calls a method of somebody else's and waits for the answer, at most [`RpcRequest::timeout`]. At most 64 calls may
    /// wait at a time.
    ///
    /// # Errors
    /// See [`RpcError`].
    async fn perform_rpc(&self, request: RpcRequest) -> Result<String, RpcError>;

    /// Leaves the room and waits, at most two seconds, until the server knows.
    async fn disconnect(&self) -> Result<(), RoomError>;
}

/// Feeds a published audio track. Dropping it unpublishes the track.
#[async_trait]
pub trait AudioPublisher: Send + Sync {
    /// The track's id in the room, as captions refer to it. It changes after a full reconnect.
    fn track_sid(&self) -> String;

    /// Queues exactly 10 ms (480 samples of 48 kHz mono), and resolves as soon as at most `queue_ms` of audio (see
    /// [`AudioPublishOptions`]) waits to be sent, this frame included.
    ///
    /// So into an empty queue the first `queue_ms / 10` calls resolve at once; from then on one resolves every 10 ms, and
    /// exactly `queue_ms` of what was captured is not yet sent at that moment. Calls made at the same time take turns.
    async fn capture(&self, frame: &[i16]) -> Result<(), RoomError>;

    /// Throws away what is queued and not yet sent: the call for an interruption. A pending
    /// [`capture`](Self::capture) resolves within 10 ms, its frame thrown away too.
    fn clear(&self) -> Result<(), RoomError>;
}

/// Feeds a published video track. Dropping it unpublishes the track.
pub trait VideoPublisher: Send + Sync {
    /// The track's id in the room.
    fn track_sid(&self) -> String;

    /// Hands one frame to the encoder. Blocks for a copy: call it off the async threads.
    fn capture(&self, frame: I420View<'_>, stamp: FrameStamp) -> Result<(), RoomError>;
}

/// One outgoing text stream.
#[async_trait]
pub trait TextWriter: Send {
    /// Appends to the stream.
    async fn write(&mut self, text: &str) -> Result<(), RoomError>;

    /// Ends the stream, with attributes added to its trailer.
    async fn close(self: Box<Self>, attributes: Attributes) -> Result<(), RoomError>;
}

/// One outgoing byte stream. Dropping it unclosed ends the stream without a proper trailer.
#[async_trait]
pub trait ByteWriter: Send {
    /// Appends to the stream. Resolves when the bytes are on their way, at the latest after ten seconds.
    async fn write(&mut self, bytes: &[u8]) -> Result<(), RoomError>;

    /// Ends the stream, with attributes added to its trailer.
    async fn close(self: Box<Self>, attributes: Attributes) -> Result<(), RoomError>;
}

/// Somebody else's track, subscribed to. Dropping it drops the subscription's native object.
pub trait RemoteTrack: Send + Sync {
    /// The track's id in the room.
    fn sid(&self) -> String;

    /// Audio or video.
    fn kind(&self) -> TrackKind;

    /// Decoded, resampled mono audio at `sample_rate`, in frames of `frame_ms`. The stream keeps at most
    /// `queue_frames`; the oldest are dropped (and counted) when the reader is slow.
    fn audio(&self, sample_rate: u32, frame_ms: u32, queue_frames: usize) -> Result<AudioStream, RoomError>;

    /// Decoded video as I420. Keeps at most `queue_frames`, dropping the oldest.
    fn video(&self, queue_frames: usize) -> Result<VideoStream, RoomError>;
}

/// One incoming text stream.
#[async_trait]
pub trait TextReader: Send {
    /// The next piece; `None` at the end.
    async fn next(&mut self) -> Result<Option<String>, RoomError>;

    /// Everything until the end, at most `limit` bytes. Gives up when nothing comes for ten seconds.
    async fn read_all(&mut self, limit: usize) -> Result<String, RoomError>;

    /// The attributes as they stand at the end of the stream, with those of its trailer. Empty before the end.
    fn final_attributes(&self) -> Attributes {
        Attributes::new()
    }
}

/// One incoming byte stream. Dropping it before the end gives the rest up: what still comes is thrown away.
#[async_trait]
pub trait ByteReader: Send {
    /// The next piece, as the network cut it; `None` at the end.
    async fn next(&mut self) -> Result<Option<Vec<u8>>, RoomError>;

    /// Everything until the end, at most `limit` bytes. Gives up when nothing comes for ten seconds.
    async fn read_all(&mut self, limit: usize) -> Result<Vec<u8>, RoomError>;

    /// The attributes as they stand at the end of the stream, with those of its trailer. Empty before the end.
    fn final_attributes(&self) -> Attributes {
        Attributes::new()
    }
}
