//! `avatar`: a room's other agent gets this one's voice and face.

use ::engines::EngineError;
use assets::{Asset, Assets};
use persona::Appearance;
use proto::worker::ExitCode;
use room::ffi::FfiConnector;
use transport_livekit::avatar::participant::{self, AvatarOptions};

use crate::connect_error::ConnectError;
use crate::ending::{announce_ending, asked_to_end, watch_for_end};
use crate::looks;
use crate::settings::AvatarSettings;

/// Joins, plays whatever the agent says until that leaves, and leaves.
///
/// # Errors
/// When the room can't be joined or published to, or the face not be drawn.
pub async fn run_avatar(settings: AvatarSettings, assets: Assets) -> Result<ExitCode, ConnectError> {
    let ending = watch_for_end();
    let library = assets.path(Asset::LivekitFfi).map_err(EngineError::from)?;
    let connector = FfiConnector::load(&library)?;
    let AvatarSettings { url, token, on_behalf_of, size } = settings;
    let appearance = Appearance { size, ..Appearance::default() };
    let options = AvatarOptions {
        url,
        token,
        on_behalf_of,
        face_track: looks::track(&appearance, false),
        portray: looks::factory(appearance, assets),
    };
    Ok(participant::run_avatar(&connector, options, asked_to_end(ending), announce_ending).await?)
}
