//! `avatar`: a room's other agent gets this one's voice and face.

use persona::Appearance;
use proto::worker::ExitCode;
use room::ffi::FfiConnector;

use crate::connect_error::ConnectError;
use crate::ending::{announce_ending, asked_to_end, watch_for_end};
use crate::engines::EngineError;
use crate::looks;
use crate::settings::AvatarSettings;
use transport_livekit::avatar::participant::{self, AvatarOptions};

/// Joins, plays whatever the agent says until that leaves, and leaves.
///
/// # Errors
/// When the room can't be joined or published to, or the face not be drawn.
pub async fn run_avatar(settings: AvatarSettings) -> Result<ExitCode, ConnectError> {
    let ending = watch_for_end();
    let assets = assets::Assets::open().map_err(EngineError::from)?;
    let library = assets.path(assets::Asset::LivekitFfi).map_err(EngineError::from)?;
    let connector = FfiConnector::load(&library)?;
    let AvatarSettings { url, token, on_behalf_of, size } = settings;
    let appearance = Appearance { size, ..Appearance::default() };
    let options = AvatarOptions {
        url,
        token,
        on_behalf_of,
        face_track: looks::track(&appearance, false),
        portray: looks::factory(appearance),
    };
    Ok(participant::run_avatar(&connector, options, asked_to_end(ending), announce_ending).await?)
}
