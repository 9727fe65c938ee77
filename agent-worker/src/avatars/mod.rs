//! Services that send an avatar, or film the face.

pub mod lip_sync;
pub mod provider;
