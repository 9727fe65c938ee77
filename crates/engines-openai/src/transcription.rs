//! Speech-to-text at a service.

use std::io::Cursor;
use std::time::Duration;

use engines::{
    Context, Engine, EngineError, Place, Prepared, SpeechToText, SpeechToTextCapabilities, SpeechToTextEngine, options,
};
use remote::{Body, Call, Client, Deadlines, Ending, Endpoint, FailureKind, File, Progress, Reader, RemoteFailure};
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::Value;
use speech::{CancelFlag, LISTEN_SAMPLE_RATE, SpeechError};
use toml::Table;

use crate::service;

/// Speech-to-text at a service.
pub(crate) const ENGINE: SpeechToTextEngine = Engine {
    name: service::NAME,
    summary: "a service that speaks OpenAI's protocol",
    licence: service::LICENCE,
    assets: &[],
    variables: service::VARIABLES,
    capabilities: SpeechToTextCapabilities {
        place: Place::Remote,
        languages: &[],
        streams_partials: false,
        word_times: false,
    },
    options: || schemars::schema_for!(Options),
    prepare,
};

/// The options of the persona file.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
struct Options {
    /// The service's model [default: `whisper-1`].
    model: Option<String>,
}

/// The service's model when none is named.
pub(crate) const DEFAULT_MODEL: &str = "whisper-1";

fn prepare(context: &Context, table: &Table) -> Result<Prepared<dyn SpeechToText>, EngineError> {
    let Options { model } = options(service::NAME, table)?;
    let endpoint = service::endpoint(context)?;
    let mut options = OpenAiTranscriptionOptions::new(&service::name("model", model, DEFAULT_MODEL)?);
    options.language = Some(context.primary_language());
    Ok(Prepared::<dyn SpeechToText>::new(move || {
        Ok(Box::new(OpenAiTranscription::new(endpoint.clone(), options.clone())?))
    }))
}

const ENGINE_NAME: &str = "remote speech-to-text";
/// Bytes of an answer at most.
const MOST_BYTES: usize = 256 << 10;
/// Services refuse recordings shorter than 0.1 s; shorter ones are filled up with silence.
const SHORTEST: usize = LISTEN_SAMPLE_RATE as usize / 4;
/// The longest recording: two minutes.
const LONGEST: usize = 120 * LISTEN_SAMPLE_RATE as usize;

/// How [`OpenAiTranscription`] asks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OpenAiTranscriptionOptions {
    /// The model's name at the service.
    pub model: String,
    /// The language that is spoken (ISO 639-1); `None` lets the service guess. Default `en`.
    pub language: Option<String>,
    /// How long things may take. Default: 3 s to connect, 10 s until the text is there.
    pub deadlines: Deadlines,
}

impl OpenAiTranscriptionOptions {
    /// The defaults for a model.
    #[must_use]
    pub fn new(model: &str) -> Self {
        let whole = Duration::from_secs(10);
        let deadlines = Deadlines { connect: Duration::from_secs(3), first: whole, between: whole, total: whole };
        Self { model: model.to_owned(), language: Some("en".to_owned()), deadlines }
    }
}

/// Speech-to-text at a service: one request for each utterance.
#[derive(Debug)]
pub struct OpenAiTranscription {
    client: Client,
    options: OpenAiTranscriptionOptions,
}

impl OpenAiTranscription {
    /// Makes the engine; sends nothing yet.
    ///
    /// # Errors
    /// [`SpeechError::Load`] when TLS can't be set up.
    pub fn new(endpoint: Endpoint, options: OpenAiTranscriptionOptions) -> Result<Self, SpeechError> {
        let client = Client::new(endpoint, options.deadlines).map_err(|message| SpeechError::Load {
            engine: ENGINE_NAME,
            path: options.model.clone(),
            message,
        })?;
        Ok(Self { client, options })
    }
}

impl SpeechToText for OpenAiTranscription {
    /// Notices `cancel` within 10 ms, also while the service is silent. Recordings without a sample are not sent.
    fn transcribe(&mut self, audio: &[f32], cancel: &CancelFlag) -> Result<String, SpeechError> {
        if audio.is_empty() || cancel.is_cancelled() {
            return Ok(String::new());
        }
        if audio.len() > LONGEST {
            let message = "a recording longer than two minutes".to_owned();
            return Err(SpeechError::Input { engine: ENGINE_NAME, message });
        }
        let bytes = wav(audio).map_err(|error| SpeechError::Run { engine: ENGINE_NAME, message: error.to_string() })?;
        let mut fields = vec![("model", self.options.model.clone()), ("response_format", "json".to_owned())];
        if let Some(language) = &self.options.language {
            fields.push(("language", language.clone()));
        }
        let file = File { field: "file", name: "speech.wav", media_type: "audio/wav", bytes };
        let call =
            Call { path: "audio/transcriptions".into(), body: Body::Form { fields, file }, most_bytes: MOST_BYTES };
        let mut answer = Answer::default();
        match self.client.exchange(&call, &|| cancel.is_cancelled(), &mut answer) {
            Ok(Ending::Complete) => Ok(answer.text),
            Ok(Ending::Cancelled) => Ok(String::new()),
            Err(failure) => Err(SpeechError::Remote { engine: ENGINE_NAME, failure }),
        }
    }
}

/// The recording as a WAV file: 16 kHz, mono, 16 bits.
fn wav(audio: &[f32]) -> Result<Vec<u8>, hound::Error> {
    let spec = hound::WavSpec {
        channels: 1,
        sample_rate: LISTEN_SAMPLE_RATE,
        bits_per_sample: 16,
        sample_format: hound::SampleFormat::Int,
    };
    let mut file = Cursor::new(Vec::with_capacity(audio.len() * 2 + 64));
    let mut writer = hound::WavWriter::new(&mut file, spec)?;
    let silence = SHORTEST.saturating_sub(audio.len());
    for sample in audio.iter().copied().chain(std::iter::repeat_n(0.0, silence)) {
        #[expect(
            clippy::cast_possible_truncation,
            reason = "clamped to the range of i16 first; not a number becomes 0"
        )]
        writer.write_sample((sample.clamp(-1.0, 1.0) * f32::from(i16::MAX)) as i16)?;
    }
    writer.finalize()?;
    Ok(file.into_inner())
}

/// `{"text": …}` as it comes in.
#[derive(Default)]
struct Answer {
    body: Vec<u8>,
    text: String,
}

impl Reader for Answer {
    fn begin(&mut self, _media_type: &str) -> Result<(), RemoteFailure> {
        self.body.clear();
        Ok(())
    }

    fn chunk(&mut self, bytes: &[u8]) -> Result<Progress, RemoteFailure> {
        self.body.extend_from_slice(bytes);
        Ok(Progress::Nothing)
    }

    fn end(&mut self) -> Result<(), RemoteFailure> {
        let garbage = |message| RemoteFailure::new(FailureKind::Garbage, message);
        let body: Value = serde_json::from_slice(&self.body).map_err(|_| garbage("a transcription that is no JSON"))?;
        let text = body.get("text").and_then(Value::as_str).ok_or_else(|| garbage("a transcription without `text`"))?;
        self.text = text.split_whitespace().collect::<Vec<_>>().join(" ");
        Ok(())
    }
}
