//! The transcriber thread: one utterance after the other, the newest request first.

use dialogue::{Engine, Input, TurnId, Usage};
use speech::{CancelFlag, LISTEN_SAMPLE_RATE, SpeechToText};
use tokio::sync::mpsc;

/// A turn's audio to be turned into words.
#[derive(Debug)]
pub struct TranscriptionRequest {
    /// Which turn.
    pub turn: TurnId,
    /// Which request of that turn.
    pub revision: u32,
    /// 16 kHz mono in -1 to 1.
    pub audio: Vec<f32>,
    /// Set once a newer request was made, or the turn is over: nobody waits for this one.
    pub cancel: CancelFlag,
}

/// Serves until the request channel closes. Blocking: runs on a thread of its own.
pub fn run_transcriber(
    mut engine: Box<dyn SpeechToText>,
    mut requests: mpsc::Receiver<TranscriptionRequest>,
    inputs: mpsc::Sender<Input>,
) {
    while let Some(mut request) = requests.blocking_recv() {
        // A newer request holds everything that the older one does.
        while let Ok(newer) = requests.try_recv() {
            request = newer;
        }
        let TranscriptionRequest { turn, revision, audio, cancel } = request;
        let heard_ms = audio.len() as u64 * 1000 / u64::from(LISTEN_SAMPLE_RATE);
        let told = match engine.transcribe(&audio, &cancel) {
            Ok(_) if cancel.is_cancelled() => Ok(()),
            Ok(text) => inputs.blocking_send(Input::Transcript { turn, revision, text }),
            Err(_) if cancel.is_cancelled() => Ok(()),
            Err(error) => {
                let permanent = error.is_permanent();
                crate::failures::report(telemetry::events::Engine::Stt, permanent, &error);
                if permanent {
                    let _ = inputs.blocking_send(Input::EngineFailed { engine: Engine::SpeechToText });
                    return;
                }
                inputs.blocking_send(Input::TranscriptFailed { turn, revision })
            }
        };
        let counted = inputs.blocking_send(Input::Used(Usage::AudioMilliseconds(heard_ms)));
        if told.and(counted).is_err() {
            return;
        }
    }
}
