//! The face: what the agent looks like at any moment, and the picture of it.
//!
//! For: turning phoneme times, feelings, the agent's state and the passing of time into an expression, and an
//! expression into an I420 picture.
//! Never: audio, clocks of its own (time is an argument), threads, or a transport.
//!
//! ```text
//!  phonemes ─> SpeechTrack ─> Articulation ─┐ (at the playout position)
//!  sound ───> MouthFromSound ───────────────┤ (where nobody tells the phonemes)
//!  activity, gaze target, mood ─────────────┼─> Situation ─> Animator ─> Expression ─> renderer ─> I420Frame
//!  text ─> emotion ─> feelings, clause ends of the user: events with a time ───┘
//! ```

mod animator;
mod articulation;
mod blend_shape;
mod coarticulation;
pub mod emotion;
mod error;
pub mod expression;
pub mod from_sound;
mod head_pose;
mod loudness;
pub mod png;
mod portrait;
mod render;
mod speech_track;
mod spring;
mod types;
pub mod viseme;

pub use animator::{Animator, GazeTarget, LifeEvent, MOST_OTHERS, Situation};
pub use articulation::Articulation;
pub use blend_shape::BlendShape;
pub use emotion::{Emotion, Feeling};
pub use error::{CharacterError, FaceError};
pub use expression::Expression;
pub use from_sound::MouthFromSound;
pub use head_pose::HeadPose;
pub use portrait::{NetError, Portrait, PortraitError, PortraitFace, PortraitModels};
pub use render::{Character, DrawnFace, Stage};
pub use speech_track::{SpeechSpan, SpeechTrack};
pub use types::*;
pub use viseme::{Viseme, VrmViseme};
