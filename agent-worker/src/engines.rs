//! Makes the engines that the plan names, embedded or remote.

mod plan;

use std::path::PathBuf;

use assets::{Asset, AssetError, Assets};
use llm::llama::{LlamaChat, LlamaOptions};
use llm::openai::{OpenAiChat, OpenAiChatOptions};
use llm::{ChatModel, LlmError};
use speech::espeak::Espeak;
use speech::openai::{OpenAiSpeech, OpenAiSpeechOptions, OpenAiTranscription, OpenAiTranscriptionOptions};
use speech::{SpeechError, SpeechToText, TextToSpeech, TurnDetector, VoiceActivityDetector, embedded};

use crate::settings::SettingsError;
use session::engines::{EngineLoader, EngineOptions, LoadError};

pub use plan::{EnginePlan, LanguageModelPlan, SpeechToTextPlan, TextToSpeechPlan};

/// Threads for one inference: the machine is shared with the other engines of the call.
const INFERENCE_THREADS: usize = 2;
/// Threads of the language model at most: a small model gains nothing from more.
const MOST_CHAT_THREADS: usize = 4;
/// The language that a remote voice is lip-read in, as espeak-ng names it.
const MOUTH_LANGUAGE: &str = "en-us";
/// Why an engine can't be had.
#[derive(Debug, thiserror::Error)]
pub enum EngineError {
    /// A file is missing or corrupt.
    #[error(transparent)]
    Asset(#[from] AssetError),
    /// A setting of a remote engine is missing or wrong.
    #[error(transparent)]
    Settings(#[from] SettingsError),
    /// A speech engine could not be loaded.
    #[error(transparent)]
    Speech(#[from] SpeechError),
    /// The language model could not be loaded.
    #[error(transparent)]
    LanguageModel(#[from] LlmError),
}

/// The files that the worker needs for its plan, all checked.
#[derive(Debug, Clone)]
pub struct EngineFiles {
    /// The cache they lie in.
    pub assets: Assets,
    /// The LiveKit library.
    pub livekit_ffi: PathBuf,
    /// Which engine does what.
    pub plan: EnginePlan,
}

impl EngineFiles {
    /// Checks that every file of the embedded engines is there and is the pinned one.
    ///
    /// # Errors
    /// Names the first file that is missing or corrupt, and what to run.
    pub fn check() -> Result<Self, AssetError> {
        Self::check_for(EnginePlan::default())
    }

    /// Checks the files that this plan needs: what a remote engine replaces need not be there.
    ///
    /// # Errors
    /// Names the first file that is missing or corrupt, and what to run.
    pub fn check_for(plan: EnginePlan) -> Result<Self, AssetError> {
        let assets = Assets::open()?;
        for asset in assets::Group::Worker.assets().into_iter().filter(|asset| plan.needs(*asset)) {
            assets.path(asset)?;
        }
        Ok(Self { livekit_ffi: assets.path(Asset::LivekitFfi)?, assets, plan })
    }

    /// Loads voice activity detection.
    ///
    /// # Errors
    /// When the model can't be loaded.
    pub fn detector(&self) -> Result<Box<dyn VoiceActivityDetector>, EngineError> {
        Ok(embedded::vad(&self.assets)?)
    }

    /// Loads speech-to-text.
    ///
    /// # Errors
    /// When the model can't be loaded, or TLS can't be set up.
    pub fn speech_to_text(&self) -> Result<Box<dyn SpeechToText>, EngineError> {
        match &self.plan.stt {
            SpeechToTextPlan::Embedded => Ok(embedded::stt(&self.assets, INFERENCE_THREADS)?),
            SpeechToTextPlan::OpenAi { endpoint, model } => {
                let options = OpenAiTranscriptionOptions::new(model);
                Ok(Box::new(OpenAiTranscription::new(endpoint.clone(), options)?))
            }
        }
    }

    /// Loads the turn detector.
    ///
    /// # Errors
    /// When the model can't be loaded.
    pub fn turn_detector(&self) -> Result<Box<dyn TurnDetector>, EngineError> {
        Ok(embedded::turn_detector(&self.assets, INFERENCE_THREADS)?)
    }

    /// Loads text-to-speech.
    ///
    /// # Errors
    /// When the model can't be loaded or espeak-ng is not installed (a remote voice then only has no mouth shapes), or TLS can't
    /// be set up.
    pub fn text_to_speech(&self) -> Result<Box<dyn TextToSpeech>, EngineError> {
        match &self.plan.tts {
            TextToSpeechPlan::Embedded => Ok(embedded::tts(&self.assets, INFERENCE_THREADS)?),
            TextToSpeechPlan::OpenAi { endpoint, model, voice } => {
                let mouth = Espeak::start(MOUTH_LANGUAGE)
                    .inspect_err(|error| tracing::warn!(%error, "the face will not move its lips"))
                    .ok();
                let options = OpenAiSpeechOptions::new(model, voice);
                Ok(Box::new(OpenAiSpeech::new(endpoint.clone(), options, mouth)?))
            }
        }
    }

    /// Loads the language model.
    ///
    /// # Errors
    /// When the model can't be loaded, or TLS can't be set up.
    pub fn chat_model(&self) -> Result<Box<dyn ChatModel>, EngineError> {
        if let LanguageModelPlan::OpenAi { endpoint, model } = &self.plan.llm {
            return Ok(Box::new(OpenAiChat::new(endpoint.clone(), OpenAiChatOptions::new(model))?));
        }
        let weights = self.assets.path(Asset::QwenChat)?;
        // One thread a core pays only because the worker's OpenMP threads soon stop spinning (see `main`).
        let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get).min(MOST_CHAT_THREADS);
        let threads = u8::try_from(cores).ok().and_then(std::num::NonZeroU8::new).unwrap_or(std::num::NonZeroU8::MIN);
        Ok(Box::new(LlamaChat::load(&weights, LlamaOptions { threads, ..LlamaOptions::default() })?))
    }
}

impl EngineFiles {
    /// How a conversation uses these engines.
    #[must_use]
    pub fn options(&self, detect_turns: bool) -> EngineOptions {
        let share_cores = self.plan.llm == LanguageModelPlan::Embedded && self.plan.tts == TextToSpeechPlan::Embedded;
        let transcribe_ahead = self.plan.stt == SpeechToTextPlan::Embedded;
        EngineOptions { detect_turns, transcribe_ahead, share_cores, ..EngineOptions::default() }
    }
}

impl EngineLoader for EngineFiles {
    fn voice_activity(&self) -> Result<Box<dyn VoiceActivityDetector>, LoadError> {
        Ok(self.detector()?)
    }

    fn speech_to_text(&self) -> Result<Box<dyn SpeechToText>, LoadError> {
        Ok(Self::speech_to_text(self)?)
    }

    fn turn_detector(&self) -> Result<Box<dyn TurnDetector>, LoadError> {
        Ok(Self::turn_detector(self)?)
    }

    fn chat_model(&self) -> Result<Box<dyn ChatModel>, LoadError> {
        Ok(Self::chat_model(self)?)
    }

    fn text_to_speech(&self) -> Result<Box<dyn TextToSpeech>, LoadError> {
        Ok(Self::text_to_speech(self)?)
    }
}
