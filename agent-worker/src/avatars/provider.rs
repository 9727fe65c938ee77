//! A service that sends the avatar: asked when the call begins, told to go when it ends or the avatar is lost.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use avatar_providers::{AvatarProvider, Invitation, Tavus, TavusSettings};
use proto::avatar::TAVUS_IDENTITY;
use proto::worker::{ENV_LIVEKIT_AVATAR_TOKEN, ENV_LIVEKIT_PUBLIC_URL};
use room::Room;
use telemetry::events::AvatarLoss;
use tokio::sync::watch;
use tokio::task::JoinHandle;

use crate::persona::{Face, FaceProvider};
use crate::settings::{ConnectSettings, SettingsError, mint_avatar};
use crate::transport::avatar::peer::AvatarPeer;

/// How long the good-bye to the service may take: its own deadlines are shorter.
const GOODBYE: Duration = Duration::from_secs(4);
/// The name that Tavus' participant has in the room.
const TAVUS_NAME: &str = "Avatar";

/// A service, and what it takes to ask it. Made before the room is joined, so that a wrong setting is told at once.
#[derive(Debug, Clone)]
pub struct ProviderPlan {
    tavus: TavusSettings,
}

impl ProviderPlan {
    /// The persona's provider; `None` when it names none. A key alone chooses nothing.
    ///
    /// # Errors
    /// Names the variable that is missing or wrong.
    pub fn resolve(face: &Face, environment: &dyn Fn(&str) -> Option<String>) -> Result<Option<Self>, SettingsError> {
        match face.provider {
            FaceProvider::Tavus if face.enabled => {
                let tavus = TavusSettings::resolve(environment)
                    .map_err(|error| SettingsError { setting: error.variable, message: error.message })?;
                Ok(Some(Self { tavus }))
            }
            FaceProvider::Tavus | FaceProvider::Avatar | FaceProvider::LipSync | FaceProvider::Local => Ok(None),
        }
    }

    /// Asks the service to come into this room, on behalf of its local participant. What fails is the avatar's loss.
    #[must_use]
    pub fn begin(
        self,
        room: &dyn Room,
        settings: &ConnectSettings,
        environment: &dyn Fn(&str) -> Option<String>,
        peer: &AvatarPeer,
    ) -> ProviderSession {
        let (stop, stopped) = watch::channel(false);
        let read = |name: &str| environment(name).filter(|text| !text.trim().is_empty());
        let token = read(ENV_LIVEKIT_AVATAR_TOKEN).map_or_else(
            || mint_avatar(environment, &settings.room, TAVUS_IDENTITY, TAVUS_NAME, &room.local().identity),
            Ok,
        );
        let task = match token {
            Ok(livekit_token) => {
                let invitation = Invitation {
                    livekit_url: read(ENV_LIVEKIT_PUBLIC_URL).unwrap_or_else(|| settings.url.clone()),
                    livekit_token,
                    name: format!("visavis-{}", settings.room.as_str()),
                };
                tokio::spawn(run(Box::new(Tavus::new(self.tavus)), invitation, peer.clone(), stopped))
            }
            Err(error) => {
                tracing::error!(%error, "the avatar's provider can't be asked");
                peer.lose(AvatarLoss::Refused);
                tokio::spawn(std::future::ready(()))
            }
        };
        ProviderSession { stop, task }
    }
}

/// A service that was asked.
pub struct ProviderSession {
    stop: watch::Sender<bool>,
    task: JoinHandle<()>,
}

impl ProviderSession {
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
    peer: AvatarPeer,
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
    let Ok((mut provider, started)) = started else { return peer.lose(AvatarLoss::Refused) };
    match started {
        Ok(()) => tracing::info!(identity = provider.identity(), "the avatar's provider was asked to come"),
        Err(error) => {
            tracing::error!(%error, "the avatar's provider does not come");
            return peer.lose(AvatarLoss::Refused);
        }
    }
    tokio::select! {
        () = told_to_stop(&mut stop) => {}
        // Nobody sees it any more: it shall not go on costing.
        _ = peer.lost() => {}
    }
    match tokio::task::spawn_blocking(move || provider.end()).await {
        Ok(Ok(())) => tracing::info!("the avatar's provider was told to go"),
        Ok(Err(error)) => tracing::warn!(%error, "the avatar's provider could not be told to go"),
        Err(error) => tracing::error!(%error, "the avatar's provider could not be told to go"),
    }
}
