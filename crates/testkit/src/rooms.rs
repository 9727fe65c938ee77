//! Who is in a room and what they send, as the LiveKit server itself knows it (its `RoomService`).

use livekit_api::services::agent_dispatch::AgentDispatchClient;
use livekit_api::services::room::RoomClient;

use crate::sfu::LivekitServer;

/// A participant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Present {
    /// The identity.
    pub identity: String,
    /// The name that is shown.
    pub name: String,
    /// Whether it is an agent to every frontend.
    pub is_agent: bool,
    /// What it sends.
    pub tracks: Vec<Sent>,
}

/// A published track.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sent {
    /// `MICROPHONE`, `CAMERA`, …
    pub source: String,
    /// Whether it is muted.
    pub muted: bool,
}

impl Present {
    /// Whether the track of this source is muted; `None` when there is none.
    #[must_use]
    pub fn muted(&self, source: &str) -> Option<bool> {
        self.tracks.iter().find(|track| track.source == source).map(|track| track.muted)
    }
}

/// The rooms of a server.
pub struct Rooms {
    client: RoomClient,
    dispatches: AgentDispatchClient,
}

impl Rooms {
    /// Those of this one.
    #[must_use]
    pub fn of(sfu: &LivekitServer) -> Self {
        let (url, key, secret) = (sfu.http_url(), sfu.api_key(), sfu.api_secret());
        Self {
            client: RoomClient::with_api_key(&url, key, secret),
            dispatches: AgentDispatchClient::with_api_key(&url, key, secret),
        }
    }

    /// Who is in a room; nobody when there is no such room.
    ///
    /// # Errors
    /// When the server does not answer.
    pub async fn present(&self, room: &str) -> anyhow::Result<Vec<Present>> {
        let participants = self.client.list_participants(room).await?;
        let present = participants.into_iter().map(|participant| Present {
            is_agent: participant.kind().as_str_name() == "AGENT",
            tracks: participant
                .tracks
                .iter()
                .map(|track| Sent { source: track.source().as_str_name().to_owned(), muted: track.muted })
                .collect(),
            identity: participant.identity,
            name: participant.name,
        });
        Ok(present.collect())
    }

    /// How many jobs the server knows of in a room. A job is known late when it is the first since the server began, or since
    /// a minute: the server asks all its peers for five seconds who has workers, notes nothing before, and does not end a
    /// job that it does not know when the agent leaves (livekit-server, `agent/client.go`, `rtc/room.go`).
    ///
    /// # Errors
    /// When the server does not answer.
    pub async fn jobs(&self, room: &str) -> anyhow::Result<usize> {
        let dispatches = self.dispatches.list_dispatch(room).await?;
        Ok(dispatches.into_iter().map(|dispatch| dispatch.state.unwrap_or_default().jobs.len()).sum())
    }

    /// Throws somebody out.
    ///
    /// # Errors
    /// When the server refuses.
    pub async fn remove(&self, room: &str, identity: &str) -> anyhow::Result<()> {
        Ok(self.client.remove_participant(room, identity).await?)
    }
}
