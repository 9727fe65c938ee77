//! What a conversation needs of the transport that carries it: every transport implements these traits, and gives events.
//!
//! ```text
//!  TransportEvent ──> session          presence, who is heard, what begins to arrive
//!  AudioInput     ──> hearing          16 kHz mono, 10 ms a frame
//!  AudioOutput    <── playout          48 kHz mono, 10 ms a frame
//!  VideoInput     ──> (vision)         I420 pictures
//!  VideoOutput    <── face             I420 pictures
//!  TextInput, PreconnectAudio ──>      a message, or audio from before the call, as it arrives
//!  TextOutput     <── captions         captions of both sides
//!  Attributes     <── session          the agent's state, and whose face is seen
//! ```

mod attributes;
mod audio;
mod error;
mod events;
mod text;
mod video;

pub use attributes::{Attributes, FaceSource};
pub use audio::{AudioFrames, AudioInput, AudioOutput, LISTEN_SAMPLE_RATE, PLAYOUT_SAMPLE_RATE, Replacement};
pub use error::TransportError;
pub use events::{PushToTalk, PushToTalkRefused, PushToTalkResponder, TransportEvent, TransportEvents};
pub use text::{Caption, PreconnectAudio, TextInput, TextOutput};
pub use video::{FrameStamp, VideoFrame, VideoFrames, VideoInput, VideoOutput};
