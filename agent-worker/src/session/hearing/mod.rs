//! The agent's ears: from room audio to speech events and transcripts.
//!
//! ```text
//!  room track (16 kHz) ──> forwarder task ──> ears thread: VAD + gate ──> SpeechStarted / SpeechStopped
//!                                                  │ keeps the turn's audio
//!                                    Transcribe ──>├──> transcriber thread: STT ──> Transcript
//!                               DetectEndOfTurn ──>└──> turn detector's thread ──> TurnProbability
//!  byte stream ──> preconnect: what was said before the track could be heard (16 kHz)
//! ```

mod ahead;
mod ears;
mod listen;
mod transcriber;
mod turn_audio;
mod turn_detection;
mod voice_end;

pub use ears::{EarCommand, EarLinks, run_ears};
pub use listen::{Recording, listen};
pub use transcriber::{TranscriptionRequest, run_transcriber};
pub use turn_detection::{TurnDetection, run_turn_detection};
