//! A session's ports in a LiveKit room.
//!
//! ```text
//!  join ──> Joined ──> Ports
//!  events       RoomEvent ──> TransportEvent
//!  inputs       tracks and text streams of users ──> AudioInput, VideoInput, TextInput
//!  preconnect   byte streams ──> PreconnectAudio
//!  voice        OwnVoice, OwnFaceTrack: the agent's own tracks
//!  avatar       LiveKit's avatar protocol: another participant as voice and face
//!  captions, chat_mirror   text streams
//!  attributes   the agent's state
//! ```

pub mod attributes;
pub mod avatar;
pub mod captions;
pub mod chat_mirror;
mod error;
mod events;
mod inputs;
mod join;
pub mod participants;
pub mod preconnect;
mod push_to_talk;
pub mod voice;

pub use join::{FaceTrack, Joined, PortOptions, Publish, join, leave};
