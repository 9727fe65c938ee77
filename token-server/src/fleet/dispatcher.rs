//! Brings a worker into a room through LiveKit's own scheduler: workers are `agent-worker start`, on any machine.

use std::time::Duration;

use calls::Lease;
use livekit_api::services::agent_dispatch::AgentDispatchClient;
use livekit_api::services::{ServiceError, ServiceResult};
use livekit_protocol::CreateAgentDispatchRequest;
use proto::names::RoomName;
use proto::orders::JobMetadata;
use thiserror::Error;
use tracing::debug;

use super::ledger::orders;
use crate::secret::Secret;

/// How long the LiveKit server may take to answer.
const DEADLINE: Duration = Duration::from_secs(3);

/// Why a call could not be handed to the scheduler.
#[derive(Debug, Error)]
pub(super) enum DispatchError {
    /// No answer in time.
    #[error("the LiveKit server did not answer within {} s", DEADLINE.as_secs())]
    Timeout,
    /// It refused.
    #[error("the LiveKit server takes no dispatch: {0}")]
    Service(#[from] ServiceError),
    /// What the worker is to be told can't be written.
    #[error("a dispatch cannot be written: {0}")]
    Metadata(#[from] serde_json::Error),
}

/// Asks LiveKit's scheduler. Signs each request with the API key pair.
#[derive(Debug)]
pub struct Dispatcher {
    client: AgentDispatchClient,
    agent_name: String,
}

impl Dispatcher {
    /// Dispatches agents of this name by the server at `url` (`ws://`, `wss://`).
    #[must_use]
    pub fn new(url: &str, api_key: &str, api_secret: &Secret, agent_name: String) -> Self {
        let client = AgentDispatchClient::with_api_key(url, api_key, api_secret.expose());
        Self { client: client.with_failover(false).with_request_timeout(DEADLINE), agent_name }
    }

    /// Wants a worker in `room`. Returns the dispatch's id. The scheduler forgets it when no worker is there to take it.
    pub(super) async fn dispatch(&self, room: &RoomName, lease: Option<&Lease>) -> Result<String, DispatchError> {
        let metadata = serde_json::to_string(&JobMetadata { call: lease.map(orders) })?;
        let request = CreateAgentDispatchRequest {
            agent_name: self.agent_name.clone(),
            room: room.to_string(),
            metadata,
            ..CreateAgentDispatchRequest::default()
        };
        Ok(within_deadline(self.client.create_dispatch(request)).await?.id)
    }

    /// Takes a dispatch back; its job, if there is one, ends.
    pub(super) async fn take_back(&self, room: &RoomName, id: &str) {
        if let Err(error) = within_deadline(self.client.delete_dispatch(id, room.as_str())).await {
            // It goes with its room, at the latest.
            debug!(%room, %error, "a dispatch could not be taken back");
        }
    }
}

async fn within_deadline<T>(request: impl Future<Output = ServiceResult<T>>) -> Result<T, DispatchError> {
    Ok(tokio::time::timeout(DEADLINE, request).await.map_err(|_| DispatchError::Timeout)??)
}
