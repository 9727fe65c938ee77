//! One clause, ready to be played.

use std::sync::Arc;

use dialogue::SpeechId;
use face::{Feeling, SpeechTrack};

use crate::face_video::FaceVideo;

/// A word and the sample (of 48 kHz, from the clause's start) at which half of it has sounded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlayedWord {
    /// As written.
    pub text: String,
    /// Once this sample has sounded, the word counts as heard.
    pub heard_at: u64,
}

/// One clause of a speech as 48 kHz mono.
#[derive(Debug, Clone)]
pub struct PlayableClause {
    /// Which speech it belongs to.
    pub speech: SpeechId,
    /// The samples.
    pub samples: Vec<i16>,
    /// Its words in order.
    pub words: Vec<PlayedWord>,
    /// How its sounds look.
    pub track: Arc<SpeechTrack>,
    /// What is felt, and the sample with which that begins.
    pub feelings: Vec<(u64, Feeling)>,
    /// The face's video from here on, when a service made one; it may go on over the clauses that follow.
    pub video: Option<Arc<dyn FaceVideo>>,
}
