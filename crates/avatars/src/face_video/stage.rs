//! The task between the voice and playout.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Instant;

use telemetry::events::{AvatarLoss, AvatarLost, AvatarReady};
use tokio::sync::{mpsc, watch};
use tokio::task::JoinHandle;

use super::queue::{Action, Queue};
use super::service::{Filmed, Order};
use session::face_video::FaceVideoError;
use session::ports::{Attributes, FaceSource};
use session::voice::{PlayoutCommand, SharedClock};

/// What is under way.
#[derive(Default)]
struct Hands {
    /// Ends what is being filmed.
    current: Option<Arc<AtomicBool>>,
    /// Updates are sent to clients one at a time, in order, so that the last one stays.
    telling: Option<JoinHandle<()>>,
}

impl Hands {
    fn show(&mut self, attributes: &Arc<dyn Attributes>, source: FaceSource, lost: Option<AvatarLoss>) {
        let (attributes, before) = (attributes.clone(), self.telling.take());
        self.telling = Some(tokio::spawn(async move {
            if let Some(before) = before {
                drop(before.await);
            }
            if let Err(error) = attributes.show_face(source, lost).await {
                tracing::warn!(%error, "the source of the face could not be shown to clients");
            }
        }));
    }
}

/// What the task works with.
pub(super) struct Stage {
    pub(super) commands: mpsc::Receiver<PlayoutCommand>,
    pub(super) playout: mpsc::Sender<PlayoutCommand>,
    pub(super) clock: SharedClock,
    pub(super) attributes: Arc<dyn Attributes>,
    pub(super) orders: mpsc::Sender<Order>,
    pub(super) filmed: mpsc::Receiver<Filmed>,
    /// What the face's thread says of films.
    pub(super) reports: watch::Receiver<Option<FaceVideoError>>,
}

impl Stage {
    /// Runs until nobody sends commands any more.
    pub(super) async fn run(mut self) {
        let mut queue = Queue::default();
        let mut hands = Hands::default();
        loop {
            let now = Instant::now();
            let mut actions = queue.poll(now, self.clock.position(now));
            if actions.is_empty() {
                let wake = queue.next_wake(now);
                actions = tokio::select! {
                    command = self.commands.recv() => match command {
                        Some(command) => queue.take(command),
                        None => return,
                    },
                    filmed = self.filmed.recv(), if !queue.is_lost() => match filmed {
                        Some((job, film)) => queue.filmed(Instant::now(), job, film),
                        // Its thread is gone: nothing will be filmed any more.
                        None => queue.lose(AvatarLoss::ServiceFailed),
                    },
                    Ok(()) = self.reports.changed() => {
                        if let Some(error) = &*self.reports.borrow_and_update() {
                            tracing::error!(%error, "a film can't be shown any more");
                        }
                        queue.lose(AvatarLoss::BrokenVideo)
                    }
                    () = sleep_until(wake) => continue,
                };
            }
            for action in actions {
                if !self.act(action, &mut hands).await {
                    return;
                }
            }
        }
    }

    /// False when playout is gone.
    async fn act(&self, action: Action, hands: &mut Hands) -> bool {
        match action {
            Action::Pass(command) => return self.playout.send(command).await.is_ok(),
            Action::Ask(job) => {
                let cancelled = Arc::new(AtomicBool::new(false));
                hands.current = Some(cancelled.clone());
                // There is never more than one: a full channel means that the thread is gone, and the deadline will tell.
                let _ = self.orders.try_send(Order { job, cancelled });
            }
            Action::Cancel => {
                if let Some(cancelled) = hands.current.take() {
                    cancelled.store(true, Ordering::Relaxed);
                }
            }
            Action::Shown(waited) => {
                AvatarReady { waited_ms: u64::try_from(waited.as_millis()).unwrap_or(u64::MAX) }.emit();
                hands.show(&self.attributes, FaceSource::LipSync, None);
            }
            Action::Lost(reason) => {
                AvatarLost { reason }.emit();
                hands.show(&self.attributes, FaceSource::Local, Some(reason));
            }
        }
        true
    }
}

/// Sleeps until `at`; for ever when there is none.
async fn sleep_until(at: Option<Instant>) {
    match at {
        Some(at) => tokio::time::sleep_until(at.into()).await,
        None => std::future::pending().await,
    }
}
