//! The agent's ears: from audio to speech events and transcripts.
//!
//! ```text
//!  AudioInput (16 kHz) ──> listen (task) ──> queue ──> ears thread: VAD + gate ──> SpeechStarted / SpeechStopped
//!                                                                │ keeps the turn's audio
//!                                                  Transcribe ──>├──> transcriber thread: STT ──> Transcript
//!                                             DetectEndOfTurn ──>└──> turn detector's thread ──> TurnProbability
//! ```

mod ahead;
mod command;
mod ears;
mod listen;
mod made_up;
mod queue;
mod transcriber;
mod turn_audio;
mod turn_detection;
mod voice_end;

pub use command::EarCommand;
pub use ears::{EarLinks, run_ears};
pub use listen::{Recording, listen};
pub use queue::{EarReceiver, EarSender, HearingLost, ear_queue};
pub use transcriber::{TranscriptionRequest, run_transcriber};
pub use turn_detection::{TurnDetection, run_turn_detection};
