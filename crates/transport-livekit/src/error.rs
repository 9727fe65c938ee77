//! Room errors as a conversation sees them.

use room::RoomError;

use session::ports::TransportError;

/// A room error, for the session.
pub(crate) fn transport_error(error: RoomError) -> TransportError {
    match error {
        RoomError::Closed => TransportError::Closed,
        RoomError::TooLarge { .. } => TransportError::TooLarge(error.to_string()),
        RoomError::Library(_)
        | RoomError::Connect(_)
        | RoomError::Refused(_)
        | RoomError::Request { .. }
        | RoomError::Timeout { .. } => TransportError::Failed(error.to_string()),
    }
}
