//! What a call would know of each pause of a turn.

use std::fmt;
use std::num::NonZeroU8;
use std::time::Duration;

use anyhow::Context as _;
use assets::{Asset, Assets};
use chat::Message;
use dialogue::{Hint, Language};
use engines::{ChatModel, SpeechToText, TurnDetector, VoiceActivityDetector};
use engines_llama::{LlamaChat, LlamaOptions};
use speech::gate::{GateEvent, SpeechGate, SpeechGateSettings};
use speech::{CancelFlag, LISTEN_SAMPLE_RATE, VAD_FRAME};

use super::set::{Half, Turn};
use crate::wav::{ROOM_SAMPLE_RATE, resample, to_float};

/// Threads of each engine.
const THREADS: usize = 2;
/// As in a call (`session::hearing`): engines are asked two frames into the silence, and hear the beginning of the turn from
/// before the voice, or its last eight seconds.
const AHEAD: u64 = 2 * VAD_FRAME as u64;
const LEAD_IN: u64 = LISTEN_SAMPLE_RATE as u64 * 320 / 1_000;
const DETECTED: usize = 8 * LISTEN_SAMPLE_RATE as usize;
/// Where the conversation stands: the model judges words within it.
const INSTRUCTIONS: &str = "You are a friendly voice assistant who talks with the user.";

/// A pause that a call would see.
pub(super) struct Seen {
    pub(super) half: Half,
    kind: String,
    speaker: &'static str,
    text: String,
    /// How long it lasted; `None` at the end of the turn.
    pub(super) pause: Option<Duration>,
    /// How long the turn was until then, pauses included.
    pub(super) voiced: Duration,
    /// Smart Turn's probability that the turn is over.
    pub(super) sound: f32,
    /// The language model's that a sentence ends here, unless it can't tell.
    pub(super) sentence_end: Option<f32>,
    /// What the words tell.
    pub(super) hint: Hint,
    /// The words so far, as they were heard.
    pub(super) words: String,
}

impl fmt::Display for Seen {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let pause = self.pause.map_or(-1, |pause| i64::try_from(pause.as_millis()).unwrap_or(i64::MAX));
        let Self { half, kind, speaker, text, sound, hint, words, .. } = self;
        let sentence_end = self.sentence_end.unwrap_or(f32::NAN);
        write!(
            formatter,
            "{half}\t{kind}\t{speaker}\t{pause} ms\t{sound:.4}\t{sentence_end:.6}\t{hint:?}\t{words}\t({text})"
        )
    }
}

/// The engines.
pub(super) struct Judge {
    detector: Box<dyn VoiceActivityDetector>,
    transcriber: Box<dyn SpeechToText>,
    turns: Box<dyn TurnDetector>,
    model: LlamaChat,
    language: Language,
}

impl Judge {
    pub(super) fn load() -> anyhow::Result<Self> {
        let assets = Assets::open()?;
        Ok(Self {
            detector: engines_onnx::silero::open(&assets)?,
            transcriber: engines_onnx::moonshine::open(&assets, THREADS)?,
            turns: engines_onnx::smart_turn::open(&assets, THREADS)?,
            model: LlamaChat::load(
                &assets.path(Asset::QwenChat)?,
                LlamaOptions { threads: NonZeroU8::MIN.saturating_add(1), ..LlamaOptions::default() },
            )?,
            language: Language::named("en")?,
        })
    }

    /// Every pause of a turn, its end included.
    pub(super) fn judge(&mut self, turn: &Turn) -> anyhow::Result<Vec<Seen>> {
        let audio = resample(&to_float(&turn.samples), ROOM_SAMPLE_RATE, LISTEN_SAMPLE_RATE)?;
        let voices = self.voices(&audio)?;
        let first = *voices.first().with_context(|| format!("no voice is heard in \"{}\"", turn.text))?;
        let begin = usize::try_from(first.0.saturating_sub(LEAD_IN))?;
        let mut seen = Vec::new();
        for (index, (_, end)) in voices.iter().enumerate() {
            let so_far = &audio[begin..usize::try_from(end + AHEAD)?.min(audio.len())];
            let words = self.transcriber.transcribe(so_far, &CancelFlag::default())?;
            let sound = self.turns.probability(&so_far[so_far.len().saturating_sub(DETECTED)..])?;
            let sentence_end = self.sentence_end(turn, &words)?;
            let pause = voices
                .get(index + 1)
                .map(|(next, _)| Duration::from_secs_f64((next - end) as f64 / f64::from(LISTEN_SAMPLE_RATE)));
            seen.push(Seen {
                half: turn.half,
                kind: turn.kind.clone(),
                speaker: turn.speaker.name(),
                text: turn.text.clone(),
                pause,
                voiced: Duration::from_secs_f64((end - first.0) as f64 / f64::from(LISTEN_SAMPLE_RATE)),
                sound,
                sentence_end,
                hint: dialogue::hint(&self.language, &words),
                words,
            });
        }
        Ok(seen)
    }

    fn sentence_end(&mut self, turn: &Turn, words: &str) -> anyhow::Result<Option<f32>> {
        let mut messages = vec![Message::system(INSTRUCTIONS)];
        messages.extend(turn.after.as_deref().map(Message::assistant));
        messages.push(Message::user(words));
        Ok(self.model.sentence_end(&messages, &|| false)?)
    }

    /// From where to where there is a voice, in samples.
    fn voices(&mut self, audio: &[f32]) -> anyhow::Result<Vec<(u64, u64)>> {
        self.detector.reset();
        let mut gate = SpeechGate::new(SpeechGateSettings::default());
        let (mut voices, mut since) = (Vec::new(), 0);
        for frame in audio.chunks_exact(VAD_FRAME) {
            match gate.push(self.detector.process(frame)?) {
                Some(GateEvent::Started { at_sample }) => since = at_sample,
                Some(GateEvent::Stopped { at_sample }) => voices.push((since, at_sample)),
                None => {}
            }
        }
        Ok(voices)
    }
}
