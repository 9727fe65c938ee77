//! The users' voices, by identity.

use std::collections::HashMap;
use std::sync::Arc;

use crate::ports::AudioInput;

/// The newest voice of each user.
#[derive(Default)]
pub(super) struct Voices(HashMap<String, (String, Arc<dyn AudioInput>)>);

impl Voices {
    /// A voice can be listened to.
    pub(super) fn add(&mut self, identity: &str, source: String, input: Arc<dyn AudioInput>) {
        self.0.insert(identity.to_owned(), (source, input));
    }

    /// A voice is gone; true when it was the one that counts.
    pub(super) fn remove(&mut self, identity: &str, source: &str) -> bool {
        let known = self.0.get(identity).is_some_and(|(voice, _)| voice == source);
        if known {
            self.0.remove(identity);
        }
        known
    }

    /// This user's voice, and which of theirs it is.
    pub(super) fn of(&self, identity: &str) -> Option<&(String, Arc<dyn AudioInput>)> {
        self.0.get(identity)
    }
}
