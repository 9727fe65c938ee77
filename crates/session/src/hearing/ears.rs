//! The ears thread: voice activity on everything heard, and the audio of the current turn.

use std::time::{Duration, Instant};

use dialogue::{Engine, Input};
use engines::VoiceActivityDetector;
use speech::gate::{GateEvent, SpeechGate, SpeechGateSettings};
use speech::{CancelFlag, LISTEN_SAMPLE_RATE, SpeechError, VAD_FRAME};
use tokio::sync::mpsc;

use super::command::EarCommand;
use super::queue::EarReceiver;
use super::transcriber::TranscriptionRequest;
use super::turn_audio::{Stretch, TurnAudio};
use super::turn_detection::TurnDetection;
use crate::call_clock::CallClock;

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
    /// Whether work that may be in vain is done ahead of time: not by engines that cost money.
    pub ahead: bool,
}

/// Work ahead of time begins after this much silence.
const AHEAD_AFTER: u64 = 2 * VAD_FRAME as u64;

struct Ears {
    detector: Box<dyn VoiceActivityDetector>,
    gate: SpeechGate,
    /// Position on the listening clock at which the gate was started anew.
    gate_origin: u64,
    audio: TurnAudio,
    /// The highest probability of a voice since the turn began.
    voice: f32,
    /// Samples that do not fill a voice-activity frame yet.
    pending: Vec<f32>,
    speaking_since: Option<u64>,
    /// What the latest transcription is of, and what stops it.
    transcription: (Option<Stretch>, CancelFlag),
    /// The same of the latest one ahead of time.
    ahead: (Option<Stretch>, CancelFlag),
    /// Where the audio of the latest transcription ended, and its number.
    transcribed: Option<(u32, u64)>,
    /// The silence that was last worked on ahead of time, by where its voice ended.
    worked_ahead: Option<u64>,
    clock: CallClock,
}

/// Serves until the queue closes. The engine blocks: see [`EngineHost`](crate::engine_host::EngineHost).
pub async fn run_ears(detector: Box<dyn VoiceActivityDetector>, mut commands: EarReceiver, links: EarLinks) {
    let mut ears = Ears {
        detector,
        gate: SpeechGate::new(SpeechGateSettings::default()),
        gate_origin: 0,
        audio: TurnAudio::default(),
        voice: 0.0,
        pending: Vec::with_capacity(VAD_FRAME * 2),
        speaking_since: None,
        transcription: (None, CancelFlag::default()),
        ahead: (None, CancelFlag::default()),
        transcribed: None,
        worked_ahead: None,
        clock: links.clock.clone(),
    };
    while let Some(command) = commands.recv().await {
        match command {
            EarCommand::Audio { samples, arrived } => {
                if !ears.listen(&samples, arrived, &links).await {
                    return;
                }
            }
            EarCommand::Recall { samples, arrived } => {
                ears.audio.forget();
                ears.pending.clear();
                if !ears.listen(&samples, arrived, &links).await {
                    return;
                }
            }
            EarCommand::Reset => ears.reset(),
            EarCommand::Transcribe { turn, revision } => {
                ears.transcribed = Some((revision, ears.audio.turn_end()));
                let stretch = ears.audio.ended_stretch();
                let request = TranscriptionRequest {
                    asked: Some((turn, revision)),
                    stretch,
                    audio: ears.audio.turn(),
                    voice: ears.voice,
                    cancel: ears.asked_flag(stretch),
                };
                if links.transcriber.send(request).await.is_err() {
                    return;
                }
            }
            EarCommand::DetectEndOfTurn { turn, revision } => {
                let (asked, stretch) = (Some((turn, revision)), ears.audio.ended_stretch());
                let request = TurnDetection { asked, stretch, audio: ears.audio.latest(DETECTED) };
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
                ears.stop_transcribing();
                ears.audio.close(ears.speaking_since);
            }
        }
    }
}

impl Ears {
    /// Hears, and tells the call of it. False when there is nothing more to do: the call is over, or the engine lost.
    async fn listen(&mut self, samples: &[i16], arrived: Instant, links: &EarLinks) -> bool {
        match self.hear(samples, arrived) {
            Ok(events) => {
                for event in events {
                    if links.inputs.send(event).await.is_err() {
                        return false;
                    }
                }
                if links.ahead {
                    self.work_ahead(links);
                }
                true
            }
            Err(error) => {
                crate::failures::report(telemetry::events::Engine::Vad, true, &error);
                let _ = links.inputs.send(Input::EngineFailed { engine: Engine::VoiceActivity }).await;
                false
            }
        }
    }

    fn hear(&mut self, samples: &[i16], arrived: Instant) -> Result<Vec<Input>, SpeechError> {
        self.pending.extend(samples.iter().map(|&sample| f32::from(sample) / 32_768.0));
        let mut events = Vec::new();
        while self.pending.len() >= VAD_FRAME {
            let frame: Vec<f32> = self.pending.drain(..VAD_FRAME).collect();
            self.audio.push(&frame);
            let probability = self.detector.process(&frame)?;
            self.voice = self.voice.max(probability);
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
                    if !self.audio.is_open() {
                        self.voice = probability;
                    }
                    self.audio.voice_started(position);
                    Input::SpeechStarted { at: when(position) }
                }
                GateEvent::Stopped { at_sample } => {
                    let position = self.gate_origin + at_sample;
                    self.speaking_since = None;
                    self.audio.voice_stopped(position);
                    Input::SpeechStopped { at: when(self.audio.voice_ended(position)) }
                }
            });
        }
        Ok(events)
    }

    /// A silence may be the end of speech: have the words, and the sound of it, looked at before that is known.
    fn work_ahead(&mut self, links: &EarLinks) {
        let Some(since) = self.gate.falling_since().map(|since| self.gate_origin + since) else { return };
        if self.audio.position() < since + AHEAD_AFTER || self.worked_ahead == Some(since) {
            return;
        }
        let Some(stretch) = self.audio.stretch(since) else { return };
        self.worked_ahead = Some(since);
        let request = TranscriptionRequest {
            asked: None,
            stretch: Some(stretch),
            audio: self.audio.turn(),
            voice: self.voice,
            cancel: self.ahead_flag(stretch),
        };
        let detection = TurnDetection { asked: None, stretch: Some(stretch), audio: self.audio.latest(DETECTED) };
        let detector = links.detector.as_ref().map(|detector| detector.try_send(detection).is_ok());
        if links.transcriber.try_send(request).is_err() || detector == Some(false) {
            tracing::debug!("too busy to work ahead");
        }
    }

    /// The flag of a transcription that was asked for. Older ones are stopped, but for one of the very same sound.
    fn asked_flag(&mut self, stretch: Option<Stretch>) -> CancelFlag {
        if stretch.is_some() && stretch == self.transcription.0 {
            return self.transcription.1.clone();
        }
        self.transcription.1.cancel();
        let flag = if stretch.is_some() && stretch == self.ahead.0 {
            self.ahead.1.clone()
        } else {
            self.ahead.1.cancel();
            // A flag that is set must not be found again for the same sound.
            self.ahead = (None, CancelFlag::default());
            CancelFlag::default()
        };
        self.transcription = (stretch, flag.clone());
        flag
    }

    /// The flag of a transcription ahead of time. It stops only others like it: what was asked for has to be answered.
    fn ahead_flag(&mut self, stretch: Stretch) -> CancelFlag {
        if self.ahead.0 != self.transcription.0 {
            self.ahead.1.cancel();
        }
        self.ahead = (Some(stretch), CancelFlag::default());
        self.ahead.1.clone()
    }

    /// Nobody waits for words any more.
    fn stop_transcribing(&mut self) {
        for (stretch, flag) in [&mut self.transcription, &mut self.ahead] {
            flag.cancel();
            *stretch = None;
        }
        self.transcribed = None;
    }

    fn reset(&mut self) {
        self.detector.reset();
        self.gate = SpeechGate::new(SpeechGateSettings::default());
        self.gate_origin = self.audio.position();
        self.pending.clear();
        self.stop_transcribing();
        self.speaking_since = None;
        self.audio.close(None);
    }
}
