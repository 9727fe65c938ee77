//! A session's ports in a LiveKit room.
//!
//! For: joining a room as the agent, publishing its voice and face, translating the room's events, tracks and streams, and
//! LiveKit's avatar protocol, both ends of it. Never: engines, turn-taking, or how a call is started and ended.
//!
//! ```text
//!  join ──> Joined ──> session::Ports
//!    events      RoomEvent ──> TransportEvent
//!    inputs      tracks and text streams of users ──> AudioInput, VideoInput, TextInput
//!    preconnect  byte streams ──> PreconnectAudio
//!    voice       OwnVoice, OwnFaceTrack <── playout, face
//!    captions    text streams <── captions; chat_mirror: once more as chat messages
//!    attributes  participant attributes <── the agent's state
//!    avatar      another participant as voice and face; or the agent as another one's
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
mod presence;
mod publish;
mod push_to_talk;
pub mod voice;

pub use join::{Joined, PortOptions, Publish, join};
pub use publish::{FaceTrack, leave};
