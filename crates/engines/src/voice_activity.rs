//! Voice activity detection.

use speech::SpeechError;

/// Says how likely it is that a frame holds a voice. Keeps state between frames.
pub trait VoiceActivityDetector: Send {
    /// The probability of speech (0 to 1) in exactly [`speech::VAD_FRAME`] samples of 16 kHz mono, in -1 to 1.
    ///
    /// # Errors
    /// [`SpeechError::Input`] for a frame of another length or samples that are no numbers; [`SpeechError::Run`] when the
    /// engine fails.
    fn process(&mut self, frame: &[f32]) -> Result<f32, SpeechError>;

    /// Forgets everything heard so far.
    fn reset(&mut self);
}
