//! A service that sends an avatar: asked when the call begins, told to go when it ends or the avatar is lost.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use crate::{AvatarProvider, Invitation};
use futures_util::future::BoxFuture;
use telemetry::events::AvatarLoss;
use tokio::sync::watch;
use tokio::task::JoinHandle;

/// How long the good-bye to the service may take: its own deadlines are shorter.
const GOODBYE: Duration = Duration::from_secs(4);

/// The avatar that a service is to send, as a transport knows it.
pub trait InvitedAvatar: Send + Sync {
    /// Gives the avatar up. Only the first reason counts.
    fn lose(&self, loss: AvatarLoss);

    /// Resolves when the avatar is lost.
    fn lost(&self) -> BoxFuture<'static, ()>;
}

/// A service that was asked.
pub struct ProviderSession {
    stop: watch::Sender<bool>,
    task: JoinHandle<()>,
}

impl ProviderSession {
    /// Asks the service to come. What fails is the avatar's loss.
    #[must_use]
    pub fn begin(provider: Box<dyn AvatarProvider>, invitation: Invitation, avatar: Arc<dyn InvitedAvatar>) -> Self {
        let (stop, stopped) = watch::channel(false);
        let task = tokio::spawn(run(provider, invitation, avatar, stopped));
        Self { stop, task }
    }

    /// Tells it to go, and waits until it knows: at most four seconds.
    pub async fn end(self) {
        self.stop.send_replace(true);
        if tokio::time::timeout(GOODBYE, self.task).await.is_err() {
            tracing::warn!("the avatar's provider could not be told in time that the call is over");
        }
    }
}

/// Resolves when the call is over.
async fn told_to_stop(stop: &mut watch::Receiver<bool>) {
    // An error says that the session was dropped, which is the same.
    drop(stop.wait_for(|stop| *stop).await);
}

async fn run(
    mut provider: Box<dyn AvatarProvider>,
    invitation: Invitation,
    avatar: Arc<dyn InvitedAvatar>,
    mut stop: watch::Receiver<bool>,
) {
    let cancelled = Arc::new(AtomicBool::new(false));
    let flag = cancelled.clone();
    // HTTP blocks: it has a thread of its own.
    let mut starting = tokio::task::spawn_blocking(move || {
        let started = provider.start(&invitation, &|| flag.load(Ordering::Relaxed));
        (provider, started)
    });
    let started = tokio::select! {
        started = &mut starting => started,
        () = told_to_stop(&mut stop) => {
            cancelled.store(true, Ordering::Relaxed);
            starting.await
        }
    };
    let Ok((mut provider, started)) = started else { return avatar.lose(AvatarLoss::Refused) };
    match started {
        Ok(()) => tracing::info!(identity = provider.identity(), "the avatar's provider was asked to come"),
        Err(error) => {
            tracing::error!(%error, "the avatar's provider does not come");
            return avatar.lose(AvatarLoss::Refused);
        }
    }
    tokio::select! {
        () = told_to_stop(&mut stop) => {}
        // It is not seen any more: it must not go on costing.
        () = avatar.lost() => {}
    }
    match tokio::task::spawn_blocking(move || provider.end()).await {
        Ok(Ok(())) => tracing::info!("the avatar's provider was told to go"),
        Ok(Err(error)) => tracing::warn!(%error, "the avatar's provider could not be told to go"),
        Err(error) => tracing::error!(%error, "the avatar's provider could not be told to go"),
    }
}
