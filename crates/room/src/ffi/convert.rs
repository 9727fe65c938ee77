//! The protocol's values as ours and back.

use super::proto;
use crate::{
    Attributes, DisconnectReason, ParticipantInfo, ParticipantKind, TrackInfo, TrackKind, TrackSource, VideoCodec,
};

/// A participant.
pub(super) fn participant(info: proto::ParticipantInfo) -> ParticipantInfo {
    let kind = participant_kind(info.kind());
    ParticipantInfo {
        identity: info.identity,
        name: info.name,
        sid: info.sid,
        kind,
        attributes: sorted(info.attributes),
    }
}

fn participant_kind(kind: proto::ParticipantKind) -> ParticipantKind {
    match kind {
        proto::ParticipantKind::Standard => ParticipantKind::Standard,
        proto::ParticipantKind::Sip => ParticipantKind::Sip,
        proto::ParticipantKind::Connector => ParticipantKind::Connector,
        proto::ParticipantKind::Agent => ParticipantKind::Agent,
        proto::ParticipantKind::Ingress | proto::ParticipantKind::Egress | proto::ParticipantKind::Bridge => {
            ParticipantKind::Other
        }
    }
}

/// Why somebody, or we, left.
pub(super) fn disconnect_reason(reason: i32) -> DisconnectReason {
    use proto::DisconnectReason as Reason;
    match Reason::try_from(reason) {
        Ok(Reason::ClientInitiated) => DisconnectReason::ClientInitiated,
        Ok(Reason::DuplicateIdentity) => DisconnectReason::DuplicateIdentity,
        Ok(Reason::ServerShutdown) => DisconnectReason::ServerShutdown,
        Ok(Reason::ParticipantRemoved) => DisconnectReason::ParticipantRemoved,
        // A closed room is one that the server ended because the people had left.
        Ok(Reason::RoomDeleted | Reason::RoomClosed) => DisconnectReason::RoomDeleted,
        Ok(Reason::UserRejected) => DisconnectReason::UserRejected,
        Ok(Reason::SignalClose | Reason::ConnectionTimeout | Reason::MediaFailure | Reason::StateMismatch) => {
            DisconnectReason::ConnectionLost
        }
        Ok(
            Reason::UnknownReason
            | Reason::JoinFailure
            | Reason::Migration
            | Reason::UserUnavailable
            | Reason::SipTrunkFailure
            | Reason::AgentError,
        )
        | Err(_) => DisconnectReason::Other,
    }
}

/// Audio or video; `None` for what is neither.
pub(super) fn track_kind(kind: proto::TrackKind) -> Option<TrackKind> {
    match kind {
        proto::TrackKind::KindAudio => Some(TrackKind::Audio),
        proto::TrackKind::KindVideo => Some(TrackKind::Video),
        proto::TrackKind::KindUnknown => None,
    }
}

fn track_source(source: proto::TrackSource) -> TrackSource {
    match source {
        proto::TrackSource::SourceCamera => TrackSource::Camera,
        proto::TrackSource::SourceMicrophone => TrackSource::Microphone,
        proto::TrackSource::SourceScreenshare
        | proto::TrackSource::SourceScreenshareAudio
        | proto::TrackSource::SourceUnknown => TrackSource::Other,
    }
}

/// A track that can be read now. The subscription itself says neither source nor codec: those come from the
/// publication that was announced before.
pub(super) fn track(
    track: proto::TrackInfo,
    kind: TrackKind,
    publication: Option<&proto::TrackPublicationInfo>,
) -> TrackInfo {
    TrackInfo {
        source: publication.map_or(TrackSource::Other, |publication| track_source(publication.source())),
        mime_type: publication.map_or_else(String::new, |publication| publication.mime_type.clone()),
        sid: track.sid,
        name: track.name,
        kind,
        muted: track.muted,
    }
}

/// The codec to publish with.
pub(super) fn video_codec(codec: VideoCodec) -> proto::VideoCodec {
    match codec {
        VideoCodec::H264 => proto::VideoCodec::H264,
        VideoCodec::Vp8 => proto::VideoCodec::Vp8,
    }
}

/// Attributes of a participant.
pub(super) fn entries(entries: Vec<proto::AttributesEntry>) -> Attributes {
    entries.into_iter().map(|entry| (entry.key, entry.value)).collect()
}

/// Attributes that the protocol describes as a map.
pub(super) fn sorted(map: std::collections::HashMap<String, String>) -> Attributes {
    map.into_iter().collect()
}
