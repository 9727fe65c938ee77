//! Silero VAD (version 5): the probability of speech in 32 ms of audio.

use std::path::Path;

use assets::{Asset, Assets};
use engines::{Context, Engine, EngineError, NoOptions, Prepared, VoiceActivityDetector, VoiceActivityEngine, options};
use ort::session::Session;
use ort::value::Tensor;
use speech::{LISTEN_SAMPLE_RATE, SpeechError, VAD_FRAME};
use toml::Table;

use crate::onnx;
use crate::onnx::{check_finite, floats, open_file, run_error};

/// Voice activity of every language.
pub const ENGINE: VoiceActivityEngine = Engine {
    name: "silero",
    summary: "Silero VAD, 16 kHz",
    licence: "MIT",
    assets: &[Asset::OnnxRuntime, Asset::SileroVad],
    variables: &[],
    capabilities: (),
    options: || schemars::schema_for!(NoOptions),
    prepare,
};

fn prepare(context: &Context, table: &Table) -> Result<Prepared<dyn VoiceActivityDetector>, EngineError> {
    options::<NoOptions>("silero", table)?;
    let assets = context.verified(ENGINE.assets)?;
    Ok(Prepared::new(move || Ok(open(&assets)?)))
}

/// Silero VAD from the pinned files. Loads in about 0.1 s.
///
/// # Errors
/// When a file is missing or damaged.
pub fn open(assets: &Assets) -> Result<Box<dyn VoiceActivityDetector>, SpeechError> {
    onnx::init_from(assets)?;
    Ok(Box::new(SileroVad::load(&onnx::asset("Silero VAD", assets, Asset::SileroVad)?)?))
}

const ENGINE_NAME: &str = "Silero VAD";
/// The model also wants the last 64 samples of the frame before.
const CONTEXT: usize = 64;
/// The recurrent state: `[2, 1, 128]`.
const STATE: usize = 2 * 128;
/// No sample beyond this is digital silence (-72 dBFS): a muted microphone, or one whose noise was taken away.
const SILENCE_PEAK: f32 = 8.0 / 32_768.0;
/// After a second of it the model is asked no more: its state has settled, and its answer would stay the same.
const SILENT_FRAMES: usize = LISTEN_SAMPLE_RATE as usize / VAD_FRAME;

/// The detector. At most 0.3 ms a frame on one thread.
pub struct SileroVad {
    session: Session,
    state: Vec<f32>,
    context: Vec<f32>,
    /// How many frames of digital silence came since the last other one.
    silent: usize,
}

impl SileroVad {
    /// Loads `model` on one thread: it is too small for more. `silero_vad_16k_op15.onnx` answers as `silero_vad.onnx` does, to
    /// the last bit, takes 9 MiB less of each process and half the time: it does without the second model in that file, for
    /// 8 kHz.
    pub fn load(model: &Path) -> Result<Self, SpeechError> {
        let session = open_file(ENGINE_NAME, model, 1)?;
        let mut vad = Self { session, state: vec![0.0; STATE], context: vec![0.0; CONTEXT], silent: 0 };
        // The first run is slow, and shows now whether the file is the right model.
        vad.process(&[0.0; VAD_FRAME])
            .map_err(|error| crate::onnx::load_error(ENGINE_NAME, model, format!("it does not run: {error}")))?;
        vad.reset();
        Ok(vad)
    }
}

impl VoiceActivityDetector for SileroVad {
    fn process(&mut self, frame: &[f32]) -> Result<f32, SpeechError> {
        if frame.len() != VAD_FRAME {
            let message = format!("a frame holds {VAD_FRAME} samples, not {}", frame.len());
            return Err(SpeechError::Input { engine: ENGINE_NAME, message });
        }
        check_finite(ENGINE_NAME, frame)?;
        self.silent = if is_silent(frame) { self.silent.saturating_add(1) } else { 0 };
        if self.silent > SILENT_FRAMES {
            self.context.copy_from_slice(&frame[VAD_FRAME - CONTEXT..]);
            return Ok(0.0);
        }
        let input = [self.context.as_slice(), frame].concat();
        let run = || -> Result<(f32, Vec<f32>), ort::Error> {
            let outputs = self.session.run(ort::inputs![
                "input" => Tensor::from_array(([1, CONTEXT + VAD_FRAME], input))?,
                "state" => Tensor::from_array(([2usize, 1, 128], self.state.clone()))?,
                "sr" => Tensor::from_array(((), vec![i64::from(LISTEN_SAMPLE_RATE)]))?,
            ])?;
            let probability = floats(&outputs, "output")?.first().copied().unwrap_or(f32::NAN);
            Ok((probability, floats(&outputs, "stateN")?.to_vec()))
        };
        let (probability, state) = run().map_err(|error| run_error(ENGINE_NAME, error))?;
        if !probability.is_finite() || state.len() != STATE {
            return Err(run_error(ENGINE_NAME, "the model's answer has the wrong shape; is it version 5?"));
        }
        self.state = state;
        self.context.copy_from_slice(&frame[VAD_FRAME - CONTEXT..]);
        Ok(probability)
    }

    fn reset(&mut self) {
        self.state.fill(0.0);
        self.context.fill(0.0);
        self.silent = 0;
    }
}

fn is_silent(frame: &[f32]) -> bool {
    frame.iter().all(|sample| sample.abs() <= SILENCE_PEAK)
}
