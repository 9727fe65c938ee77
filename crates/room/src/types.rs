//! Who and what is in a room, and how to join, publish and send.

use std::collections::BTreeMap;
use std::time::Duration;

/// Attributes of a participant or a stream.
pub type Attributes = BTreeMap<String, String>;

/// How to join.
#[derive(Debug, Clone)]
pub struct ConnectOptions {
    /// Subscribe to every track as it appears.
    pub auto_subscribe: bool,
    /// Give up joining after this long.
    pub timeout: Duration,
}

impl Default for ConnectOptions {
    fn default() -> Self {
        Self { auto_subscribe: true, timeout: Duration::from_secs(10) }
    }
}

/// What kind of participant the server says it is (LiveKit's `ParticipantKind`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ParticipantKind {
    /// A person at an ordinary client.
    Standard,
    /// A telephone.
    Sip,
    /// A bridge to another system.
    Connector,
    /// An AI participant.
    Agent,
    /// Recorders, ingests and whatever comes later.
    Other,
}

/// A participant, as the server describes it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ParticipantInfo {
    /// Unique in the room.
    pub identity: String,
    /// For people to read; may be empty.
    pub name: String,
    /// The server's id for this presence.
    pub sid: String,
    /// Person, telephone, agent…
    pub kind: ParticipantKind,
    /// Free-form attributes.
    pub attributes: Attributes,
}

/// Audio or video.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TrackKind {
    /// Sound.
    Audio,
    /// Pictures.
    Video,
}

/// What a track shows or plays (LiveKit's `TrackSource`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TrackSource {
    /// A camera, or a drawn face.
    Camera,
    /// A microphone, or a synthetic voice.
    Microphone,
    /// A shared screen, its sound, or something unknown.
    Other,
}

/// A track, as the server describes it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TrackInfo {
    /// The track's id.
    pub sid: String,
    /// Its name, given by the publisher.
    pub name: String,
    /// Audio or video.
    pub kind: TrackKind,
    /// Microphone, camera…
    pub source: TrackSource,
    /// The codec, as in `video/H264`; empty when unknown.
    pub mime_type: String,
    /// Muted by its publisher.
    pub muted: bool,
}

/// How to publish audio.
#[derive(Debug, Clone)]
pub struct AudioPublishOptions {
    /// The track's name.
    pub name: String,
    /// How much audio may wait to be sent when [`capture`](crate::AudioPublisher::capture) resolves, in milliseconds: a
    /// multiple of 10, at most 1000.
    ///
    /// From 10 up, the library paces itself and sends silence while nothing is queued, so frames need only be captured
    /// while there is something to say. With 0 every frame is sent the moment it is captured, and the caller must
    /// capture one every 10 ms without a pause: after a gap, listeners hear the voice up to a second late.
    pub queue_ms: u32,
}

/// The video codec asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum VideoCodec {
    /// H.264 (OpenH264): the cheapest measured.
    H264,
    /// VP8.
    Vp8,
}

/// How to publish video.
#[derive(Debug, Clone)]
pub struct VideoPublishOptions {
    /// The track's name.
    pub name: String,
    /// Width in pixels, even.
    pub width: u32,
    /// Height in pixels, even.
    pub height: u32,
    /// Frames a second at most.
    pub max_framerate: f64,
    /// Bits a second at most.
    pub max_bitrate: u64,
    /// The codec.
    pub codec: VideoCodec,
    /// Whether smaller pictures can be had as well. One that nobody subscribed to is not encoded.
    pub simulcast: bool,
    /// Whether a number of ours travels with each frame ([`FrameStamp::user_timestamp`]; LiveKit's frame metadata). For
    /// measuring: every frame grows by some bytes.
    pub user_timestamps: bool,
}

/// How to send text.
#[derive(Debug, Clone, Default)]
pub struct TextOptions {
    /// The stream's topic.
    pub topic: String,
    /// The stream's attributes.
    pub attributes: Attributes,
    /// Who receives it; empty for everybody.
    pub destination_identities: Vec<String>,
    /// On whose behalf it is sent (user captions), if not our own.
    pub sender_identity: Option<String>,
}

/// How to send bytes.
#[derive(Debug, Clone, Default)]
pub struct ByteOptions {
    /// The stream's topic.
    pub topic: String,
    /// The stream's name, as of a file; the library names it when empty.
    pub name: String,
    /// What the bytes are, such as `audio/pcm`; `application/octet-stream` when empty.
    pub mime_type: String,
    /// The stream's attributes.
    pub attributes: Attributes,
    /// How many bytes there will be, when that is known before they are written. [`Room::send_bytes`](crate::Room::send_bytes) knows.
    pub total_length: Option<u64>,
    /// Who receives it; empty for everybody.
    pub destination_identities: Vec<String>,
}
