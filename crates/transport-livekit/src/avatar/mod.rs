//! LiveKit's avatar protocol (`proto::avatar`), both ends of it.
//!
//! ```text
//!  participant  a stand-alone avatar: plays another agent's voice and shows our face to it (`agent-worker avatar`)
//!    decoder      bytes of a stream ─> 48 kHz mono              (pure)
//!    segments     what is played when, and what is told of it   (pure)
//!    notices      tells the agent, in order, with retries
//!  our agent, whose voice and face are another participant's
//!    peer         what is known of that participant             (pure)
//!    remote       the voice as streams to it, and its answers as a clock
//!    output       that voice as an output of playout
//!    takeover     the agent's own voice and face, when it is lost
//! ```

pub mod decoder;
mod notices;
pub mod output;
pub mod participant;
pub mod peer;
pub mod remote;
pub mod segments;
pub mod takeover;
