//! Tells the agent what of its speech sounds: calls in order, each tried again a little when it fails.

use std::sync::Arc;
use std::time::Duration;

use proto::avatar::{METHOD_PLAYBACK_FINISHED, METHOD_PLAYBACK_STARTED};
use room::{Room, RpcError, RpcRequest};
use tokio::sync::mpsc;

use super::segments::Progress;

/// How long one call may take.
const CALL: Duration = Duration::from_secs(5);
/// How often one is tried, and the pause between.
const TRIES: u32 = 3;
const PAUSE: Duration = Duration::from_millis(100);

/// Tells until the sender is gone.
pub(super) async fn tell_progress(room: Arc<dyn Room>, agent: String, mut progress: mpsc::Receiver<Progress>) {
    while let Some(progress) = progress.recv().await {
        let (method, payload) = match progress {
            Progress::Started => (METHOD_PLAYBACK_STARTED, String::new()),
            Progress::Finished(finished) => match serde_json::to_string(&finished) {
                Ok(payload) => (METHOD_PLAYBACK_FINISHED, payload),
                Err(error) => {
                    tracing::error!(%error, "the end of a segment can't be told");
                    continue;
                }
            },
        };
        tracing::debug!(method, payload, "telling the agent");
        for attempt in 1..=TRIES {
            let request = RpcRequest {
                destination_identity: agent.clone(),
                method: method.to_owned(),
                payload: payload.clone(),
                timeout: CALL,
            };
            match room.perform_rpc(request).await {
                Ok(_) => break,
                // Agents need not care when a segment begins.
                Err(RpcError::UnknownMethod) if method == METHOD_PLAYBACK_STARTED => break,
                Err(RpcError::RecipientLeft) => break,
                Err(error) if attempt == TRIES => tracing::warn!(%error, method, "the agent could not be told"),
                Err(error) => {
                    tracing::debug!(%error, method, attempt, "telling the agent again");
                    tokio::time::sleep(PAUSE).await;
                }
            }
        }
    }
}
