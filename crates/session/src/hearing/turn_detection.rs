//! The turn detector's thread: the sound of a turn in, the probability that it is over out.

use dialogue::{Engine, Input, TurnId};
use engines::TurnDetector;
use tokio::sync::mpsc;

use super::ahead::Ahead;
use super::turn_audio::Stretch;

/// A turn's audio to be judged.
#[derive(Debug)]
pub struct TurnDetection {
    /// Which turn, and which request of it; `None` when nobody has asked yet.
    pub asked: Option<(TurnId, u32)>,
    /// The name of the audio.
    pub stretch: Option<Stretch>,
    /// 16 kHz mono in -1 to 1, up to now.
    pub audio: Vec<f32>,
}

/// Serves until the request channel closes. The engine blocks: see [`EngineHost`](crate::engine_host::EngineHost). When the detector fails, silence alone
/// decides: the call goes on.
pub async fn run_turn_detection(
    mut detector: Box<dyn TurnDetector>,
    mut requests: mpsc::Receiver<TurnDetection>,
    inputs: mpsc::Sender<Input>,
) {
    let mut ahead = Ahead::default();
    while let Some(mut request) = requests.recv().await {
        // Only the newest silence is still of interest.
        while let Ok(newer) = requests.try_recv() {
            request = newer;
        }
        let TurnDetection { asked, stretch, audio } = request;
        // What it sounded like right after the voice counts: with more silence, anything sounds finished.
        match ahead.known(stretch).map(Ok).unwrap_or_else(|| detector.probability(&audio).map(thousandths)) {
            Ok(thousandths) => {
                ahead.keep(stretch, &thousandths);
                let Some((turn, revision)) = asked else { continue };
                if inputs.send(Input::TurnProbability { turn, revision, thousandths }).await.is_err() {
                    return;
                }
            }
            Err(error) => {
                crate::failures::report(telemetry::events::Engine::Turn, true, &error);
                let _ = inputs.send(Input::EngineFailed { engine: Engine::TurnDetector }).await;
                return;
            }
        }
    }
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "clamped to 0 to 1000 first")]
fn thousandths(probability: f32) -> u16 {
    (probability * 1000.0).clamp(0.0, 1000.0) as u16
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_probability_that_is_no_number_says_nothing() {
        assert_eq!([f32::NAN, -1.0, 0.5, 2.0].map(thousandths), [0, 0, 500, 1000]);
    }
}
