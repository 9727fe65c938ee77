//! Engines that follow a script and answer at once.

use std::sync::{Arc, Mutex, PoisonError};

use chat::{Completion, Delta, FinishReason, Message};
use engines::{ChatModel, LlmError, Prepared, SpeechToText, TextToSpeech, TurnDetector, VoiceActivityDetector};
use speech::{CancelFlag, PhonemeSpan, SpeechChunk, SpeechError, WordSpan};

use super::words::Vocabulary;
use crate::engines::{EngineLoader, LoadError};
use crate::ports::{LISTEN_SAMPLE_RATE, PLAYOUT_SAMPLE_RATE};

/// Louder than this share of full scale is a voice.
const VOICE: f32 = 0.05;

/// What the chat model answers: the reply to a conversation.
type Reply = dyn Fn(&[Message]) -> String + Send + Sync;

/// Engines of one conversation. Clones are the same.
#[derive(Clone)]
pub struct ScriptedEngines {
    vocabulary: Vocabulary,
    reply: Arc<Reply>,
    turn_probability: Arc<Mutex<f32>>,
    voice: Option<Arc<Prepared<dyn TextToSpeech>>>,
}

impl ScriptedEngines {
    /// Engines whose chat model answers with `reply`. Its turn detector calls every turn finished.
    #[must_use]
    pub fn new(reply: impl Fn(&[Message]) -> String + Send + Sync + 'static) -> Self {
        Self {
            vocabulary: Vocabulary::default(),
            reply: Arc::new(reply),
            turn_probability: Arc::new(Mutex::new(0.95)),
            voice: None,
        }
    }

    /// The same with another voice, which must answer at once.
    #[must_use]
    pub fn with_text_to_speech(self, voice: Prepared<dyn TextToSpeech>) -> Self {
        Self { voice: Some(Arc::new(voice)), ..self }
    }

    /// What the turn detector says from now on: the probability that a turn is over.
    pub fn set_turn_probability(&self, probability: f32) {
        *self.turn_probability.lock().unwrap_or_else(PoisonError::into_inner) = probability;
    }

    pub(super) fn vocabulary(&self) -> Vocabulary {
        self.vocabulary.clone()
    }
}

impl EngineLoader for ScriptedEngines {
    fn voice_activity(&self) -> Result<Box<dyn VoiceActivityDetector>, LoadError> {
        Ok(Box::new(Loudness))
    }

    fn speech_to_text(&self) -> Result<Box<dyn SpeechToText>, LoadError> {
        Ok(Box::new(self.clone()))
    }

    fn turn_detector(&self) -> Result<Box<dyn TurnDetector>, LoadError> {
        Ok(Box::new(self.clone()))
    }

    fn chat_model(&self) -> Result<Box<dyn ChatModel>, LoadError> {
        Ok(Box::new(self.clone()))
    }

    fn text_to_speech(&self) -> Result<Box<dyn TextToSpeech>, LoadError> {
        match &self.voice {
            Some(voice) => Ok(voice.load()?),
            None => Ok(Box::new(self.clone())),
        }
    }
}

struct Loudness;

impl VoiceActivityDetector for Loudness {
    fn process(&mut self, frame: &[f32]) -> Result<f32, SpeechError> {
        let voiced = frame.iter().filter(|sample| sample.abs() > VOICE).count();
        Ok(if voiced * 2 > frame.len() { 1.0 } else { 0.0 })
    }

    fn reset(&mut self) {}
}

impl TurnDetector for ScriptedEngines {
    fn probability(&mut self, _audio: &[f32]) -> Result<f32, SpeechError> {
        Ok(*self.turn_probability.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl SpeechToText for ScriptedEngines {
    fn transcribe(&mut self, audio: &[f32], _cancel: &CancelFlag) -> Result<String, SpeechError> {
        Ok(self.vocabulary.read(audio, LISTEN_SAMPLE_RATE).join(" "))
    }
}

impl ChatModel for ScriptedEngines {
    fn prefill(&mut self, _messages: &[Message], _cancelled: &dyn Fn() -> bool) -> Result<(), LlmError> {
        Ok(())
    }

    fn generate(
        &mut self,
        messages: &[Message],
        cancelled: &dyn Fn() -> bool,
        sink: &mut dyn FnMut(Delta),
    ) -> Result<Completion, LlmError> {
        for piece in (self.reply)(messages).split_inclusive(' ') {
            if cancelled() {
                return Ok(Completion { finish: FinishReason::Cancelled, usage: None });
            }
            sink(Delta::Text(piece.to_owned()));
        }
        Ok(Completion { finish: FinishReason::Stop, usage: None })
    }
}

impl TextToSpeech for ScriptedEngines {
    fn sample_rate(&self) -> u32 {
        PLAYOUT_SAMPLE_RATE
    }

    fn synthesize(
        &mut self,
        text: &str,
        _cancel: &CancelFlag,
        sink: &mut dyn FnMut(SpeechChunk),
    ) -> Result<(), SpeechError> {
        let mut chunk = SpeechChunk::default();
        let sounds = self.vocabulary.sound(text, PLAYOUT_SAMPLE_RATE);
        for (word, sound) in text.split_whitespace().zip(sounds) {
            let start = chunk.samples.len() as u64;
            chunk.samples.extend(sound.into_iter().map(|sample| f32::from(sample) / 32_768.0));
            let end = chunk.samples.len() as u64;
            chunk.words.push(WordSpan { text: word.to_owned(), start, end });
            chunk.phonemes.push(PhonemeSpan { ipa: "a".to_owned(), start, end });
        }
        sink(chunk);
        Ok(())
    }
}
