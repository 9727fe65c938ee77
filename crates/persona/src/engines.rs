//! `[engines]`: which engine does what. Embedded ones, unless the persona says otherwise; keys alone switch nothing.

use serde::Deserialize;

/// The longest name of a model or voice, in characters.
const LONGEST_NAME: usize = 200;

/// `[engines]`.
#[derive(Debug, Clone, PartialEq, Eq, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Engines {
    /// Sets the engines that are not named.
    pub preset: Option<Preset>,
    /// Speech-to-text.
    pub stt: Option<SpeechToTextEngine>,
    /// The language model.
    pub llm: Option<LanguageModelEngine>,
    /// Text-to-speech.
    pub tts: Option<TextToSpeechEngine>,
    /// The service's model for speech-to-text [default: `whisper-1`].
    pub stt_model: Option<String>,
    /// The service's language model [default: `gpt-4o`].
    pub llm_model: Option<String>,
    /// The service's model for text-to-speech [default: `tts-1`].
    pub tts_model: Option<String>,
    /// The service's voice [default: `alloy`].
    pub tts_voice: Option<String>,
}

/// A choice for all engines.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Preset {
    /// All on this machine; the default.
    Embedded,
    /// All at a service that speaks OpenAI's protocol.
    #[serde(rename = "openai")]
    OpenAi,
}

/// A speech-to-text engine.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum SpeechToTextEngine {
    /// Moonshine tiny, embedded.
    Moonshine,
    /// A service.
    #[serde(rename = "openai")]
    OpenAi,
}

/// A language model.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
pub enum LanguageModelEngine {
    /// Qwen2.5 0.5B, embedded.
    #[serde(rename = "qwen2.5-0.5b")]
    Qwen,
    /// A service.
    #[serde(rename = "openai")]
    OpenAi,
}

/// A text-to-speech engine.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum TextToSpeechEngine {
    /// Piper, embedded.
    Piper,
    /// A service.
    #[serde(rename = "openai")]
    OpenAi,
}

impl Engines {
    /// The speech-to-text engine, with the preset applied.
    #[must_use]
    pub fn speech_to_text(&self) -> SpeechToTextEngine {
        self.stt.unwrap_or(match self.preset {
            None | Some(Preset::Embedded) => SpeechToTextEngine::Moonshine,
            Some(Preset::OpenAi) => SpeechToTextEngine::OpenAi,
        })
    }

    /// The language model, with the preset applied.
    #[must_use]
    pub fn language_model(&self) -> LanguageModelEngine {
        self.llm.unwrap_or(match self.preset {
            None | Some(Preset::Embedded) => LanguageModelEngine::Qwen,
            Some(Preset::OpenAi) => LanguageModelEngine::OpenAi,
        })
    }

    /// The text-to-speech engine, with the preset applied.
    #[must_use]
    pub fn text_to_speech(&self) -> TextToSpeechEngine {
        self.tts.unwrap_or(match self.preset {
            None | Some(Preset::Embedded) => TextToSpeechEngine::Piper,
            Some(Preset::OpenAi) => TextToSpeechEngine::OpenAi,
        })
    }

    /// The first key that is wrong, and why.
    pub(super) fn problem(&self) -> Option<(&'static str, String)> {
        let stt = self.speech_to_text() == SpeechToTextEngine::OpenAi;
        let llm = self.language_model() == LanguageModelEngine::OpenAi;
        let tts = self.text_to_speech() == TextToSpeechEngine::OpenAi;
        let names = [
            ("stt_model", &self.stt_model, stt, "stt"),
            ("llm_model", &self.llm_model, llm, "llm"),
            ("tts_model", &self.tts_model, tts, "tts"),
            ("tts_voice", &self.tts_voice, tts, "tts"),
        ];
        names.into_iter().find_map(|(key, value, remote, role)| {
            let value = value.as_deref()?;
            if !remote {
                let fix =
                    format!("has no effect on an embedded engine; set {role} = \"openai\" too, or leave {key} out");
                return Some((key, fix));
            }
            if value.trim().is_empty() {
                return Some((key, "must not be empty; leave it out for the default".to_owned()));
            }
            let plain = value.chars().count() <= LONGEST_NAME && !value.chars().any(char::is_control);
            (!plain).then(|| (key, format!("must be at most {LONGEST_NAME} characters, without control characters")))
        })
    }
}
