//! What happens in a room, as one enum.

use std::sync::Arc;
use std::time::Duration;

use crate::{Attributes, ByteReader, ParticipantInfo, RemoteTrack, RpcResponder, TextReader, TrackInfo};

/// Why a participant left or the room ended (LiveKit's `DisconnectReason`, the ones that matter here).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DisconnectReason {
    /// It left on purpose.
    ClientInitiated,
    /// Another one joined with the same identity.
    DuplicateIdentity,
    /// The server went down.
    ServerShutdown,
    /// An administrator removed it.
    ParticipantRemoved,
    /// The room was deleted.
    RoomDeleted,
    /// The person declined the call.
    UserRejected,
    /// It vanished: the connection broke and did not come back.
    ConnectionLost,
    /// Anything else.
    Other,
}

/// What happens in a room.
pub enum RoomEvent {
    /// Somebody is there (also sent for those who were there first). The server gathers its news of participants who
    /// publish nothing: of those one hears up to three seconds late, as of their leaving.
    ParticipantConnected(ParticipantInfo),
    /// Somebody left.
    ParticipantDisconnected {
        /// Who.
        identity: String,
        /// Why.
        reason: DisconnectReason,
    },
    /// Attributes of somebody changed; the map is what changed.
    AttributesChanged {
        /// Who.
        identity: String,
        /// The changed entries.
        changed: Attributes,
    },
    /// Somebody's track can be read now.
    TrackSubscribed {
        /// Whose.
        identity: String,
        /// Which.
        info: TrackInfo,
        /// The track itself.
        track: Arc<dyn RemoteTrack>,
    },
    /// A track can no longer be read.
    TrackUnsubscribed {
        /// Whose.
        identity: String,
        /// Which.
        sid: String,
    },
    /// A track was muted or unmuted by its publisher.
    TrackMuted {
        /// Whose.
        identity: String,
        /// Which.
        sid: String,
        /// The new state.
        muted: bool,
    },
    /// Others are heard now than before, as the server measures it: some tenths of a second after they began or ended.
    SpeakersChanged {
        /// Who is heard, the loudest first; this participant may be among them.
        identities: Vec<String>,
    },
    /// Somebody subscribed to a track of ours for the first time: from here on it is heard or seen.
    LocalTrackSubscribed {
        /// Which of ours.
        sid: String,
    },
    /// The SDK published a track of ours again after a reconnect, under another id.
    LocalTrackRepublished {
        /// The id before.
        previous_sid: String,
        /// The id now.
        sid: String,
    },
    /// Somebody opened a text stream.
    TextStream {
        /// Who.
        identity: String,
        /// The stream's topic, such as `lk.chat`.
        topic: String,
        /// The stream's attributes.
        attributes: Attributes,
        /// Reads it.
        reader: Box<dyn TextReader>,
    },
    /// Somebody opened a byte stream.
    ByteStream {
        /// Who.
        identity: String,
        /// The stream's topic, such as `lk.agent.pre-connect-audio-buffer`.
        topic: String,
        /// Its name, as of a file. Chosen by the sender: never a path to write to.
        name: String,
        /// What the sender says the bytes are, such as `audio/webm;codecs=opus`.
        mime_type: String,
        /// The stream's attributes.
        attributes: Attributes,
        /// How many bytes the sender means to send, when it says so. Nothing holds it to that.
        total_length: Option<u64>,
        /// Reads it.
        reader: Box<dyn ByteReader>,
    },
    /// Somebody calls a method of ours.
    RpcInvocation {
        /// Who.
        caller_identity: String,
        /// Which method, one of those given to [`Room::register_rpc`](crate::Room::register_rpc).
        method: String,
        /// With what: at most [`RPC_PAYLOAD_LIMIT`](crate::RPC_PAYLOAD_LIMIT) bytes.
        payload: String,
        /// How long the caller says it waits for the answer.
        response_timeout: Duration,
        /// Answers it.
        responder: RpcResponder,
    },
    /// The connection broke and is being mended.
    Reconnecting,
    /// It is mended.
    Reconnected,
    /// The room is over for this participant. The last event.
    Disconnected(DisconnectReason),
}

impl std::fmt::Debug for RoomEvent {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::ParticipantConnected(info) => f.debug_tuple("ParticipantConnected").field(info).finish(),
            Self::ParticipantDisconnected { identity, reason } => {
                write!(f, "ParticipantDisconnected({identity}, {reason:?})")
            }
            Self::AttributesChanged { identity, changed } => write!(f, "AttributesChanged({identity}, {changed:?})"),
            Self::TrackSubscribed { identity, info, .. } => write!(f, "TrackSubscribed({identity}, {info:?})"),
            Self::TrackUnsubscribed { identity, sid } => write!(f, "TrackUnsubscribed({identity}, {sid})"),
            Self::TrackMuted { identity, sid, muted } => write!(f, "TrackMuted({identity}, {sid}, {muted})"),
            Self::SpeakersChanged { identities } => write!(f, "SpeakersChanged({identities:?})"),
            Self::LocalTrackSubscribed { sid } => write!(f, "LocalTrackSubscribed({sid})"),
            Self::LocalTrackRepublished { previous_sid, sid } => {
                write!(f, "LocalTrackRepublished({previous_sid} -> {sid})")
            }
            Self::TextStream { identity, topic, attributes, .. } => {
                write!(f, "TextStream({identity}, {topic}, {attributes:?})")
            }
            Self::ByteStream { identity, topic, mime_type, attributes, total_length, .. } => {
                write!(f, "ByteStream({identity}, {topic}, {mime_type}, {attributes:?}, {total_length:?} bytes)")
            }
            // Not the payload: it is somebody's, and nobody knows what it holds.
            Self::RpcInvocation { caller_identity, method, payload, response_timeout, .. } => {
                write!(f, "RpcInvocation({caller_identity}, {method}, {} bytes, {response_timeout:?})", payload.len())
            }
            Self::Reconnecting => write!(f, "Reconnecting"),
            Self::Reconnected => write!(f, "Reconnected"),
            Self::Disconnected(reason) => write!(f, "Disconnected({reason:?})"),
        }
    }
}
