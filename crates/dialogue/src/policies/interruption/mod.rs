//! What it means that the user makes a sound while the agent speaks.

mod voice;
mod words;

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use super::back_channel::BackChannel;
use super::registered::Registered;
use crate::FalseInterruption;
use crate::language::Language;
use crate::settings::InterruptionSettings;

/// What is to be done about it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// The user takes the floor: the agent falls silent.
    Cut,
    /// The agent keeps the floor, and goes on if it was paused.
    GoOn(FalseInterruption),
    /// Not known yet. Only while the user still speaks.
    Wait,
}

/// What the user speaks over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Over {
    /// A speech of which nothing sounded yet: to the user it is their own turn that goes on.
    Nothing,
    /// A speech.
    Speech,
    /// A speech whose last words, as far as they were heard, are a question: "yes" is an answer now.
    Question,
}

/// A sound of the user over the agent's speech.
#[derive(Debug, Clone, Copy)]
pub struct Overlap<'a> {
    /// What it is over.
    pub over: Over,
    /// Its words as they are known by now.
    pub words: &'a str,
    /// The user still speaks, and the words are not all.
    pub still_speaking: bool,
    /// How long there was a voice in it.
    pub voiced: Duration,
    /// Tells words of a listener from words of a speaker.
    pub back_channel: &'a dyn BackChannel,
}

/// Decides whether the user takes the floor.
pub trait Interruption: fmt::Debug + Send + Sync {
    /// Judges what is known of the sound. Asked after each transcript, while the agent is paused.
    fn judge(&self, overlap: &Overlap<'_>) -> Verdict;

    /// Whether a verdict needs a transcript. If not, one is asked for as soon as the agent pauses, and again while the user goes
    /// on.
    fn needs_words(&self) -> bool {
        true
    }
}

/// Makes a policy for interruptions.
pub type BuildInterruption = fn(&InterruptionSettings, &Arc<Language>) -> Box<dyn Interruption>;

/// The policies that come with this crate.
pub(super) fn builtin() -> Vec<Registered<BuildInterruption>> {
    vec![words::POLICY, voice::POLICY]
}
