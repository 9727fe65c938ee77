//! The ears thread: voice activity on everything heard, and the audio of the current turn.

use std::time::{Duration, Instant};

use dialogue::{Engine, Input, TurnId};
use speech::gate::{GateEvent, SpeechGate, SpeechGateSettings};
use speech::{CancelFlag, LISTEN_SAMPLE_RATE, SpeechError, VAD_FRAME, VoiceActivityDetector};
use tokio::sync::mpsc;

use super::transcriber::TranscriptionRequest;
use super::turn_audio::TurnAudio;
use super::turn_detection::TurnDetection;
use crate::call_clock::CallClock;

/// What the ears can be told.
#[derive(Debug)]
pub enum EarCommand {
    /// This was just heard from the linked user, 16 kHz mono.
    Audio {
        /// The samples.
        samples: Vec<i16>,
        /// When the last of them arrived.
        arrived: Instant,
    },
    /// Another person is listened to, or nobody: forget everything.
    Reset,
    /// Hand the current turn's audio to speech-to-text.
    Transcribe {
        /// Which turn.
        turn: TurnId,
        /// Which request.
        revision: u32,
    },
    /// Hand the end of the current turn to the turn detector.
    DetectEndOfTurn {
        /// Which turn.
        turn: TurnId,
        /// Which request.
        revision: u32,
    },
    /// What this request covered is no longer needed; the turn goes on.
    CutTurn {
        /// Which request.
        revision: u32,
    },
    /// The current turn is over.
    CloseTurn,
}

/// The turn detector hears so much at most: eight seconds.
const DETECTED: usize = 8 * LISTEN_SAMPLE_RATE as usize;

/// Where the ears send what they heard.
pub struct EarLinks {
    /// To speech-to-text.
    pub transcriber: mpsc::Sender<TranscriptionRequest>,
    /// To the turn detector, if there is one.
    pub detector: Option<mpsc::Sender<TurnDetection>>,
    /// To the call.
    pub inputs: mpsc::Sender<Input>,
    /// The call's clock.
    pub clock: CallClock,
}

struct Ears {
    detector: Box<dyn VoiceActivityDetector>,
    gate: SpeechGate,
    /// Position on the listening clock at which the gate was started anew.
    gate_origin: u64,
    audio: TurnAudio,
    /// Samples that do not fill a voice-activity frame yet.
    pending: Vec<f32>,
    speaking_since: Option<u64>,
    /// Stops the latest transcription that was asked for.
    transcription: CancelFlag,
    /// Where the audio of the latest transcription ended, and its number.
    transcribed: Option<(u32, u64)>,
    clock: CallClock,
}

/// Serves until the command channel closes. Blocking: runs on a thread of its own.
pub fn run_ears(detector: Box<dyn VoiceActivityDetector>, mut commands: mpsc::Receiver<EarCommand>, links: EarLinks) {
    let mut ears = Ears {
        detector,
        gate: SpeechGate::new(SpeechGateSettings::default()),
        gate_origin: 0,
        audio: TurnAudio::default(),
        pending: Vec::with_capacity(VAD_FRAME * 2),
        speaking_since: None,
        transcription: CancelFlag::default(),
        transcribed: None,
        clock: links.clock,
    };
    while let Some(command) = commands.blocking_recv() {
        match command {
            EarCommand::Audio { samples, arrived } => match ears.hear(&samples, arrived) {
                Ok(events) => {
                    for event in events {
                        if links.inputs.blocking_send(event).is_err() {
                            return;
                        }
                    }
                }
                Err(error) => {
                    crate::failures::report(telemetry::events::Engine::Vad, true, &error);
                    let _ = links.inputs.blocking_send(Input::EngineFailed { engine: Engine::VoiceActivity });
                    return;
                }
            },
            EarCommand::Reset => ears.reset(),
            EarCommand::Transcribe { turn, revision } => {
                let cancel = CancelFlag::default();
                std::mem::replace(&mut ears.transcription, cancel.clone()).cancel();
                ears.transcribed = Some((revision, ears.audio.turn_end()));
                let request = TranscriptionRequest { turn, revision, audio: ears.audio.turn(), cancel };
                if links.transcriber.blocking_send(request).is_err() {
                    return;
                }
            }
            EarCommand::DetectEndOfTurn { turn, revision } => {
                let request = TurnDetection { turn, revision, audio: ears.audio.latest(DETECTED) };
                // A detector that is busy, or gone, is done without: silence decides.
                if let Some(Err(error)) = links.detector.as_ref().map(|detector| detector.try_send(request)) {
                    tracing::debug!(%error, "the turn detector was not asked");
                }
            }
            EarCommand::CutTurn { revision } => {
                if let Some((_, end)) = ears.transcribed.filter(|(known, _)| *known == revision) {
                    ears.audio.cut(end);
                }
            }
            EarCommand::CloseTurn => {
                ears.transcription.cancel();
                ears.transcribed = None;
                ears.audio.close(ears.speaking_since);
            }
        }
    }
}

impl Ears {
    fn hear(&mut self, samples: &[i16], arrived: Instant) -> Result<Vec<Input>, SpeechError> {
        self.pending.extend(samples.iter().map(|&sample| f32::from(sample) / 32_768.0));
        let mut events = Vec::new();
        while self.pending.len() >= VAD_FRAME {
            let frame: Vec<f32> = self.pending.drain(..VAD_FRAME).collect();
            self.audio.push(&frame);
            let probability = self.detector.process(&frame)?;
            let Some(event) = self.gate.push(probability) else { continue };
            let heard = self.audio.position() + self.pending.len() as u64;
            let when = |position: u64| {
                let ago = heard.saturating_sub(position) as f64 / f64::from(LISTEN_SAMPLE_RATE);
                self.clock.moment(arrived) - Duration::from_secs_f64(ago)
            };
            events.push(match event {
                GateEvent::Started { at_sample } => {
                    let position = self.gate_origin + at_sample;
                    self.speaking_since = Some(position);
                    self.audio.voice_started(position);
                    Input::SpeechStarted { at: when(position) }
                }
                GateEvent::Stopped { at_sample } => {
                    let position = self.gate_origin + at_sample;
                    self.speaking_since = None;
                    self.audio.voice_stopped(position);
                    Input::SpeechStopped { at: when(position) }
                }
            });
        }
        Ok(events)
    }

    fn reset(&mut self) {
        self.detector.reset();
        self.gate = SpeechGate::new(SpeechGateSettings::default());
        self.gate_origin = self.audio.position();
        self.pending.clear();
        self.transcription.cancel();
        self.transcribed = None;
        self.speaking_since = None;
        self.audio.close(None);
    }
}
