//! One place that tells of an engine's failure.

use dialogue::Input;
use telemetry::events::{Engine, EngineFailed, EngineFaltered};
use tokio::sync::mpsc;

/// Logs and counts a failure: for good, or only this once.
pub(crate) fn report(engine: Engine, permanent: bool, error: &dyn std::error::Error) {
    let message = error.to_string();
    if permanent {
        EngineFailed { engine, message: &message }.emit();
    } else {
        EngineFaltered { engine, message: &message }.emit();
    }
}

/// Tells the conversation when the thread that holds it panics: an engine that is silently gone would leave a deaf or frozen agent.
pub(crate) struct PanicReport {
    /// Which engine the thread serves.
    pub(crate) engine: dialogue::Engine,
    /// To the conversation.
    pub(crate) inputs: mpsc::Sender<Input>,
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
pub fn for_telemetry(engine: dialogue::Engine) -> Engine {
    match engine {
        dialogue::Engine::VoiceActivity => Engine::Vad,
        dialogue::Engine::SpeechToText => Engine::Stt,
        dialogue::Engine::TurnDetector => Engine::Turn,
        dialogue::Engine::LanguageModel => Engine::Llm,
        dialogue::Engine::TextToSpeech => Engine::Tts,
        dialogue::Engine::Face => Engine::Face,
    }
}
