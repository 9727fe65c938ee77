//! Who in the room is a person to talk with, and which track carries each person's voice.

use std::collections::HashMap;
use std::sync::Arc;

use proto::room::ATTRIBUTE_PUBLISH_ON_BEHALF;
use room::{DisconnectReason, ParticipantInfo, ParticipantKind, RemoteTrack, TrackInfo, TrackKind, TrackSource};

/// Whether this participant is talked with: agents never listen to agents, nor to avatars that speak for others.
#[must_use]
pub fn is_person(participant: &ParticipantInfo) -> bool {
    let kind = match participant.kind {
        ParticipantKind::Standard | ParticipantKind::Sip | ParticipantKind::Connector => true,
        ParticipantKind::Agent | ParticipantKind::Other => false,
    };
    kind && !participant.attributes.contains_key(ATTRIBUTE_PUBLISH_ON_BEHALF)
}

/// Whether somebody who left for this reason hung up, rather than lost the connection.
#[must_use]
pub fn left_on_purpose(reason: DisconnectReason) -> bool {
    match reason {
        DisconnectReason::ClientInitiated
        | DisconnectReason::ParticipantRemoved
        | DisconnectReason::RoomDeleted
        | DisconnectReason::UserRejected => true,
        DisconnectReason::DuplicateIdentity
        | DisconnectReason::ServerShutdown
        | DisconnectReason::ConnectionLost
        | DisconnectReason::Other => false,
    }
}

/// The voices in the room, by identity.
#[derive(Default)]
pub struct Voices(HashMap<String, (String, Arc<dyn RemoteTrack>)>);

impl Voices {
    /// A track can be heard; true when it is a voice.
    pub fn add(&mut self, identity: &str, info: &TrackInfo, track: Arc<dyn RemoteTrack>) -> bool {
        let is_voice = info.kind == TrackKind::Audio && info.source == TrackSource::Microphone;
        if is_voice {
            self.0.insert(identity.to_owned(), (info.sid.clone(), track));
        }
        is_voice
    }

    /// A track can no longer be heard; true when it was a known voice.
    pub fn remove(&mut self, identity: &str, sid: &str) -> bool {
        let known = self.0.get(identity).is_some_and(|(voice, _)| voice == sid);
        if known {
            self.0.remove(identity);
        }
        known
    }

    /// The track's id and the track that carries this person's voice.
    #[must_use]
    pub fn of(&self, identity: &str) -> Option<&(String, Arc<dyn RemoteTrack>)> {
        self.0.get(identity)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn participant(kind: ParticipantKind, attributes: &[(&str, &str)]) -> ParticipantInfo {
        ParticipantInfo {
            identity: "someone".into(),
            name: String::new(),
            sid: "PA_1".into(),
            kind,
            attributes: attributes.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect(),
        }
    }

    #[test]
    fn people_and_telephones_are_talked_with_agents_and_avatars_are_not() {
        assert!(is_person(&participant(ParticipantKind::Standard, &[])));
        assert!(is_person(&participant(ParticipantKind::Sip, &[])));
        assert!(!is_person(&participant(ParticipantKind::Agent, &[])));
        assert!(!is_person(&participant(ParticipantKind::Standard, &[(ATTRIBUTE_PUBLISH_ON_BEHALF, "agent-1")])));
    }
}
