//! The services that the persona's face comes from: resolved before the room is joined, so that a wrong setting is told at once.

use std::sync::Arc;

use ::engines::Variables;
use avatars::face_video::LipSyncPlan;
use avatars::lip_sync::LipSyncSettings;
use avatars::{Invitation, InvitedAvatar, ProviderSession, ProviderSettingsError, Tavus, TavusSettings};
use futures_util::future::BoxFuture;
use persona::{Face, FaceProvider};
use proto::avatar::TAVUS_IDENTITY;
use proto::orders::Orders;
use telemetry::events::AvatarLoss;
use transport_livekit::avatar::peer::AvatarPeer;

use crate::configuration::Configuration;
use crate::settings::mint_avatar;
use crate::settings_error::SettingsError;

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
    pub(crate) fn resolve(face: &Face, variables: &Variables) -> Result<Self, SettingsError> {
        let environment: &dyn Fn(&str) -> Option<String> = &|name| variables.get(name).map(str::to_owned);
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
    orders: &Orders,
    on_behalf_of: &str,
    configuration: &Configuration,
    peer: &AvatarPeer,
) -> Option<ProviderSession> {
    let mint = || mint_avatar(configuration, &orders.room, TAVUS_IDENTITY, TAVUS_NAME, on_behalf_of);
    let token = orders.avatar_token.clone().map_or_else(mint, Ok);
    match token {
        Ok(livekit_token) => {
            let invitation = Invitation {
                livekit_url: orders.public_url.clone().unwrap_or_else(|| orders.url.clone()),
                livekit_token,
                name: format!("visavis-{}", orders.room.as_str()),
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
