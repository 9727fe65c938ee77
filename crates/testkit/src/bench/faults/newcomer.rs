//! Somebody who comes to call in the very moment in which something fails.

use std::sync::Arc;
use std::time::Duration;

use room::RoomConnector;
use tokio::time::{Instant, sleep};

use super::resident::Resident;

/// How long the agent may take to be there: a dispatch that found no worker is kept and tried again for a minute.
const PATIENCE: Duration = Duration::from_secs(60);
const POLL: Duration = Duration::from_millis(50);

/// Comes, waits for the agent, leaves. How long that took from asking for a token on; `None` when no agent came.
pub(super) async fn visit(connector: Arc<dyn RoomConnector>, server: String, room: String) -> Option<Duration> {
    let begun = Instant::now();
    let visitor = Resident::come(connector, server, room);
    let served = loop {
        if visitor.view.alone().is_some() {
            break Some(begun.elapsed());
        }
        if begun.elapsed() > PATIENCE {
            break None;
        }
        sleep(POLL).await;
    };
    if let Err(error) = visitor.leave().await {
        tracing::warn!("{error:#}");
    }
    served
}
