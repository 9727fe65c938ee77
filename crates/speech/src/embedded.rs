//! The embedded engines, made from the pinned files of the `assets` crate.
//!
//! Each call loads ONNX Runtime first when no earlier one did, and returns an engine that is warm. A missing or corrupt
//! file is a [`SpeechError::Load`] that says what to run.

use assets::{Asset, Assets, KokoroVoice};

use crate::espeak::Espeak;
use crate::kokoro::{Kokoro, KokoroFiles};
use crate::moonshine::{Moonshine, MoonshineFiles};
use crate::piper::{Piper, PiperFiles};
use crate::silero::SileroVad;
use crate::smart_turn::SmartTurn;
use crate::{SpeechError, SpeechToText, TextToSpeech, TurnDetector, VoiceActivityDetector, onnx};

/// The language of the embedded voices, as espeak-ng names it.
const LANGUAGE: &str = "en-us";

/// Silero VAD. Loads in about 0.1 s.
pub fn vad(assets: &Assets) -> Result<Box<dyn VoiceActivityDetector>, SpeechError> {
    init(assets)?;
    Ok(Box::new(SileroVad::load(&file("Silero VAD", assets, Asset::SileroVad)?)?))
}

/// Smart Turn v3.2.
pub fn turn_detector(assets: &Assets, threads: usize) -> Result<Box<dyn TurnDetector>, SpeechError> {
    init(assets)?;
    Ok(Box::new(SmartTurn::load(&file("Smart Turn", assets, Asset::SmartTurn)?, threads)?))
}

/// Moonshine tiny, English.
pub fn stt(assets: &Assets, threads: usize) -> Result<Box<dyn SpeechToText>, SpeechError> {
    init(assets)?;
    let files = MoonshineFiles {
        encoder: file("Moonshine", assets, Asset::MoonshineEncoder)?,
        decoder: file("Moonshine", assets, Asset::MoonshineDecoder)?,
        tokenizer: file("Moonshine", assets, Asset::MoonshineTokenizer)?,
    };
    Ok(Box::new(Moonshine::load(&files, threads)?))
}

/// The Piper voice "joe", 22.05 kHz. Starts an espeak-ng of its own.
pub fn tts(assets: &Assets, threads: usize) -> Result<Box<dyn TextToSpeech>, SpeechError> {
    init(assets)?;
    let files = PiperFiles {
        model: file("Piper", assets, Asset::PiperJoeModel)?,
        config: file("Piper", assets, Asset::PiperJoeConfig)?,
    };
    Ok(Box::new(Piper::load(&files, Espeak::start(LANGUAGE)?, threads)?))
}

/// A Kokoro voice, 24 kHz. Starts an espeak-ng of its own.
pub fn kokoro(assets: &Assets, voice: KokoroVoice, threads: usize) -> Result<Box<dyn TextToSpeech>, SpeechError> {
    init(assets)?;
    let files = KokoroFiles {
        model: file("Kokoro", assets, Asset::KokoroModel)?,
        vocabulary: file("Kokoro", assets, Asset::KokoroVocabulary)?,
        voice: file("Kokoro", assets, Asset::KokoroVoice(voice))?,
    };
    Ok(Box::new(Kokoro::load(&files, Espeak::start(LANGUAGE)?, threads)?))
}

fn init(assets: &Assets) -> Result<(), SpeechError> {
    onnx::init(&file("onnxruntime", assets, Asset::OnnxRuntime)?)
}

fn file(engine: &'static str, assets: &Assets, asset: Asset) -> Result<std::path::PathBuf, SpeechError> {
    assets.path(asset).map_err(|error| SpeechError::Load {
        engine,
        path: asset.id().to_owned(),
        message: error.to_string(),
    })
}
