//! The services that the persona's face comes from: resolved before the room is joined, so that a wrong setting is told at once.

use std::sync::Arc;

use avatars::lip_sync::LipSyncSettings;
use avatars::{Invitation, ProviderSettingsError, Tavus, TavusSettings};
use futures_util::future::BoxFuture;
use proto::avatar::TAVUS_IDENTITY;
use proto::worker::{ENV_LIVEKIT_AVATAR_TOKEN, ENV_LIVEKIT_PUBLIC_URL};
use telemetry::events::AvatarLoss;

use crate::settings::{ConnectSettings, SettingsError, mint_avatar};
use avatars::face_video::LipSyncPlan;
use avatars::{InvitedAvatar, ProviderSession};
use persona::{Face, FaceProvider};
use transport_livekit::avatar::peer::AvatarPeer;

/// The name that Tavus' participant has in the room.
const TAVUS_NAME: &str = "Avatar";

/// Services that the face may come from.
pub(crate) struct Services {
    /// Sends an avatar into the room.
    pub(crate) provider: Option<TavusSettings>,
    /// Makes videos of the face.
    pub(crate) lip_sync: Option<LipSyncPlan>,
}

impl Services {
    /// The persona's services. A key alone chooses nothing.
    ///
    /// # Errors
    /// Names the variable that is missing or wrong.
    pub(crate) fn resolve(face: &Face, environment: &dyn Fn(&str) -> Option<String>) -> Result<Self, SettingsError> {
        let wrong = |error: ProviderSettingsError| SettingsError { setting: error.variable, message: error.message };
        let provider = match face.provider {
            FaceProvider::Tavus if face.enabled => Some(TavusSettings::resolve(environment).map_err(wrong)?),
            FaceProvider::Tavus | FaceProvider::Avatar | FaceProvider::LipSync | FaceProvider::Local => None,
        };
        let lip_sync = if face.is_filmed() {
            Some(LipSyncPlan::new(LipSyncSettings::resolve(environment).map_err(wrong)?))
        } else {
            None
        };
        Ok(Self { provider, lip_sync })
    }
}

/// The avatar of a room, as its provider knows it.
struct Invited(AvatarPeer);

impl InvitedAvatar for Invited {
    fn lose(&self, loss: AvatarLoss) {
        self.0.lose(loss);
    }

    fn lost(&self) -> BoxFuture<'static, ()> {
        let peer = self.0.clone();
        Box::pin(async move {
            let _ = peer.lost().await;
        })
    }
}

/// Asks Tavus to send an avatar into the room, on behalf of the agent `on_behalf_of`. What fails is the avatar's loss.
pub(crate) fn invite(
    tavus: TavusSettings,
    settings: &ConnectSettings,
    on_behalf_of: &str,
    environment: &dyn Fn(&str) -> Option<String>,
    peer: &AvatarPeer,
) -> Option<ProviderSession> {
    let read = |name: &str| environment(name).filter(|text| !text.trim().is_empty());
    let token = read(ENV_LIVEKIT_AVATAR_TOKEN)
        .map_or_else(|| mint_avatar(environment, &settings.room, TAVUS_IDENTITY, TAVUS_NAME, on_behalf_of), Ok);
    match token {
        Ok(livekit_token) => {
            let invitation = Invitation {
                livekit_url: read(ENV_LIVEKIT_PUBLIC_URL).unwrap_or_else(|| settings.url.clone()),
                livekit_token,
                name: format!("visavis-{}", settings.room.as_str()),
            };
            Some(ProviderSession::begin(Box::new(Tavus::new(tavus)), invitation, Arc::new(Invited(peer.clone()))))
        }
        Err(error) => {
            tracing::error!(%error, "the avatar's provider can't be asked");
            peer.lose(AvatarLoss::Refused);
            None
        }
    }
}
