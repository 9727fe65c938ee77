//! Which engine does what, and where: the persona's choice together with the environment, checked before a room is joined.

use assets::Asset;
use proto::worker::{ENV_OPENAI_API_KEY, ENV_OPENAI_BASE_URL};
use remote::{Endpoint, EndpointError, OPENAI_BASE_URL, Secret};

use crate::settings::SettingsError;
use persona::{Engines, LanguageModelEngine, SpeechToTextEngine, TextToSpeechEngine};

/// OpenAI's model for speech-to-text.
const STT_MODEL: &str = "whisper-1";
/// OpenAI's language model.
const LLM_MODEL: &str = "gpt-4o";
/// OpenAI's model for text-to-speech.
const TTS_MODEL: &str = "tts-1";
/// OpenAI's voice.
const TTS_VOICE: &str = "alloy";

/// An engine for each role. Default: all embedded.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct EnginePlan {
    /// Speech-to-text.
    pub stt: SpeechToTextPlan,
    /// The language model.
    pub llm: LanguageModelPlan,
    /// Text-to-speech.
    pub tts: TextToSpeechPlan,
}

/// Speech-to-text.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum SpeechToTextPlan {
    /// Moonshine.
    #[default]
    Embedded,
    /// At a service.
    OpenAi {
        /// Which service.
        endpoint: Endpoint,
        /// Its model.
        model: String,
    },
}

/// The language model.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum LanguageModelPlan {
    /// Qwen on llama.cpp.
    #[default]
    Embedded,
    /// At a service.
    OpenAi {
        /// Which service.
        endpoint: Endpoint,
        /// Its model.
        model: String,
    },
}

/// Text-to-speech.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum TextToSpeechPlan {
    /// Piper.
    #[default]
    Embedded,
    /// At a service.
    OpenAi {
        /// Which service.
        endpoint: Endpoint,
        /// Its model.
        model: String,
        /// Its voice.
        voice: String,
    },
}

impl EnginePlan {
    /// Joins the persona's choice with `OPENAI_API_KEY` and `OPENAI_BASE_URL`, which are looked at only when an engine is remote.
    ///
    /// # Errors
    /// Names the variable that is missing or wrong.
    pub fn resolve(engines: &Engines, environment: &dyn Fn(&str) -> Option<String>) -> Result<Self, SettingsError> {
        let or = |name: &Option<String>, default: &str| name.as_deref().unwrap_or(default).trim().to_owned();
        let stt = match engines.speech_to_text() {
            SpeechToTextEngine::Moonshine => SpeechToTextPlan::Embedded,
            SpeechToTextEngine::OpenAi => {
                SpeechToTextPlan::OpenAi { endpoint: endpoint(environment)?, model: or(&engines.stt_model, STT_MODEL) }
            }
        };
        let llm = match engines.language_model() {
            LanguageModelEngine::Qwen => LanguageModelPlan::Embedded,
            LanguageModelEngine::OpenAi => {
                LanguageModelPlan::OpenAi { endpoint: endpoint(environment)?, model: or(&engines.llm_model, LLM_MODEL) }
            }
        };
        let tts = match engines.text_to_speech() {
            TextToSpeechEngine::Piper => TextToSpeechPlan::Embedded,
            TextToSpeechEngine::OpenAi => TextToSpeechPlan::OpenAi {
                endpoint: endpoint(environment)?,
                model: or(&engines.tts_model, TTS_MODEL),
                voice: or(&engines.tts_voice, TTS_VOICE),
            },
        };
        Ok(Self { stt, llm, tts })
    }

    /// Whether an engine of this plan loads this file. The other files of the worker are always needed.
    #[must_use]
    pub fn needs(&self, asset: Asset) -> bool {
        match asset {
            Asset::MoonshineEncoder | Asset::MoonshineDecoder | Asset::MoonshineTokenizer => {
                self.stt == SpeechToTextPlan::Embedded
            }
            Asset::QwenChat => self.llm == LanguageModelPlan::Embedded,
            Asset::PiperJoeModel | Asset::PiperJoeConfig => self.tts == TextToSpeechPlan::Embedded,
            // Only a face made of a photo loads these, and it asks for them itself.
            Asset::FaceDetector | Asset::FaceLandmarks | Asset::SamplePortrait => false,
            Asset::LivekitFfi
            | Asset::OnnxRuntime
            | Asset::SileroVad
            | Asset::SmartTurn
            | Asset::KokoroModel
            | Asset::KokoroVocabulary
            | Asset::KokoroVoice(_)
            | Asset::SampleBeckett
            | Asset::SampleTwoCities => true,
        }
    }
}

fn endpoint(environment: &dyn Fn(&str) -> Option<String>) -> Result<Endpoint, SettingsError> {
    let base = environment(ENV_OPENAI_BASE_URL).filter(|base| !base.trim().is_empty());
    let key = environment(ENV_OPENAI_API_KEY).and_then(|key| Secret::new(&key));
    Endpoint::new(base.as_deref().unwrap_or(OPENAI_BASE_URL), key).map_err(|error| {
        let setting = match error {
            EndpointError::Address | EndpointError::Extras => ENV_OPENAI_BASE_URL,
            EndpointError::KeyMissing | EndpointError::Key => ENV_OPENAI_API_KEY,
        };
        SettingsError { setting, message: error.to_string() }
    })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used)]
    use super::*;
    use persona::Preset;

    fn resolve(engines: &Engines, pairs: &[(&str, &str)]) -> Result<EnginePlan, SettingsError> {
        let find = |name: &str| pairs.iter().find(|(key, _)| *key == name).map(|(_, value)| (*value).to_owned());
        EnginePlan::resolve(engines, &find)
    }

    #[test]
    fn keys_alone_switch_nothing() {
        let pairs = [("OPENAI_API_KEY", "k"), ("OPENAI_BASE_URL", "nonsense")];
        assert_eq!(resolve(&Engines::default(), &pairs), Ok(EnginePlan::default()));
    }

    #[test]
    fn the_preset_brings_openai_with_its_models_and_needs_a_key() {
        let engines = Engines { preset: Some(Preset::OpenAi), ..Engines::default() };
        let plan = resolve(&engines, &[("OPENAI_API_KEY", "k")]).unwrap();
        let endpoint = Endpoint::new(OPENAI_BASE_URL, Secret::new("k")).unwrap();
        let tts = TextToSpeechPlan::OpenAi { endpoint, model: "tts-1".into(), voice: "alloy".into() };
        assert_eq!(plan.tts, tts);
        let refused = |pairs: &[(&str, &str)]| resolve(&engines, pairs).map_err(|error| error.setting);
        assert_eq!(refused(&[]), Err("OPENAI_API_KEY"));
        assert_eq!(refused(&[("OPENAI_API_KEY", " ")]), Err("OPENAI_API_KEY"));
        assert_eq!(refused(&[("OPENAI_BASE_URL", "localhost:8000")]), Err("OPENAI_BASE_URL"));
        assert!(refused(&[("OPENAI_BASE_URL", "http://127.0.0.1:11434/v1")]).is_ok());
    }

    #[test]
    fn what_a_service_does_needs_no_weights() {
        let engines = Engines { preset: Some(Preset::OpenAi), ..Engines::default() };
        let plan = resolve(&engines, &[("OPENAI_API_KEY", "k")]).unwrap();
        let needed: Vec<Asset> =
            assets::Group::Worker.assets().into_iter().filter(|asset| plan.needs(*asset)).collect();
        assert!(needed.contains(&Asset::SileroVad) && needed.contains(&Asset::LivekitFfi));
        for asset in [Asset::QwenChat, Asset::MoonshineEncoder, Asset::PiperJoeModel] {
            assert!(!needed.contains(&asset) && EnginePlan::default().needs(asset), "{asset:?}");
        }
    }

    #[test]
    fn a_plan_shows_no_key() {
        let engines = Engines { llm: Some(LanguageModelEngine::OpenAi), ..Engines::default() };
        let plan = resolve(&engines, &[("OPENAI_API_KEY", "sk-1234")]).unwrap();
        assert!(!format!("{plan:?}").contains("1234"));
    }
}
