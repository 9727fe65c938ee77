//! Who is there, who is heard, and how the connection is, as events of a session.

use room::RoomEvent;
use session::ports::TransportEvent;

use super::participants::{is_person, left_on_purpose};

/// The event, unless it is of another kind.
pub(crate) fn presence(event: &RoomEvent) -> Option<TransportEvent> {
    match event {
        RoomEvent::ParticipantConnected(participant) => {
            is_person(participant).then(|| TransportEvent::UserJoined { identity: participant.identity.clone() })
        }
        RoomEvent::ParticipantDisconnected { identity, reason } => {
            Some(TransportEvent::UserLeft { identity: identity.clone(), on_purpose: left_on_purpose(*reason) })
        }
        RoomEvent::SpeakersChanged { identities } => {
            Some(TransportEvent::SpeakersChanged { identities: identities.clone() })
        }
        RoomEvent::Reconnecting => Some(TransportEvent::Interrupted),
        RoomEvent::Reconnected => Some(TransportEvent::Restored),
        RoomEvent::Disconnected(reason) => Some(TransportEvent::Closed { on_purpose: left_on_purpose(*reason) }),
        RoomEvent::AttributesChanged { .. }
        | RoomEvent::TrackSubscribed { .. }
        | RoomEvent::TrackUnsubscribed { .. }
        | RoomEvent::TrackMuted { .. }
        | RoomEvent::LocalTrackSubscribed { .. }
        | RoomEvent::LocalTrackRepublished { .. }
        | RoomEvent::TextStream { .. }
        | RoomEvent::ByteStream { .. }
        | RoomEvent::RpcInvocation { .. } => None,
    }
}
