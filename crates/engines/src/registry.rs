//! The engines that a program knows, by what they do and by name.

use crate::capabilities::{ChatCapabilities, SpeechToTextCapabilities, TextToSpeechCapabilities};
use crate::chat_model::ChatModel;
use crate::context::Variable;
use crate::error::EngineError;
use crate::registration::Engine;
use crate::role::Role;
use crate::speech_to_text::SpeechToText;
use crate::text_to_speech::TextToSpeech;
use crate::turn_detector::TurnDetector;
use crate::voice_activity::VoiceActivityDetector;

/// A voice activity detector.
pub type VoiceActivityEngine = Engine<dyn VoiceActivityDetector, ()>;
/// A turn detector.
pub type TurnDetectorEngine = Engine<dyn TurnDetector, ()>;
/// A speech-to-text engine.
pub type SpeechToTextEngine = Engine<dyn SpeechToText, SpeechToTextCapabilities>;
/// A chat model.
pub type ChatEngine = Engine<dyn ChatModel, ChatCapabilities>;
/// A text-to-speech engine.
pub type TextToSpeechEngine = Engine<dyn TextToSpeech, TextToSpeechCapabilities>;

/// The engines that a program knows. The first of each kind is the default; of two with the same name the later one counts.
#[derive(Debug, Clone, Default)]
pub struct EngineRegistry {
    voice_activity: Vec<VoiceActivityEngine>,
    turn_detectors: Vec<TurnDetectorEngine>,
    speech_to_text: Vec<SpeechToTextEngine>,
    chat: Vec<ChatEngine>,
    text_to_speech: Vec<TextToSpeechEngine>,
}

impl EngineRegistry {
    /// Adds voice activity detectors.
    #[must_use]
    pub fn with_voice_activity(mut self, engines: impl IntoIterator<Item = VoiceActivityEngine>) -> Self {
        self.voice_activity.extend(engines);
        self
    }

    /// Adds turn detectors.
    #[must_use]
    pub fn with_turn_detectors(mut self, engines: impl IntoIterator<Item = TurnDetectorEngine>) -> Self {
        self.turn_detectors.extend(engines);
        self
    }

    /// Adds speech-to-text engines.
    #[must_use]
    pub fn with_speech_to_text(mut self, engines: impl IntoIterator<Item = SpeechToTextEngine>) -> Self {
        self.speech_to_text.extend(engines);
        self
    }

    /// Adds chat models.
    #[must_use]
    pub fn with_chat(mut self, engines: impl IntoIterator<Item = ChatEngine>) -> Self {
        self.chat.extend(engines);
        self
    }

    /// Adds text-to-speech engines.
    #[must_use]
    pub fn with_text_to_speech(mut self, engines: impl IntoIterator<Item = TextToSpeechEngine>) -> Self {
        self.text_to_speech.extend(engines);
        self
    }

    /// A voice activity detector by its name, or the default one.
    ///
    /// # Errors
    /// [`EngineError::Unknown`] lists the known ones.
    pub fn voice_activity(&self, name: Option<&str>) -> Result<&VoiceActivityEngine, EngineError> {
        find(Role::VoiceActivity, &self.voice_activity, name)
    }

    /// A turn detector by its name, or the default one.
    ///
    /// # Errors
    /// [`EngineError::Unknown`] lists the known ones.
    pub fn turn_detector(&self, name: Option<&str>) -> Result<&TurnDetectorEngine, EngineError> {
        find(Role::TurnDetector, &self.turn_detectors, name)
    }

    /// A speech-to-text engine by its name, or the default one.
    ///
    /// # Errors
    /// [`EngineError::Unknown`] lists the known ones.
    pub fn speech_to_text(&self, name: Option<&str>) -> Result<&SpeechToTextEngine, EngineError> {
        find(Role::SpeechToText, &self.speech_to_text, name)
    }

    /// A chat model by its name, or the default one.
    ///
    /// # Errors
    /// [`EngineError::Unknown`] lists the known ones.
    pub fn chat(&self, name: Option<&str>) -> Result<&ChatEngine, EngineError> {
        find(Role::ChatModel, &self.chat, name)
    }

    /// A text-to-speech engine by its name, or the default one.
    ///
    /// # Errors
    /// [`EngineError::Unknown`] lists the known ones.
    pub fn text_to_speech(&self, name: Option<&str>) -> Result<&TextToSpeechEngine, EngineError> {
        find(Role::TextToSpeech, &self.text_to_speech, name)
    }

    /// The voice activity detectors, the default one first.
    pub fn all_voice_activity(&self) -> impl Iterator<Item = &VoiceActivityEngine> {
        self.voice_activity.iter()
    }

    /// The turn detectors, the default one first.
    pub fn all_turn_detectors(&self) -> impl Iterator<Item = &TurnDetectorEngine> {
        self.turn_detectors.iter()
    }

    /// The speech-to-text engines, the default one first.
    pub fn all_speech_to_text(&self) -> impl Iterator<Item = &SpeechToTextEngine> {
        self.speech_to_text.iter()
    }

    /// The chat models, the default one first.
    pub fn all_chat(&self) -> impl Iterator<Item = &ChatEngine> {
        self.chat.iter()
    }

    /// The text-to-speech engines, the default one first.
    pub fn all_text_to_speech(&self) -> impl Iterator<Item = &TextToSpeechEngine> {
        self.text_to_speech.iter()
    }

    /// The variables of the environment that any engine reads.
    pub fn variables(&self) -> impl Iterator<Item = Variable> {
        let voice_activity = self.voice_activity.iter().map(|engine| engine.variables);
        let turn_detectors = self.turn_detectors.iter().map(|engine| engine.variables);
        let speech = self.speech_to_text.iter().map(|engine| engine.variables);
        let chat = self.chat.iter().map(|engine| engine.variables);
        let voices = self.text_to_speech.iter().map(|engine| engine.variables);
        voice_activity.chain(turn_detectors).chain(speech).chain(chat).chain(voices).flatten().copied()
    }
}

fn find<'r, E: ?Sized, C>(
    role: Role,
    engines: &'r [Engine<E, C>],
    name: Option<&str>,
) -> Result<&'r Engine<E, C>, EngineError> {
    let found = match name {
        Some(name) => engines.iter().rev().find(|engine| engine.name == name),
        None => engines.first(),
    };
    found.ok_or_else(|| {
        let known = engines.iter().map(|engine| format!("`{}`", engine.name)).collect::<Vec<_>>().join(", ");
        EngineError::Unknown { role, name: name.unwrap_or_default().to_owned(), known }
    })
}
