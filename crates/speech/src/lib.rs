//! Ears and voice: voice activity, the end of a turn, speech-to-text and text-to-speech.
//!
//! For: turning 16 kHz mono audio into speech segments and words, and words into audio with the time of every
//! phoneme. Never: deciding whose turn it is, talking to a room, or keeping a conversation.
//!
//! ```text
//!  16 kHz f32 ──> VoiceActivityDetector ──> probability per 32 ms ──> SpeechGate ──> started / stopped
//!  16 kHz f32 of one turn so far ──> TurnDetector ──> probability that its speaker has finished
//!  16 kHz f32 of one utterance ──> SpeechToText ──> text
//!  clause ──> TextToSpeech ──> SpeechChunk … (f32 at the voice's own rate + phoneme and word times)
//!
//!  inside a voice:  clause ─> spoken words ─> phrases ─> espeak-ng (own process) ─> ONNX model ─> samples
//!                       └──────── written words ──────────── word times <── phoneme times ──┘
//! ```
//!
//! Engines are blocking and not shared: each is owned by one thread of its own. Long calls take a [`CancelFlag`]
//! and stream what they have into a sink, so that a remote engine fits the same trait.
//!
//! [`onnx::init`] comes first, once per process; every embedded engine but espeak-ng runs on it.

mod articulation;
pub mod embedded;
pub mod espeak;
pub mod gate;
pub mod kokoro;
mod kokoro_tokens;
pub mod moonshine;
mod moonshine_evidence;
mod moonshine_text;
pub mod onnx;
mod onnx_graph;
pub mod openai;
mod phrases;
pub mod piper;
mod piper_config;
pub mod resample;
pub mod silero;
pub mod smart_turn;
mod spoken;
mod types;
mod whisper_features;
mod word_times;

pub use types::*;

/// Says how likely it is that a frame holds a voice. Keeps state between frames.
pub trait VoiceActivityDetector: Send {
    /// The probability of speech (0 to 1) in exactly [`VAD_FRAME`] samples of 16 kHz mono, in -1 to 1.
    fn process(&mut self, frame: &[f32]) -> Result<f32, SpeechError>;

    /// Forgets everything heard so far.
    fn reset(&mut self);
}

/// Says how likely it is that the one who spoke has finished, and not only paused. Keeps nothing between calls.
pub trait TurnDetector: Send {
    /// The probability (0 to 1) that the speaker has finished, from the audio of their turn so far: 16 kHz mono, in -1 to
    /// 1, up to the silence behind the last word. The last 8 s are used. 0 when there is no audio at all.
    ///
    /// # Errors
    /// [`SpeechError::Input`] for samples that are no numbers; [`SpeechError::Run`] when the engine fails.
    fn probability(&mut self, audio: &[f32]) -> Result<f32, SpeechError>;
}

/// Turns speech into text.
pub trait SpeechToText: Send {
    /// The words in one utterance of 16 kHz mono audio (silence trimmed, at most about 30 s). Empty when there are
    /// none, and when `cancel` was set before the end.
    fn transcribe(&mut self, audio: &[f32], cancel: &CancelFlag) -> Result<String, SpeechError>;
}

/// Turns text into speech.
pub trait TextToSpeech: Send {
    /// Samples a second of what [`TextToSpeech::synthesize`] delivers.
    fn sample_rate(&self) -> u32;

    /// Speaks one clause into `sink`, in one or more chunks in order. Stops early, without an error, once `cancel` is
    /// set. Text with nothing to say in it (empty, only symbols) gives no chunk.
    fn synthesize(
        &mut self,
        text: &str,
        cancel: &CancelFlag,
        sink: &mut dyn FnMut(SpeechChunk),
    ) -> Result<(), SpeechError>;
}
