//! Who in the room is a user, and which track is each user's microphone.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use proto::room::ATTRIBUTE_PUBLISH_ON_BEHALF;
use room::{DisconnectReason, ParticipantInfo, ParticipantKind};

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

/// Which track is each user's microphone. Clones share it.
#[derive(Debug, Clone, Default)]
pub struct Microphones(Arc<Mutex<HashMap<String, String>>>);

impl Microphones {
    /// A microphone can be heard.
    pub(super) fn add(&self, identity: &str, sid: &str) {
        self.lock().insert(identity.to_owned(), sid.to_owned());
    }

    /// A track can no longer be heard.
    pub(super) fn remove(&self, identity: &str, sid: &str) {
        let mut known = self.lock();
        if known.get(identity).is_some_and(|microphone| microphone == sid) {
            known.remove(identity);
        }
    }

    /// The track's id.
    #[must_use]
    pub fn of(&self, identity: &str) -> Option<String> {
        self.lock().get(identity).cloned()
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<String, String>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
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
