//! Work on a silence that may be the end of speech, done before anybody asks for it.
//!
//! The gate waits 96 ms before it calls a silence an end. Speech-to-text and the turn detector begin 32 ms earlier: when the
//! end is declared, their answers are nearly there. Most such silences do become ends; the others cost one pass in vain.

use super::turn_audio::Stretch;

/// What is known of one stretch of speech; only the newest is kept.
#[derive(Debug)]
pub(super) struct Ahead<T>(Option<(Stretch, T)>);

impl<T> Default for Ahead<T> {
    fn default() -> Self {
        Self(None)
    }
}

impl<T: Clone> Ahead<T> {
    /// Remembers the answer for this stretch.
    pub(super) fn keep(&mut self, stretch: Option<Stretch>, answer: &T) {
        if let Some(stretch) = stretch {
            self.0 = Some((stretch, answer.clone()));
        }
    }

    /// The answer, if it is known.
    pub(super) fn known(&self, stretch: Option<Stretch>) -> Option<T> {
        let (known, answer) = self.0.as_ref()?;
        (Some(*known) == stretch).then(|| answer.clone())
    }
}
