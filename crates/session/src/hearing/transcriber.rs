//! The transcriber thread: one utterance after the other, the newest request first.

use dialogue::{Engine, Input, TurnId, Usage};
use engines::SpeechToText;
use speech::{CancelFlag, LISTEN_SAMPLE_RATE};
use tokio::sync::mpsc;

use super::ahead::Ahead;
use super::made_up::is_made_up;
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
    /// The highest probability of a voice in it, from 0 to 1.
    pub voice: f32,
    /// Set once a newer request was made, or the turn is over: nobody waits for this one.
    pub cancel: CancelFlag,
}

/// Serves until the request channel closes. The engine blocks: see [`EngineHost`](crate::engine_host::EngineHost).
pub async fn run_transcriber(
    mut engine: Box<dyn SpeechToText>,
    mut requests: mpsc::Receiver<TranscriptionRequest>,
    inputs: mpsc::Sender<Input>,
) {
    let mut ahead = Ahead::default();
    while let Some(mut request) = requests.recv().await {
        // A newer request holds everything that the older one does. But one that somebody waits for is never dropped for one
        // that nobody has asked for.
        while let Ok(newer) = requests.try_recv() {
            if newer.asked.is_some() || request.asked.is_none() {
                request = newer;
            }
        }
        let TranscriptionRequest { asked, stretch, audio, voice, cancel } = request;
        let mut heard_ms = 0;
        let transcript = ahead.known(stretch).map(Ok).unwrap_or_else(|| {
            heard_ms = audio.len() as u64 * 1000 / u64::from(LISTEN_SAMPLE_RATE);
            let text = engine.transcribe(&audio, &cancel);
            text.map(|text| if is_made_up(voice, engine.certainty()) { String::new() } else { text })
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
                    let _ = inputs.send(Input::EngineFailed { engine: Engine::SpeechToText }).await;
                    return;
                }
                asked.map(|(turn, revision)| Input::TranscriptFailed { turn, revision })
            }
        };
        let used = (heard_ms > 0).then_some(Input::Used(Usage::AudioMilliseconds(heard_ms)));
        for input in told.into_iter().chain(used) {
            if inputs.send(input).await.is_err() {
                return;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::hearing::turn_audio::TurnAudio;

    /// Hears as many words as there are samples.
    struct Counts(usize);

    impl SpeechToText for Counts {
        fn transcribe(&mut self, audio: &[f32], _: &CancelFlag) -> Result<String, speech::SpeechError> {
            self.0 += 1;
            Ok(format!("{} {}", audio.len(), self.0))
        }

        fn certainty(&self) -> Option<f32> {
            Some(0.3)
        }
    }

    fn transcripts(requests: Vec<TranscriptionRequest>) -> Vec<String> {
        let (sender, queue) = mpsc::channel(8);
        let (inputs, mut told) = mpsc::channel(8);
        for request in requests {
            sender.try_send(request).unwrap();
        }
        drop(sender);
        futures_executor::block_on(run_transcriber(Box::new(Counts(0)), queue, inputs));
        let mut texts = Vec::new();
        while let Ok(input) = told.try_recv() {
            if let Input::Transcript { text, .. } = input {
                texts.push(text);
            }
        }
        texts
    }

    fn request(asked: Option<u32>, stretch: Option<Stretch>, samples: usize) -> TranscriptionRequest {
        let asked = asked.map(|revision| (TurnId(1), revision));
        TranscriptionRequest { asked, stretch, audio: vec![0.0; samples], voice: 1.0, cancel: CancelFlag::default() }
    }

    #[test]
    fn words_of_what_is_hardly_a_voice_are_left_out() {
        let doubtful = TranscriptionRequest { voice: 0.9, ..request(Some(1), None, 5) };
        assert_eq!(transcripts(vec![doubtful]), [""]);
    }

    #[test]
    fn what_was_asked_for_is_answered_whatever_is_done_ahead_of_time() {
        let mut audio = TurnAudio::default();
        audio.voice_started(0);
        let stretch = audio.stretch(100);
        assert_eq!(transcripts(vec![request(Some(1), None, 5), request(None, stretch, 7)]), ["5 1"]);
        assert_eq!(transcripts(vec![request(None, stretch, 7), request(Some(2), None, 9)]), ["9 1"]);
        assert_eq!(transcripts(vec![request(Some(1), None, 5), request(Some(2), None, 9)]), ["9 1"], "the newest");
    }
}
