//! Text-to-speech.

use speech::{CancelFlag, SpeechChunk, SpeechError};

/// Turns text into speech.
pub trait TextToSpeech: Send {
    /// Samples a second of what [`TextToSpeech::synthesize`] delivers.
    fn sample_rate(&self) -> u32;

    /// Speaks one clause into `sink`, in one or more chunks in order. Stops early, without an error, once `cancel` is
    /// set. Text with nothing to say in it (empty, only symbols) gives no chunk.
    ///
    /// # Errors
    /// [`SpeechError::Input`] for text that can't be spoken; [`SpeechError::Run`] or [`SpeechError::Remote`] when the engine
    /// fails.
    fn synthesize(
        &mut self,
        text: &str,
        cancel: &CancelFlag,
        sink: &mut dyn FnMut(SpeechChunk),
    ) -> Result<(), SpeechError>;
}
