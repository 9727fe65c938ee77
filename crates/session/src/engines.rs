//! The engines of one conversation: each is loaded and served by one thread, all at the same time.

use std::sync::Arc;
use std::time::Duration;

use dialogue::{Engine, Input};
use engines::{ChatModel, SpeechToText, TextToSpeech, TurnDetector, VoiceActivityDetector};
use tokio::sync::{mpsc, oneshot, watch};

use crate::call_clock::CallClock;
use crate::engine_host::EngineHost;
use crate::failures::{PanicReport, for_telemetry};
use crate::generation::first_sound::FirstSound;
use crate::generation::mind::{MindCommand, run_mind};
use crate::hearing::{EarLinks, EarSender, ear_queue, run_ears, run_transcriber, run_turn_detection};
use crate::voice::{PlayoutCommand, SynthesisCommand, run_synthesis};

/// Commands that may wait for an engine.
const QUEUE: usize = 64;
/// Silences that may wait for the turn detector: only the newest is of interest.
const DETECTION_QUEUE: usize = 4;
/// Clauses that may wait to be played.
const PLAYOUT_QUEUE: usize = 16;
/// The language model waits this long at most for the voice to be loaded first.
const VOICE_FIRST: Duration = Duration::from_secs(10);

/// Why an engine can't be loaded, for logs.
pub type LoadError = Box<dyn std::error::Error + Send + Sync>;

/// Loads the engines of a conversation, each on the thread that will own it.
///
/// Every method may block, and fails when a file is missing or damaged, or a service can't be set up.
pub trait EngineLoader: Send + Sync {
    /// Voice activity detection.
    ///
    /// # Errors
    /// See [`EngineLoader`].
    fn voice_activity(&self) -> Result<Box<dyn VoiceActivityDetector>, LoadError>;

    /// Speech-to-text.
    ///
    /// # Errors
    /// See [`EngineLoader`].
    fn speech_to_text(&self) -> Result<Box<dyn SpeechToText>, LoadError>;

    /// The turn detector.
    ///
    /// # Errors
    /// See [`EngineLoader`].
    fn turn_detector(&self) -> Result<Box<dyn TurnDetector>, LoadError>;

    /// The chat model.
    ///
    /// # Errors
    /// See [`EngineLoader`].
    fn chat_model(&self) -> Result<Box<dyn ChatModel>, LoadError>;

    /// Text-to-speech.
    ///
    /// # Errors
    /// See [`EngineLoader`].
    fn text_to_speech(&self) -> Result<Box<dyn TextToSpeech>, LoadError>;
}

/// How the engines of a conversation are used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct EngineOptions {
    /// Whether there is a turn detector.
    pub detect_turns: bool,
    /// Whether speech-to-text begins before the end of speech is certain: work that may be in vain, so not where it costs money.
    pub transcribe_ahead: bool,
    /// Whether the chat model and the voice compete for this machine's cores: then the voice's first sound comes first.
    pub share_cores: bool,
    /// Where the engines run.
    pub host: EngineHost,
}

/// An engine can't be started.
#[derive(Debug, thiserror::Error)]
#[error("cannot start the {name} thread: {error}")]
pub struct EngineStartError {
    name: &'static str,
    error: std::io::Error,
}

/// The running engines of one conversation. Dropping the senders ends them.
pub struct Engines {
    /// To the VAD.
    pub ears: EarSender,
    /// To the chat model.
    pub mind: mpsc::Sender<MindCommand>,
    /// To the voice.
    pub voice: mpsc::Sender<SynthesisCommand>,
    /// To playout, also used by the voice.
    pub playout: mpsc::Sender<PlayoutCommand>,
    /// What playout reads.
    pub playout_commands: mpsc::Receiver<PlayoutCommand>,
    /// Tells when the voice is loaded; closed when it could not be.
    pub voice_ready: oneshot::Receiver<()>,
    /// How many engines have not been loaded yet; closed when one could not be.
    pub loading: watch::Receiver<usize>,
    /// Where they run.
    pub host: EngineHost,
}

impl Engines {
    /// Starts the engines; each loads its model first, all at the same time. What is asked of an engine that still loads
    /// waits for it; of live audio the newest 1.5 s wait. A failure reaches `inputs` as [`Input::EngineFailed`].
    ///
    /// # Errors
    /// When a thread can't be started.
    pub fn start(
        loader: &Arc<dyn EngineLoader>,
        options: EngineOptions,
        inputs: &mpsc::Sender<Input>,
        clock: &CallClock,
    ) -> Result<Self, EngineStartError> {
        let EngineOptions { detect_turns, transcribe_ahead, share_cores, host } = options;
        let (ears, ear_commands) = ear_queue();
        let (transcriber, requests) = mpsc::channel(QUEUE);
        let (mind, mind_commands) = mpsc::channel(QUEUE);
        let (voice, voice_commands) = mpsc::channel(QUEUE);
        let (playout, playout_commands) = mpsc::channel(PLAYOUT_QUEUE);
        // Each engine holds an end of it until it is loaded.
        let (still_loading, loading) = watch::channel(if detect_turns { 5 } else { 4 });
        let (voice_is_ready, voice_ready) = oneshot::channel();
        // The greeting needs the voice alone. The language model, which would take both cores, waits until that is there
        // (or failed: then the sender is dropped).
        let (let_mind_load, mind_may_load) = std::sync::mpsc::sync_channel::<()>(1);
        let first_sound = FirstSound::default();
        let sound_made = first_sound.clone();
        let awaited_sound = share_cores.then_some(first_sound);
        let start = Start { loader: loader.clone(), inputs: inputs.clone(), still_loading, host };

        let synthesis_playout = playout.clone();
        start.engine(
            Engine::TextToSpeech,
            |loader| loader.text_to_speech(),
            async move |engine, inputs| {
                // The receivers are gone only when the call is over already.
                let _ = voice_is_ready.send(());
                let _ = let_mind_load.try_send(());
                run_synthesis(engine, voice_commands, synthesis_playout, inputs, sound_made).await;
            },
        )?;
        let detector = if detect_turns {
            let (detector, detections) = mpsc::channel(DETECTION_QUEUE);
            start.engine(
                Engine::TurnDetector,
                |loader| loader.turn_detector(),
                async move |engine, inputs| {
                    run_turn_detection(engine, detections, inputs).await;
                },
            )?;
            Some(detector)
        } else {
            None
        };
        let ear_clock = clock.clone();
        start.engine(
            Engine::VoiceActivity,
            |loader| loader.voice_activity(),
            async move |engine, inputs| {
                let links = EarLinks { transcriber, detector, inputs, clock: ear_clock, ahead: transcribe_ahead };
                run_ears(engine, ear_commands, links).await;
            },
        )?;
        let load_mind = move |loader: &dyn EngineLoader| {
            if host == EngineHost::Threads {
                let _ = mind_may_load.recv_timeout(VOICE_FIRST);
            }
            loader.chat_model()
        };
        start.engine(Engine::LanguageModel, load_mind, async move |engine, inputs| {
            run_mind(engine, mind_commands, inputs, awaited_sound).await;
        })?;
        start.engine(
            Engine::SpeechToText,
            |loader| loader.speech_to_text(),
            async move |engine, inputs| {
                run_transcriber(engine, requests, inputs).await;
            },
        )?;
        Ok(Self { ears, mind, voice, playout, playout_commands, voice_ready, loading, host })
    }
}

/// Starts engines.
struct Start {
    loader: Arc<dyn EngineLoader>,
    inputs: mpsc::Sender<Input>,
    still_loading: watch::Sender<usize>,
    host: EngineHost,
}

impl Start {
    /// Starts a thread (or task) that loads an engine and then serves it.
    fn engine<E: Send + 'static, S>(
        &self,
        engine: Engine,
        load: impl FnOnce(&dyn EngineLoader) -> Result<E, LoadError> + Send + 'static,
        serve: impl FnOnce(E, mpsc::Sender<Input>) -> S + Send + 'static,
    ) -> Result<(), EngineStartError>
    where
        S: Future<Output = ()> + Send + 'static,
    {
        let name = match engine {
            Engine::VoiceActivity => "ears",
            Engine::SpeechToText => "transcriber",
            Engine::TurnDetector => "turn detector",
            Engine::LanguageModel => "mind",
            Engine::TextToSpeech => "voice",
            Engine::Face => "face",
        };
        let (loader, inputs, still_loading) = (self.loader.clone(), self.inputs.clone(), self.still_loading.clone());
        let served = async move {
            let _watched = PanicReport { engine, inputs: inputs.clone() };
            let started = std::time::Instant::now();
            match load(loader.as_ref()) {
                Ok(loaded) => {
                    tracing::info!(engine = name, ms = started.elapsed().as_millis() as u64, "engine loaded");
                    still_loading.send_modify(|engines| *engines = engines.saturating_sub(1));
                    drop(still_loading);
                    serve(loaded, inputs).await;
                }
                Err(error) => {
                    let message = error.to_string();
                    telemetry::events::EngineFailed { engine: for_telemetry(engine), message: &message }.emit();
                    drop(still_loading);
                    let _ = inputs.send(Input::EngineFailed { engine }).await;
                }
            }
        };
        self.host.spawn(name, served).map_err(|error| EngineStartError { name, error })
    }
}
