//! Why a call could not be begun, and the exit code that says so.

use avatars::face_video::LipSyncError;
use engines::EngineError;
use proto::orders::OrdersError;
use proto::worker::ExitCode;
use room::RoomError;
use session::engines::EngineStartError;
use session::recording::RecordingError;
use transport_livekit::avatar::participant::AvatarError;

use crate::looks::LookError;
use crate::settings_error::SettingsError;

/// Why a call could not be begun.
#[derive(Debug, thiserror::Error)]
pub enum ConnectError {
    /// An engine can't be had.
    #[error(transparent)]
    Engine(#[from] EngineError),
    /// A policy of turn-taking does not exist.
    #[error("turns: {0}")]
    Policy(#[from] dialogue::PolicyError),
    /// A setting is missing or wrong.
    #[error(transparent)]
    Settings(#[from] SettingsError),
    /// The room can't be joined or published to.
    #[error(transparent)]
    Room(#[from] RoomError),
    /// The call can't be recorded.
    #[error(transparent)]
    Recording(#[from] RecordingError),
    /// The face can't be drawn.
    #[error("face: {0}")]
    Look(#[from] LookError),
    /// The lip-sync service can't begin.
    #[error("face: {0}")]
    LipSync(#[from] LipSyncError),
    /// An engine's thread, or the face's, can't be started.
    #[error("{0}")]
    Thread(String),
    /// An avatar could not begin.
    #[error(transparent)]
    Avatar(AvatarError),
}

/// Why a worker serves no call, though a program ordered one.
#[derive(Debug, thiserror::Error)]
pub enum OrderedError {
    /// The call could not be prepared or begun.
    #[error(transparent)]
    Connect(#[from] ConnectError),
    /// The owner wrote something that is no orders.
    #[error("standard input: {0}")]
    Orders(#[from] OrdersError),
    /// The orders name something that can't be.
    #[error("orders: {0}")]
    Settings(#[from] SettingsError),
}

impl OrderedError {
    /// The exit code that says so.
    #[must_use]
    pub fn exit_code(&self) -> ExitCode {
        match self {
            Self::Connect(error) => error.exit_code(),
            Self::Orders(_) | Self::Settings(_) => ExitCode::Usage,
        }
    }
}

impl From<EngineStartError> for ConnectError {
    fn from(error: EngineStartError) -> Self {
        Self::Thread(error.to_string())
    }
}

impl From<AvatarError> for ConnectError {
    fn from(error: AvatarError) -> Self {
        match error {
            AvatarError::Room(error) => Self::Room(error),
            error @ (AvatarError::Face(_) | AvatarError::NobodyToSpeakFor) => Self::Avatar(error),
        }
    }
}

impl ConnectError {
    /// The exit code that says so.
    #[must_use]
    pub fn exit_code(&self) -> ExitCode {
        match self {
            Self::Engine(EngineError::Asset(_) | EngineError::Speech(_) | EngineError::Chat(_)) => {
                ExitCode::AssetMissing
            }
            Self::Room(RoomError::Library(_)) => ExitCode::AssetMissing,
            Self::Room(RoomError::Refused(_)) => ExitCode::Refused,
            Self::Room(RoomError::Connect(_) | RoomError::Timeout { .. }) => ExitCode::ServerUnreachable,
            Self::Room(RoomError::Closed | RoomError::Request { .. } | RoomError::TooLarge { .. }) => {
                ExitCode::ConnectionLost
            }
            Self::Look(LookError::Assets(_)) => ExitCode::AssetMissing,
            Self::Look(LookError::Broken(_) | LookError::Draw(_))
            | Self::LipSync(_)
            | Self::Thread(_)
            | Self::Avatar(AvatarError::Face(_) | AvatarError::Room(_)) => ExitCode::Internal,
            Self::Look(LookError::Character(_) | LookError::Photo { .. } | LookError::Portrait { .. })
            | Self::Recording(_)
            | Self::Policy(_)
            | Self::Settings(_)
            | Self::Engine(EngineError::Unknown { .. } | EngineError::Variable { .. } | EngineError::Option { .. })
            | Self::Avatar(AvatarError::NobodyToSpeakFor) => ExitCode::Usage,
        }
    }
}
