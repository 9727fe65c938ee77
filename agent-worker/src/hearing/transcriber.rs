//! The transcriber thread: one utterance after the other, the newest request first.

use dialogue::{Engine, Input, TurnId, Usage};
use speech::{CancelFlag, LISTEN_SAMPLE_RATE, SpeechToText};
use tokio::sync::mpsc;

use super::ahead::Ahead;
use super::turn_audio::Stretch;

/// A turn's audio to be turned into words.
#[derive(Debug)]
pub struct TranscriptionRequest {
    /// Which turn, and which request of it; `None` when nobody has asked yet.
    pub asked: Option<(TurnId, u32)>,
    /// The name of the audio, once the voice in it has ended, or may have.
    pub stretch: Option<Stretch>,
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
    let mut ahead = Ahead::default();
    while let Some(mut request) = requests.blocking_recv() {
        // A newer request holds everything that the older one does.
        while let Ok(newer) = requests.try_recv() {
            request = newer;
        }
        let TranscriptionRequest { asked, stretch, audio, cancel } = request;
        let mut heard_ms = 0;
        let transcript = ahead.known(stretch).map(Ok).unwrap_or_else(|| {
            heard_ms = audio.len() as u64 * 1000 / u64::from(LISTEN_SAMPLE_RATE);
            engine.transcribe(&audio, &cancel)
        });
        if cancel.is_cancelled() {
            continue;
        }
        let told = match transcript {
            Ok(text) => {
                if stretch.is_none() {
                    telemetry::events::PartiallyTranscribed.emit();
                }
                ahead.keep(stretch, &text);
                asked.map(|(turn, revision)| Input::Transcript { turn, revision, text })
            }
            Err(error) => {
                let permanent = error.is_permanent();
                crate::failures::report(telemetry::events::Engine::Stt, permanent, &error);
                if permanent {
                    let _ = inputs.blocking_send(Input::EngineFailed { engine: Engine::SpeechToText });
                    return;
                }
                asked.map(|(turn, revision)| Input::TranscriptFailed { turn, revision })
            }
        };
        let used = (heard_ms > 0).then_some(Input::Used(Usage::AudioMilliseconds(heard_ms)));
        for input in told.into_iter().chain(used) {
            if inputs.blocking_send(input).is_err() {
                return;
            }
        }
    }
}
