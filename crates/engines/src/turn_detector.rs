//! Turn detection.

use speech::SpeechError;

/// Says how likely it is that the one who spoke has finished, and not only paused. Keeps nothing between calls.
pub trait TurnDetector: Send {
    /// The probability (0 to 1) that the speaker has finished, from the audio of their turn so far: 16 kHz mono, in -1 to
    /// 1, up to the silence behind the last word. The last 8 s are used. 0 when there is no audio at all.
    ///
    /// # Errors
    /// [`SpeechError::Input`] for samples that are no numbers; [`SpeechError::Run`] when the engine fails.
    fn probability(&mut self, audio: &[f32]) -> Result<f32, SpeechError>;
}
