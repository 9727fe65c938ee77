//! Makes the engines that the plan names, embedded or remote, and gives each a thread of its own.

mod plan;

use std::path::PathBuf;
use std::thread::JoinHandle;

use assets::{Asset, AssetError, Assets};
use dialogue::{Engine, Input};
use llm::llama::{LlamaChat, LlamaOptions};
use llm::openai::{OpenAiChat, OpenAiChatOptions};
use llm::{ChatModel, LlmError};
use speech::espeak::Espeak;
use speech::openai::{OpenAiSpeech, OpenAiSpeechOptions, OpenAiTranscription, OpenAiTranscriptionOptions};
use speech::{SpeechError, SpeechToText, TextToSpeech, TurnDetector, VoiceActivityDetector, embedded};
use tokio::sync::{mpsc, watch};

use crate::session::call_clock::CallClock;
use crate::session::generation::feelings::Feelings;
use crate::session::generation::first_sound::FirstSound;
use crate::session::generation::mind::{MindCommand, run_mind};
use crate::session::hearing::{EarCommand, EarLinks, run_ears, run_transcriber, run_turn_detection};
use crate::session::voice::{PlayoutCommand, SynthesisCommand, run_synthesis};
use crate::settings::SettingsError;

pub use plan::{EnginePlan, LanguageModelPlan, SpeechToTextPlan, TextToSpeechPlan};

/// Threads for one inference: the machine is shared with the other engines of the call.
const INFERENCE_THREADS: usize = 2;
/// Threads of the language model at most: a small model gains nothing from more.
const MOST_CHAT_THREADS: usize = 4;
/// The language that a remote voice is lip-read in, as espeak-ng names it.
const MOUTH_LANGUAGE: &str = "en-us";
/// Commands that may wait for an engine.
const QUEUE: usize = 64;
/// Silences that may wait for the turn detector: only the newest is of interest.
const DETECTION_QUEUE: usize = 4;
/// Audio frames that may wait for the ears: two seconds.
const EAR_QUEUE: usize = 200;
/// Clauses that may wait to be played.
const PLAYOUT_QUEUE: usize = 16;

/// The language model waits this long at most for the voice to be loaded first.
const VOICE_FIRST: std::time::Duration = std::time::Duration::from_secs(10);

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
    /// The operating system gave us no thread.
    #[error("cannot start the {name} thread: {message}")]
    Thread {
        /// Which thread.
        name: &'static str,
        /// What the system said.
        message: String,
    },
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

/// The running engines of one call. Dropping the senders ends the threads.
pub struct Engines {
    /// To the ears.
    pub ears: mpsc::Sender<EarCommand>,
    /// To the mind.
    pub mind: mpsc::Sender<MindCommand>,
    /// To the voice.
    pub voice: mpsc::Sender<SynthesisCommand>,
    /// To playout, also used by the voice.
    pub playout: mpsc::Sender<PlayoutCommand>,
    /// What playout reads.
    pub playout_commands: mpsc::Receiver<PlayoutCommand>,
    /// Tells when the voice is loaded; closed when it could not be.
    pub voice_ready: tokio::sync::oneshot::Receiver<()>,
    /// How many engines have not been loaded yet; closed when one could not be.
    pub loading: watch::Receiver<usize>,
    /// The threads.
    pub threads: Vec<JoinHandle<()>>,
}

impl Engines {
    /// Starts one thread for each engine; each loads its model first, all at the same time. Whatever is asked of an engine that
    /// still loads waits for it. A failure reaches `inputs` as [`Input::EngineFailed`].
    ///
    /// # Errors
    /// When a thread can't be started.
    pub fn start(
        files: &EngineFiles,
        inputs: &mpsc::Sender<Input>,
        clock: CallClock,
        detect_turns: bool,
    ) -> Result<Self, EngineError> {
        let (ears, ear_commands) = mpsc::channel(EAR_QUEUE);
        let (transcriber, requests) = mpsc::channel(QUEUE);
        let (mind, mind_commands) = mpsc::channel(QUEUE);
        let (voice, voice_commands) = mpsc::channel(QUEUE);
        let (playout, playout_commands) = mpsc::channel(PLAYOUT_QUEUE);
        // Each thread holds an end of it until its engine is loaded.
        let (still_loading, loading) = watch::channel(if detect_turns { 5 } else { 4 });
        let (voice_is_ready, voice_ready) = tokio::sync::oneshot::channel();
        // The greeting needs the voice alone. The language model, which would take both cores, waits until that is there
        // (or failed: then the sender is dropped).
        let (let_mind_load, mind_may_load) = std::sync::mpsc::sync_channel::<()>(1);
        let mut threads = Vec::new();

        let first_sound = FirstSound::default();
        let sound_made = first_sound.clone();
        // A service needs none of our cores.
        let all_here = files.plan.llm == LanguageModelPlan::Embedded && files.plan.tts == TextToSpeechPlan::Embedded;
        let awaited_sound = all_here.then_some(first_sound);
        let synthesis_playout = playout.clone();
        let felt = Feelings::default();
        let told = felt.clone();
        threads.push(engine_thread(
            Engine::TextToSpeech,
            files,
            inputs,
            &still_loading,
            EngineFiles::text_to_speech,
            move |engine, inputs| {
                // The receivers are gone only when the call is over already.
                let _ = voice_is_ready.send(());
                let _ = let_mind_load.try_send(());
                run_synthesis(engine, voice_commands, synthesis_playout, inputs, sound_made, &felt);
            },
        )?);
        let ahead = files.plan.stt == SpeechToTextPlan::Embedded;
        let detector = if detect_turns {
            let (detector, detections) = mpsc::channel(DETECTION_QUEUE);
            threads.push(engine_thread(
                Engine::TurnDetector,
                files,
                inputs,
                &still_loading,
                EngineFiles::turn_detector,
                move |engine, inputs| run_turn_detection(engine, detections, inputs),
            )?);
            Some(detector)
        } else {
            None
        };
        threads.push(engine_thread(
            Engine::VoiceActivity,
            files,
            inputs,
            &still_loading,
            EngineFiles::detector,
            move |engine, inputs| {
                run_ears(engine, ear_commands, EarLinks { transcriber, detector, inputs, clock, ahead });
            },
        )?);
        threads.push(engine_thread(
            Engine::LanguageModel,
            files,
            inputs,
            &still_loading,
            move |files| {
                let _ = mind_may_load.recv_timeout(VOICE_FIRST);
                files.chat_model()
            },
            move |engine, inputs| run_mind(engine, mind_commands, inputs, awaited_sound, &told),
        )?);
        threads.push(engine_thread(
            Engine::SpeechToText,
            files,
            inputs,
            &still_loading,
            EngineFiles::speech_to_text,
            move |engine, inputs| run_transcriber(engine, requests, inputs),
        )?);
        Ok(Self { ears, mind, voice, playout, playout_commands, voice_ready, loading, threads })
    }
}

/// Starts a thread that loads an engine and then serves it.
fn engine_thread<E: 'static>(
    engine: Engine,
    files: &EngineFiles,
    inputs: &mpsc::Sender<Input>,
    still_loading: &watch::Sender<usize>,
    load: impl FnOnce(&EngineFiles) -> Result<E, EngineError> + Send + 'static,
    serve: impl FnOnce(E, mpsc::Sender<Input>) + Send + 'static,
) -> Result<JoinHandle<()>, EngineError> {
    let (files, inputs, still_loading) = (files.clone(), inputs.clone(), still_loading.clone());
    let name = match engine {
        Engine::VoiceActivity => "ears",
        Engine::SpeechToText => "transcriber",
        Engine::TurnDetector => "turn detector",
        Engine::LanguageModel => "mind",
        Engine::TextToSpeech => "voice",
        Engine::Face => "face",
    };
    std::thread::Builder::new()
        .name(name.into())
        .spawn(move || {
            let _watched = PanicReport { engine, inputs: inputs.clone() };
            let started = std::time::Instant::now();
            match load(&files) {
                Ok(loaded) => {
                    tracing::info!(engine = name, ms = started.elapsed().as_millis() as u64, "engine loaded");
                    still_loading.send_modify(|engines| *engines = engines.saturating_sub(1));
                    drop(still_loading);
                    serve(loaded, inputs);
                }
                Err(error) => {
                    telemetry::events::EngineFailed { engine: for_telemetry(engine), message: &error.to_string() }
                        .emit();
                    let _ = inputs.blocking_send(Input::EngineFailed { engine });
                }
            }
        })
        .map_err(|error| EngineError::Thread { name, message: error.to_string() })
}

/// Tells the call when the thread that holds it panics: an engine that is silently gone would leave a deaf or frozen agent.
pub struct PanicReport {
    /// Which engine the thread serves.
    pub engine: Engine,
    /// To the call.
    pub inputs: mpsc::Sender<Input>,
}

impl Drop for PanicReport {
    fn drop(&mut self) {
        if std::thread::panicking() {
            let _ = self.inputs.try_send(Input::EngineFailed { engine: self.engine });
        }
    }
}

/// The engine's name in logs and counts.
#[must_use]
pub fn for_telemetry(engine: Engine) -> telemetry::events::Engine {
    match engine {
        Engine::VoiceActivity => telemetry::events::Engine::Vad,
        Engine::SpeechToText => telemetry::events::Engine::Stt,
        Engine::TurnDetector => telemetry::events::Engine::Turn,
        Engine::LanguageModel => telemetry::events::Engine::Llm,
        Engine::TextToSpeech => telemetry::events::Engine::Tts,
        Engine::Face => telemetry::events::Engine::Face,
    }
}
