//! From the settings of a service to a running stage, and its end.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use crate::lip_sync::LipSyncSettings;
use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinHandle;

use super::error::LipSyncError;
use super::film::FilmReports;
use super::photo;
use super::service::Service;
use super::stage::Stage;
use session::face::Portrayal;
use session::ports::Attributes;
use session::voice::{PlayoutCommand, SharedClock};

/// Commands that may wait for playout, which empties its queue before every frame.
const PLAYOUT_QUEUE: usize = 16;
/// How long the good-bye to the service may take: its own deadlines are shorter.
const GOODBYE: Duration = Duration::from_secs(4);

/// A service that films the face. Made before the room is joined, so that a wrong setting is told at once.
#[derive(Debug, Clone)]
pub struct LipSyncPlan {
    settings: LipSyncSettings,
}

impl LipSyncPlan {
    /// A service of these settings.
    #[must_use]
    pub fn new(settings: LipSyncSettings) -> Self {
        Self { settings }
    }

    /// Puts the service between `commands` and playout, which reads what this gives back. Nothing is asked for yet.
    ///
    /// # Errors
    /// When the face at rest can't be drawn, or there is no thread.
    pub fn begin(
        self,
        portrayal: &mut Portrayal,
        commands: mpsc::Receiver<PlayoutCommand>,
        clock: &SharedClock,
        attributes: &Arc<dyn Attributes>,
    ) -> Result<(mpsc::Receiver<PlayoutCommand>, LipSyncSession), LipSyncError> {
        let image = photo::of(portrayal)?;
        let (playout, playout_commands) = mpsc::channel(PLAYOUT_QUEUE);
        let (orders, order_queue) = mpsc::channel(1);
        let (film_sender, filmed) = mpsc::channel(1);
        let (done, is_done) = oneshot::channel();
        let reports = FilmReports::default();
        let ended = Arc::new(AtomicBool::new(false));
        let service = Service {
            settings: self.settings,
            image,
            orders: order_queue,
            filmed: film_sender,
            reports: reports.clone(),
            ended: ended.clone(),
            done,
        };
        std::thread::Builder::new()
            .name("lip-sync".into())
            .spawn(move || service.run())
            .map_err(LipSyncError::Thread)?;
        let stage = Stage {
            commands,
            playout,
            clock: clock.clone(),
            attributes: attributes.clone(),
            orders,
            filmed,
            reports: reports.subscribe(),
        };
        let task = tokio::spawn(stage.run());
        Ok((playout_commands, LipSyncSession { ended, is_done, task }))
    }
}

/// A service that may be filming.
pub struct LipSyncSession {
    ended: Arc<AtomicBool>,
    is_done: oneshot::Receiver<()>,
    task: JoinHandle<()>,
}

impl LipSyncSession {
    /// Ends what is being filmed, and waits until the service knows: at most four seconds.
    pub async fn end(self) {
        self.ended.store(true, Ordering::Relaxed);
        self.task.abort();
        if tokio::time::timeout(GOODBYE, self.is_done).await.is_err() {
            tracing::warn!("the service that films could not be told in time that the call is over");
        }
    }
}
