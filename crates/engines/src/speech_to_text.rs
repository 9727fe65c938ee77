//! Speech-to-text.

use speech::{CancelFlag, SpeechError};

/// Turns speech into text.
pub trait SpeechToText: Send {
    /// The words in one utterance of 16 kHz mono audio (silence trimmed, at most about 30 s). Empty when there are
    /// none, and when `cancel` was set before the end.
    ///
    /// # Errors
    /// [`SpeechError::Input`] for audio that can't be used; [`SpeechError::Run`] or [`SpeechError::Remote`] when the engine
    /// fails.
    fn transcribe(&mut self, audio: &[f32], cancel: &CancelFlag) -> Result<String, SpeechError>;

    /// How certain the engine is that the words it returned last were said, from 0 to 1; `None` if it can't tell.
    fn certainty(&self) -> Option<f32> {
        None
    }
}
