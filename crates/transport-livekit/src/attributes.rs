//! The agent's state and face as attributes of its participant.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use proto::avatar::{ATTRIBUTE_FACE, ATTRIBUTE_FACE_REASON, FACE_AVATAR, FACE_LIP_SYNC, FACE_LOCAL};
use proto::room::{ATTRIBUTE_AGENT_STATE, AgentState};
use room::Room;
use telemetry::events::AvatarLoss;

use super::error::transport_error;
use session::ports::{Attributes, FaceSource, TransportError};

/// How long the server's confirmation of a state is waited for. It usually takes a few milliseconds, but now and then the
/// server shows the new state to everybody and never confirms it; the next state must not wait for that.
const STATE_TIMEOUT: Duration = Duration::from_millis(100);
/// How long showing the face's source may take: the call does not depend on it.
const FACE_TIMEOUT: Duration = Duration::from_secs(2);

/// Attributes of the local participant.
pub struct RoomAttributes(pub Arc<dyn Room>);

#[async_trait]
impl Attributes for RoomAttributes {
    async fn show_state(&self, state: AgentState) -> Result<(), TransportError> {
        let attribute = (ATTRIBUTE_AGENT_STATE.to_owned(), state.as_str().to_owned());
        match tokio::time::timeout(STATE_TIMEOUT, self.0.set_attributes(BTreeMap::from([attribute]))).await {
            Ok(shown) => shown.map_err(transport_error),
            Err(_) => {
                tracing::debug!(%state, "the server did not confirm the agent's state");
                Ok(())
            }
        }
    }

    async fn show_face(&self, source: FaceSource, lost: Option<AvatarLoss>) -> Result<(), TransportError> {
        let source = match source {
            FaceSource::Local => FACE_LOCAL,
            FaceSource::Avatar => FACE_AVATAR,
            FaceSource::LipSync => FACE_LIP_SYNC,
        };
        let attributes = BTreeMap::from([
            (ATTRIBUTE_FACE.to_owned(), source.to_owned()),
            (ATTRIBUTE_FACE_REASON.to_owned(), lost.map_or(String::new(), |reason| reason.as_str().to_owned())),
        ]);
        match tokio::time::timeout(FACE_TIMEOUT, self.0.set_attributes(attributes)).await {
            Ok(shown) => shown.map_err(transport_error),
            Err(_) => {
                tracing::debug!("the server did not confirm whose face it is");
                Ok(())
            }
        }
    }
}
