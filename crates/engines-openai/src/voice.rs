//! Text-to-speech at a service.

use std::time::Duration;

use engines::{
    Context, Engine, EngineError, Place, Prepared, TextToSpeech, TextToSpeechCapabilities, TextToSpeechEngine,
};
use remote::{Body, Call, Client, Deadlines, Ending, Endpoint};
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::json;
use speech::espeak::Espeak;
use speech::phrases::Utterance;
use speech::{CancelFlag, SpeechChunk, SpeechError};
use toml::Table;

use crate::cutter::Cutter;
use crate::pace::{OPENAI_SPEECH_RATE, Pace, Speed};
use crate::service;

/// Text-to-speech at a service.
pub(crate) const ENGINE: TextToSpeechEngine = Engine {
    name: service::NAME,
    summary: "a service that speaks OpenAI's protocol",
    licence: service::LICENCE,
    assets: &[],
    variables: service::VARIABLES,
    capabilities: TextToSpeechCapabilities {
        place: Place::Remote,
        languages: &[],
        voices: &[],
        sample_rate: OPENAI_SPEECH_RATE,
        exact_times: false,
    },
    options: || schemars::schema_for!(Options),
    prepare,
};

/// The options of the persona file.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
struct Options {
    /// The service's model [default: `tts-1`].
    model: Option<String>,
    /// The service's voice [default: `alloy`].
    voice: Option<String>,
}

/// The service's model and voice when none is named.
pub(crate) const DEFAULT_MODEL: &str = "tts-1";
pub(crate) const DEFAULT_VOICE: &str = "alloy";
/// The language whose sounds the lips follow, as espeak-ng names it.
fn mouth_language(primary: &str) -> &str {
    match primary {
        "en" => "en-us",
        other => other,
    }
}

fn prepare(context: &Context, table: &Table) -> Result<Prepared<dyn TextToSpeech>, EngineError> {
    let Options { model, voice } = engines::options(service::NAME, table)?;
    let endpoint = service::endpoint(context)?;
    // The service knows its voices: any name is handed on.
    let voice = voice.or_else(|| context.voice.clone());
    let options = OpenAiSpeechOptions::new(
        &service::name("model", model, DEFAULT_MODEL)?,
        &service::name("voice", voice, DEFAULT_VOICE)?,
    );
    let language = context.primary_language();
    Ok(Prepared::<dyn TextToSpeech>::new(move || {
        let mouth = Espeak::start(mouth_language(&language))
            .inspect_err(|error| tracing::warn!(%error, "the face will not move its lips"))
            .ok();
        Ok(Box::new(OpenAiSpeech::new(endpoint.clone(), options.clone(), mouth)?))
    }))
}

const ENGINE_NAME: &str = "remote text-to-speech";
/// Bytes of an answer at most: five minutes.
const MOST_BYTES: usize = 300 * 2 * OPENAI_SPEECH_RATE as usize;
/// The longest clause, in characters: what the protocol allows.
const LONGEST: usize = 4096;

/// How [`OpenAiSpeech`] asks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OpenAiSpeechOptions {
    /// The model's name at the service.
    pub model: String,
    /// The voice's name at the service.
    pub voice: String,
    /// How long things may take. Default: 3 s to connect, 10 s to the first sound, 5 s between pieces, 60 s in all.
    pub deadlines: Deadlines,
}

impl OpenAiSpeechOptions {
    /// The defaults for a model and one of its voices.
    #[must_use]
    pub fn new(model: &str, voice: &str) -> Self {
        let deadlines = Deadlines {
            connect: Duration::from_secs(3),
            first: Duration::from_secs(10),
            between: Duration::from_secs(5),
            total: Duration::from_secs(60),
        };
        Self { model: model.to_owned(), voice: voice.to_owned(), deadlines }
    }
}

/// A voice at a service: one request for each clause. Word times are estimated; mouth shapes come from espeak-ng, when there
/// is one, and are spread over the words' times.
pub struct OpenAiSpeech {
    client: Client,
    options: OpenAiSpeechOptions,
    mouth: Option<Espeak>,
    speed: Speed,
}

impl std::fmt::Debug for OpenAiSpeech {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("OpenAiSpeech").field("options", &self.options).finish_non_exhaustive()
    }
}

impl OpenAiSpeech {
    /// Makes the engine; sends nothing yet. Without `mouth` the chunks have no phonemes.
    ///
    /// # Errors
    /// [`SpeechError::Load`] when TLS can't be set up.
    pub fn new(endpoint: Endpoint, options: OpenAiSpeechOptions, mouth: Option<Espeak>) -> Result<Self, SpeechError> {
        let client = Client::new(endpoint, options.deadlines).map_err(|message| SpeechError::Load {
            engine: ENGINE_NAME,
            path: options.model.clone(),
            message,
        })?;
        Ok(Self { client, options, mouth, speed: Speed::default() })
    }
}

impl TextToSpeech for OpenAiSpeech {
    fn sample_rate(&self) -> u32 {
        OPENAI_SPEECH_RATE
    }

    /// Notices `cancel` within 10 ms, also while the service is silent. After an error, what was handed to `sink` is the beginning
    /// of the clause.
    fn synthesize(
        &mut self,
        text: &str,
        cancel: &CancelFlag,
        sink: &mut dyn FnMut(SpeechChunk),
    ) -> Result<(), SpeechError> {
        let utterance = Utterance::read(text);
        if utterance.phrases.is_empty() || cancel.is_cancelled() {
            return Ok(());
        }
        let input = to_say(&utterance);
        if input.chars().count() > LONGEST {
            let message = format!("a clause longer than {LONGEST} characters");
            return Err(SpeechError::Input { engine: ENGINE_NAME, message });
        }
        let body = json!({
            "model": self.options.model,
            "voice": self.options.voice,
            "input": input,
            "response_format": "pcm",
        });
        let call = Call { path: "audio/speech".into(), body: Body::Json(body), most_bytes: MOST_BYTES };
        let pace = Pace::new(&utterance, self.mouth.as_mut(), self.speed);
        let mut cutter = Cutter::new(pace.clone(), cancel, sink);
        match self.client.exchange(&call, &|| cancel.is_cancelled(), &mut cutter) {
            Ok(Ending::Complete) => Pace::learn(&pace, &mut self.speed, cutter.voiced()),
            Ok(Ending::Cancelled) => {}
            Err(failure) => return Err(SpeechError::Remote { engine: ENGINE_NAME, failure }),
        }
        Ok(())
    }
}

/// The words to say, without markdown, emoji and addresses, with the marks that shape the melody.
fn to_say(utterance: &Utterance) -> String {
    let mut input = String::new();
    for phrase in &utterance.phrases {
        for word in &phrase.words {
            if !input.is_empty() {
                input.push(' ');
            }
            input.push_str(&word.text);
        }
        input.extend(phrase.mark);
    }
    input
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_sent_can_be_said() {
        let utterance = Utterance::read("**Well**, see https://example.com/x 🙂. It's $5!");
        assert_eq!(to_say(&utterance), "Well, see example dot com. It's 5 dollars!");
    }
}
