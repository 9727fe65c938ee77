//! Smart Turn v3: from how an utterance sounds, whether its speaker has finished.
//!
//! ```text
//!  16 kHz of the turn ─> WhisperFeatures [80, 800] ─> ONNX (a Whisper tiny encoder with a classifier) ─> 0 … 1
//! ```
//!
//! It hears melody and pace, not only words, and was trained on turns that end in a short silence. It is right most of the
//! time, not always: whoever asks keeps a silence deadline besides.

use std::path::Path;

use assets::{Asset, Assets};
use engines::{Context, Engine, EngineError, NoOptions, Prepared, TurnDetector, TurnDetectorEngine, options};
use ort::session::Session;
use ort::value::Tensor;
use speech::SpeechError;
use toml::Table;

use crate::onnx;
use crate::onnx::{check_finite, floats, load_error, open_file, run_error};
use crate::whisper_features::{FRAMES, MELS, SAMPLES, WhisperFeatures};

/// The end of a turn in 23 languages, by its sound.
pub const ENGINE: TurnDetectorEngine = Engine {
    name: "smart-turn",
    summary: "Smart Turn v3.2, int8",
    licence: "BSD-2-Clause",
    assets: &[Asset::OnnxRuntime, Asset::SmartTurn],
    variables: &[],
    capabilities: (),
    options: || schemars::schema_for!(NoOptions),
    prepare,
};

fn prepare(context: &Context, table: &Table) -> Result<Prepared<dyn TurnDetector>, EngineError> {
    options::<NoOptions>("smart-turn", table)?;
    let assets = context.verified(ENGINE.assets)?;
    Ok(Prepared::new(move || Ok(open(&assets, THREADS)?)))
}

/// Smart Turn v3.2 from the pinned files.
///
/// # Errors
/// When a file is missing or damaged.
pub fn open(assets: &Assets, threads: usize) -> Result<Box<dyn TurnDetector>, SpeechError> {
    onnx::init_from(assets)?;
    Ok(Box::new(SmartTurn::load(&onnx::asset("Smart Turn", assets, Asset::SmartTurn)?, threads)?))
}

const ENGINE_NAME: &str = "Smart Turn";
/// It runs when the transcriber does, which the answer waits for: it must leave that the other core.
const THREADS: usize = 1;
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
        let mut detector = Self { session: open_file(ENGINE_NAME, model, threads)?, features: WhisperFeatures::new() };
        detector
            .run(&[0.0; SAMPLES])
            .map_err(|error| load_error(ENGINE_NAME, model, format!("it does not run: {error}")))?;
        Ok(detector)
    }

    fn run(&mut self, audio: &[f32]) -> Result<f32, SpeechError> {
        let picture = self.features.compute(audio).map_err(|error| run_error(ENGINE_NAME, error))?;
        let run = || -> Result<f32, ort::Error> {
            let input = Tensor::from_array(([1usize, MELS, FRAMES], picture))?;
            let outputs = self.session.run(ort::inputs![INPUT => input])?;
            Ok(floats(&outputs, OUTPUT)?.first().copied().unwrap_or(f32::NAN))
        };
        let probability = run().map_err(|error| run_error(ENGINE_NAME, error))?;
        if (0.0..=1.0).contains(&probability) {
            Ok(probability)
        } else {
            Err(run_error(
                ENGINE_NAME,
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
        check_finite(ENGINE_NAME, heard)?;
        self.run(heard)
    }
}
