//! Shows captions and the agent's state, one after the other.

use std::sync::Arc;

use dialogue::AgentState;
use tokio::sync::{mpsc, watch};

use crate::ports::{Attributes, Caption, TextOutput};

/// Shows captions until the channel closes. A caption that can't be shown is logged: the call goes on.
pub(crate) async fn run_captions(mut output: Box<dyn TextOutput>, mut captions: mpsc::Receiver<Caption>) {
    while let Some(caption) = captions.recv().await {
        if let Err(error) = output.show(caption).await {
            tracing::warn!(%error, "a caption could not be sent");
        }
    }
    if let Err(error) = output.close().await {
        tracing::debug!(%error, "the last caption could not be closed");
    }
}

/// Shows every new state of the agent until the sender is gone. Of states that follow one another faster than they can be
/// shown, the newest is shown.
pub(crate) async fn run_states(attributes: Arc<dyn Attributes>, mut states: watch::Receiver<AgentState>) {
    loop {
        let state = *states.borrow_and_update();
        if let Err(error) = attributes.show_state(state).await {
            tracing::warn!(%error, %state, "the agent's state could not be shown");
        }
        if states.changed().await.is_err() {
            return;
        }
    }
}
