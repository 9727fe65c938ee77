//! The session's ends in a LiveKit room.

pub mod avatar;
pub mod captions;
pub mod chat_mirror;
pub(crate) mod join;
pub mod participants;
pub mod preconnect;
