//! What the fleet asks of the LiveKit server: who is in a room, to take out an agent whose process is dead, to tell the
//! people there that no agent comes.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use livekit_api::services::ServiceResult;
use livekit_api::services::room::{RoomClient, SendDataOptions};
use livekit_protocol::participant_info::{Kind, State};
use proto::names::RoomName;
use tracing::{debug, warn};

use crate::secret::Secret;

/// How long the LiveKit server may take to answer.
const DEADLINE: Duration = Duration::from_secs(2);
/// The topic of chat messages that are data packets: a server cannot send text streams. LiveKit's components show both.
const LEGACY_CHAT_TOPIC: &str = "lk-chat-topic";

/// Signs each request with the API key pair.
#[derive(Debug)]
pub struct Sfu {
    client: RoomClient,
}

impl Sfu {
    /// Asks the server at `url` (`ws://`, `wss://`).
    #[must_use]
    pub fn new(url: &str, api_key: &str, api_secret: &Secret) -> Self {
        let client = RoomClient::with_api_key(url, api_key, api_secret.expose());
        Self { client: client.with_failover(false).with_request_timeout(DEADLINE) }
    }

    /// Whether a person is in `room`. `None` when the server does not say.
    pub(super) async fn somebody_is_there(&self, room: &RoomName) -> Option<bool> {
        let asked = self.ask("who is there", room, self.client.list_participants(room.as_str())).await;
        let is_person = |kind: i32| matches!(Kind::try_from(kind), Ok(Kind::Standard | Kind::Sip | Kind::Connector));
        let participants = match asked {
            Some(Ok(participants)) => participants,
            // A room that does not exist has nobody in it; that is an error to the server.
            Some(Err(NotThere)) => return Some(false),
            None => return None,
        };
        Some(participants.iter().any(|one| is_person(one.kind) && one.state() != State::Disconnected))
    }

    /// Takes a participant out of `room`, if it is there.
    pub(super) async fn remove(&self, room: &RoomName, identity: &str) {
        let removed =
            self.ask("to remove a dead agent", room, self.client.remove_participant(room.as_str(), identity)).await;
        if matches!(removed, Some(Ok(()))) {
            debug!(%room, identity, "a dead agent was taken out of the room");
        }
    }

    /// Takes every agent out of `room`.
    pub(super) async fn remove_agents(&self, room: &RoomName) {
        let listed = self.ask("who is there", room, self.client.list_participants(room.as_str())).await;
        let Some(Ok(participants)) = listed else { return };
        for agent in participants.iter().filter(|one| one.kind == i32::from(Kind::Agent)) {
            self.remove(room, &agent.identity).await;
        }
    }

    /// Writes a line into the chat of `room`.
    pub(super) async fn tell(&self, room: &RoomName, text: &str) {
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        let timestamp = u64::try_from(since.as_millis()).unwrap_or(u64::MAX);
        let id = format!("visavis-{:016x}", rand::random::<u64>());
        let message = serde_json::json!({ "id": id, "timestamp": timestamp, "message": text });
        let options = SendDataOptions { topic: Some(LEGACY_CHAT_TOPIC.to_owned()), ..SendDataOptions::default() };
        let sent = self.client.send_data(room.as_str(), message.to_string().into_bytes(), options);
        self.ask("to tell the people there", room, sent).await;
    }

    async fn ask<T>(
        &self,
        what: &'static str,
        room: &RoomName,
        request: impl Future<Output = ServiceResult<T>>,
    ) -> Option<Result<T, NotThere>> {
        use livekit_api::services::{ServerError, ServerErrorCode, ServiceError};
        match tokio::time::timeout(DEADLINE, request).await {
            Ok(Ok(answer)) => Some(Ok(answer)),
            Ok(Err(ServiceError::Twirp(ServerError::Twirp(error)))) if error.code == ServerErrorCode::NOT_FOUND => {
                Some(Err(NotThere))
            }
            Ok(Err(error)) => {
                warn!(%room, what, %error, "the LiveKit server cannot be asked");
                None
            }
            Err(_) => {
                warn!(%room, what, "the LiveKit server did not answer within {} s", DEADLINE.as_secs());
                None
            }
        }
    }
}

/// There is no such room or participant.
struct NotThere;
