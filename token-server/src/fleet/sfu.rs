//! What the fleet asks of the LiveKit server: who is in a room, to take out an agent whose process is dead, to tell the
//! people there that no agent comes. It goes on without an answer: what went wrong is in the log.

use std::time::{SystemTime, UNIX_EPOCH};

use livekit_protocol::ParticipantInfo;
use livekit_protocol::participant_info::{Kind, State};
use proto::names::RoomName;
use tracing::{debug, warn};

use crate::room_service::{RoomService, is_person};
use crate::server_api::ApiError;

/// The topic of chat messages that are data packets: a server cannot send text streams. LiveKit's components show both.
const LEGACY_CHAT_TOPIC: &str = "lk-chat-topic";

/// The LiveKit server, as the fleet needs it.
pub struct Sfu(RoomService);

impl Sfu {
    /// Asks with this.
    #[must_use]
    pub fn new(rooms: RoomService) -> Self {
        Self(rooms)
    }

    /// Whether a person is in `room`. `None` when the server does not say.
    pub(super) async fn somebody_is_there(&self, room: &RoomName) -> Option<bool> {
        let participants = self.participants(room).await?;
        Some(participants.iter().any(|one| is_person(one) && one.state() != State::Disconnected))
    }

    /// Takes a participant out of `room`, if it is there.
    pub(super) async fn remove(&self, room: &RoomName, identity: &str) {
        if answer(room, "to remove a dead agent", self.0.remove(room, identity).await) == Some(true) {
            debug!(%room, identity, "a dead agent was taken out of the room");
        }
    }

    /// Takes every agent out of `room`.
    pub(super) async fn remove_agents(&self, room: &RoomName) {
        let Some(participants) = self.participants(room).await else { return };
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
        let sent = self.0.send(room, LEGACY_CHAT_TOPIC, message.to_string().into_bytes()).await;
        answer(room, "to tell the people there", sent);
    }

    async fn participants(&self, room: &RoomName) -> Option<Vec<ParticipantInfo>> {
        answer(room, "who is there", self.0.participants(room).await)
    }
}

/// What the server said; `None` when it did not, of which the log tells.
fn answer<T>(room: &RoomName, what: &'static str, answer: Result<T, ApiError>) -> Option<T> {
    answer.inspect_err(|error| warn!(%room, what, %error, "no answer of the LiveKit server")).ok()
}
