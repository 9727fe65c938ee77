//! Brings a worker into a room through LiveKit's own scheduler: workers are `agent-worker start`, on any machine.

use std::time::Duration;

use calls::Lease;
use livekit_protocol::{AgentDispatch, CreateAgentDispatchRequest, DeleteAgentDispatchRequest};
use proto::names::RoomName;
use proto::orders::JobMetadata;
use thiserror::Error;
use tracing::debug;

use super::ledger::orders;
use crate::server_api::{ApiError, ServerApi};
use crate::tokens::Permission;

/// How long the LiveKit server may take to answer.
const DEADLINE: Duration = Duration::from_secs(3);

/// Why a call could not be handed to the scheduler.
#[derive(Debug, Error)]
pub(super) enum DispatchError {
    /// The LiveKit server did not take it.
    #[error(transparent)]
    Api(#[from] ApiError),
    /// What the worker is to be told can't be written.
    #[error("a dispatch cannot be written: {0}")]
    Metadata(#[from] serde_json::Error),
}

impl DispatchError {
    /// Whether it may be otherwise in a moment: the server did not answer, rather than refuse.
    pub(super) fn may_pass(&self) -> bool {
        matches!(self, Self::Api(ApiError::Timeout(_) | ApiError::Http(_)))
    }
}

/// Asks LiveKit's scheduler.
pub struct Dispatcher {
    api: ServerApi,
    agent_name: String,
}

impl Dispatcher {
    /// Dispatches agents of this name.
    #[must_use]
    pub fn new(api: ServerApi, agent_name: String) -> Self {
        Self { api, agent_name }
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
        let method = "AgentDispatchService/CreateDispatch";
        let dispatch: AgentDispatch = self.api.ask(method, Permission::Administer(room), &request, DEADLINE).await?;
        Ok(dispatch.id)
    }

    /// Takes a dispatch back; its job, if there is one, ends.
    pub(super) async fn take_back(&self, room: &RoomName, id: &str) {
        let request = DeleteAgentDispatchRequest { dispatch_id: id.to_owned(), room: room.to_string() };
        let method = "AgentDispatchService/DeleteDispatch";
        let deleted: Result<AgentDispatch, _> =
            self.api.ask(method, Permission::Administer(room), &request, DEADLINE).await;
        if let Err(error) = deleted {
            // It goes with its room, at the latest.
            debug!(%room, %error, "a dispatch could not be taken back");
        }
    }
}
