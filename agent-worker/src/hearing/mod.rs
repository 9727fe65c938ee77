//! The agent's ears: from room audio to speech events and transcripts.
//!
//! ```text
//!  room track (16 kHz) ──> forwarder task ──> ears thread: VAD + gate ──> SpeechStarted / SpeechStopped
//!                                                  │ keeps the turn's audio
//!                                    Transcribe ──>└──> transcriber thread: STT ──> Transcript
//! ```

mod ears;
mod listen;
mod transcriber;
mod turn_audio;

pub use ears::{EarCommand, run_ears};
pub use listen::listen;
pub use transcriber::{TranscriptionRequest, run_transcriber};
