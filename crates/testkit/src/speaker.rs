//! Synthesisers that callers and sets of turns speak with.

use std::process::{Command, Stdio};

use assets::{Assets, KokoroVoice};
use engines::TextToSpeech;
use speech::{CancelFlag, SpeechError};

use crate::wav::{ROOM_SAMPLE_RATE, WavError, resample, to_float};

/// Threads of a synthesiser; it runs before the call.
const THREADS: usize = 2;
/// The loudest sample of what is said, so that all speakers are equally loud.
const PEAK: f32 = 0.5;

/// A voice.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Speaker {
    /// One of Kokoro's.
    Kokoro(KokoroVoice),
    /// Piper's "joe".
    Piper,
    /// Hibari's "heart".
    Hibari,
    /// The formants of espeak-ng.
    Espeak,
}

impl From<KokoroVoice> for Speaker {
    fn from(voice: KokoroVoice) -> Self {
        Self::Kokoro(voice)
    }
}

impl Speaker {
    /// Its name, such as `af_heart` or `piper`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Kokoro(voice) => voice.name(),
            Self::Piper => "piper",
            Self::Hibari => "hibari",
            Self::Espeak => "espeak",
        }
    }

    /// Loads the voice: blocking, up to two seconds.
    ///
    /// # Errors
    /// When a model or program is missing.
    pub fn open(self) -> Result<Mouth, SpeakerError> {
        let assets = Assets::open()?;
        Ok(Mouth(match self {
            Self::Kokoro(voice) => Some(engines_onnx::kokoro::open(&assets, voice, THREADS)?),
            Self::Piper => Some(engines_onnx::piper::open(&assets, THREADS)?),
            Self::Hibari => Some(engines_onnx::hibari::open(&assets, THREADS)?),
            Self::Espeak => None,
        }))
    }
}

/// A voice that is loaded; espeak-ng, a program, when there is none.
pub struct Mouth(Option<Box<dyn TextToSpeech>>);

impl std::fmt::Debug for Mouth {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_tuple("Mouth").finish_non_exhaustive()
    }
}

impl Mouth {
    /// Speaks a text, 48 kHz mono: blocking, some hundred milliseconds a sentence.
    ///
    /// # Errors
    /// When the voice fails.
    pub fn say(&mut self, text: &str) -> Result<Vec<i16>, SpeakerError> {
        let (mut samples, rate) = match &mut self.0 {
            Some(engine) => {
                let mut samples: Vec<f32> = Vec::new();
                engine.synthesize(text, &CancelFlag::default(), &mut |chunk| samples.extend(chunk.samples))?;
                (samples, engine.sample_rate())
            }
            None => espeak(text)?,
        };
        let loudest = samples.iter().fold(0.0_f32, |loudest, sample| loudest.max(sample.abs()));
        if loudest > 0.0 {
            samples.iter_mut().for_each(|sample| *sample *= PEAK / loudest);
        }
        Ok(crate::wav::to_pcm(&resample(&samples, rate, ROOM_SAMPLE_RATE)?))
    }
}

/// The text goes through standard input: it may begin with a dash.
fn espeak(text: &str) -> Result<(Vec<f32>, u32), SpeakerError> {
    let failed = |message: String| SpeakerError::Espeak(message);
    let mut command = Command::new("espeak-ng");
    command.args(["-v", "en-us", "--stdin", "--stdout"]).stdin(Stdio::piped()).stdout(Stdio::piped());
    let mut child = command.stderr(Stdio::null()).spawn().map_err(|error| failed(error.to_string()))?;
    if let Some(mut input) = child.stdin.take() {
        std::io::Write::write_all(&mut input, text.as_bytes()).map_err(|error| failed(error.to_string()))?;
    }
    let output = child.wait_with_output().map_err(|error| failed(error.to_string()))?;
    if !output.status.success() {
        return Err(failed(output.status.to_string()));
    }
    let reader = hound::WavReader::new(output.stdout.as_slice()).map_err(|error| failed(error.to_string()))?;
    let rate = reader.spec().sample_rate;
    // A stream's header gives no true length: the samples end where the output does.
    let samples: Vec<i16> = reader.into_samples().map_while(Result::ok).collect();
    Ok((to_float(&samples), rate))
}

/// Why a voice does not speak.
#[derive(Debug, thiserror::Error)]
pub enum SpeakerError {
    /// A model is missing.
    #[error(transparent)]
    Asset(#[from] assets::AssetError),
    /// The engine failed.
    #[error(transparent)]
    Speech(#[from] SpeechError),
    /// The sound can't be used.
    #[error(transparent)]
    Wav(#[from] WavError),
    /// espeak-ng failed.
    #[error("espeak-ng: {0}; `cargo xtask setup` installs it")]
    Espeak(String),
}
