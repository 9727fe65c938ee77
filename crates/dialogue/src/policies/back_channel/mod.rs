//! Which words only say "I am listening".

mod never;
mod words;

use std::fmt;
use std::sync::Arc;

#[cfg(test)]
pub(crate) use never::Never;
#[cfg(test)]
pub(crate) use words::WordList;

use super::registered::Registered;
use crate::language::Language;

/// Tells a listener from a speaker, by the words.
pub trait BackChannel: fmt::Debug + Send + Sync {
    /// Whether these words leave the floor to the agent. False for no words at all.
    fn is_back_channel(&self, words: &str) -> bool;

    /// Whether this is no more than a hum: an answer to a question, and to nothing else. False for no words at all.
    fn is_hum(&self, words: &str) -> bool;
}

/// Makes a policy for back-channels.
pub type BuildBackChannel = fn(&Arc<Language>) -> Box<dyn BackChannel>;

/// The policies that come with this crate.
pub(super) fn builtin() -> Vec<Registered<BuildBackChannel>> {
    vec![words::POLICY, never::POLICY]
}
