//! Asks the LiveKit server who is in a room.

use std::collections::HashSet;
use std::time::Duration;

use livekit_api::services::room::RoomClient;
use livekit_api::services::{ServerError, ServerErrorCode, ServiceError};
use livekit_protocol::ParticipantInfo;
use livekit_protocol::participant_info::State;
use proto::names::{Identity, RoomName};
use thiserror::Error;

use crate::arrivals::waiting::Present;
use crate::secret::Secret;

/// How long the LiveKit server may take to answer.
const DEADLINE: Duration = Duration::from_secs(2);

/// Why it is not known who is in a room.
#[derive(Debug, Error)]
pub enum PresenceError {
    /// No answer in time.
    #[error("the LiveKit server did not answer within {} s; check LIVEKIT_URL and that it runs", DEADLINE.as_secs())]
    Timeout,
    /// The question failed.
    #[error("the LiveKit server cannot be asked: {0}; check LIVEKIT_URL and the API key and secret")]
    Service(#[from] ServiceError),
}

/// Asks about participants. Signs each question with the API key pair.
#[derive(Debug)]
pub struct Presence {
    client: RoomClient,
}

impl Presence {
    /// Asks the server at `url` (`ws://`, `wss://`).
    #[must_use]
    pub fn new(url: &str, api_key: &str, api_secret: &Secret) -> Self {
        Self {
            client: RoomClient::with_api_key(url, api_key, api_secret.expose())
                .with_failover(false)
                .with_request_timeout(DEADLINE),
        }
    }

    /// Whether someone in `room` has `identity`. A room that does not exist has nobody in it.
    ///
    /// # Errors
    /// [`PresenceError`] when the server can't be asked.
    pub async fn is_present(&self, room: &RoomName, identity: &Identity) -> Result<bool, PresenceError> {
        let participants = self.participants(room).await?;
        Ok(participants.iter().any(|participant| participant.identity == identity.as_str()))
    }

    /// Which of `rooms` exist: someone is there, was there a moment ago, or is about to join.
    ///
    /// # Errors
    /// [`PresenceError`] when the server can't be asked.
    pub async fn existing(&self, rooms: &[RoomName]) -> Result<HashSet<String>, PresenceError> {
        // Without a name it would list every room there is.
        if rooms.is_empty() {
            return Ok(HashSet::new());
        }
        let names = rooms.iter().map(RoomName::to_string).collect();
        let answer = tokio::time::timeout(DEADLINE, self.client.list_rooms(names)).await;
        let rooms = answer.map_err(|_| PresenceError::Timeout)??;
        Ok(rooms.into_iter().map(|room| room.name).collect())
    }

    /// Who has really joined `room`: not those who are still shaking hands, nor those who are gone.
    ///
    /// # Errors
    /// [`PresenceError`] when the server can't be asked.
    pub async fn present(&self, room: &RoomName) -> Result<Vec<Present>, PresenceError> {
        let joined = |participant: &ParticipantInfo| matches!(participant.state(), State::Joined | State::Active);
        let participants = self.participants(room).await?.into_iter().filter(joined);
        Ok(participants.map(|participant| Present { identity: participant.identity, sid: participant.sid }).collect())
    }

    /// Everyone in `room`, in whatever state.
    async fn participants(&self, room: &RoomName) -> Result<Vec<ParticipantInfo>, PresenceError> {
        let answer = tokio::time::timeout(DEADLINE, self.client.list_participants(room.as_str())).await;
        match answer.map_err(|_| PresenceError::Timeout)? {
            Ok(participants) => Ok(participants),
            Err(ServiceError::Twirp(ServerError::Twirp(error))) if error.code == ServerErrorCode::NOT_FOUND => {
                Ok(Vec::new())
            }
            Err(error) => Err(error.into()),
        }
    }
}
