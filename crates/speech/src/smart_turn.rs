//! Smart Turn v3: from how an utterance sounds, whether its speaker has finished.
//!
//! ```text
//!  16 kHz of the turn ─> WhisperFeatures [80, 800] ─> ONNX (a Whisper tiny encoder with a classifier) ─> 0 … 1
//! ```
//!
//! It hears melody and pace, not only words, and was trained on turns that end in a short silence. It is right most of the
//! time, not always: whoever asks keeps a silence deadline besides.

use std::path::Path;

use ort::session::Session;
use ort::value::Tensor;

use crate::onnx::{check_finite, floats, load_error, open_file, run_error};
use crate::whisper_features::{FRAMES, MELS, SAMPLES, WhisperFeatures};
use crate::{SpeechError, TurnDetector};

const ENGINE: &str = "Smart Turn";
const INPUT: &str = "input_features";
/// The model's only output. It is called so, and yet is a probability: the graph ends in a sigmoid.
const OUTPUT: &str = "logits";

/// The detector.
pub struct SmartTurn {
    session: Session,
    features: WhisperFeatures,
}

impl SmartTurn {
    /// Loads `model` (`smart-turn-v3.2-cpu.onnx`) on `threads` threads and runs it once, as the first run is slow.
    pub fn load(model: &Path, threads: usize) -> Result<Self, SpeechError> {
        let mut detector = Self { session: open_file(ENGINE, model, threads)?, features: WhisperFeatures::new() };
        detector
            .run(&[0.0; SAMPLES])
            .map_err(|error| load_error(ENGINE, model, format!("it does not run: {error}")))?;
        Ok(detector)
    }

    fn run(&mut self, audio: &[f32]) -> Result<f32, SpeechError> {
        let picture = self.features.compute(audio).map_err(|error| run_error(ENGINE, error))?;
        let run = || -> Result<f32, ort::Error> {
            let input = Tensor::from_array(([1usize, MELS, FRAMES], picture))?;
            let outputs = self.session.run(ort::inputs![INPUT => input])?;
            Ok(floats(&outputs, OUTPUT)?.first().copied().unwrap_or(f32::NAN))
        };
        let probability = run().map_err(|error| run_error(ENGINE, error))?;
        if (0.0..=1.0).contains(&probability) {
            Ok(probability)
        } else {
            Err(run_error(
                ENGINE,
                format!("the model answers {probability}, which is no probability; is it version 3?"),
            ))
        }
    }
}

impl TurnDetector for SmartTurn {
    fn probability(&mut self, audio: &[f32]) -> Result<f32, SpeechError> {
        let heard = &audio[audio.len().saturating_sub(SAMPLES)..];
        if heard.is_empty() {
            return Ok(0.0);
        }
        check_finite(ENGINE, heard)?;
        self.run(heard)
    }
}
