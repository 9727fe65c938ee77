//! A chat model behind OpenAI's chat completions protocol: OpenAI, vLLM, Ollama and others, by their base URL.
//!
//! ```text
//!  &[Message] ─> request (JSON) ─> remote::Client ── POST chat/completions ──> service
//!                                     │ server-sent events
//!                                     └─> events (lines, JSON) ─> Delta "Par", Delta "is", …
//! ```
//! Protocol: <https://platform.openai.com/docs/api-reference/chat-streaming>.

mod events;
mod request;

use std::time::Duration;

use chat::{Completion, Delta, FinishReason, Message};
use engines::{ChatCapabilities, ChatEngine, ChatModel, Context, Engine, EngineError, LlmError, Place, Prepared};
use events::Events;
use remote::{Body, Call, Client, Deadlines, Ending, Endpoint};
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Value, json};
use toml::Table;

use crate::service;

/// A chat model at a service.
pub(crate) const ENGINE: ChatEngine = Engine {
    name: service::NAME,
    summary: "a service that speaks OpenAI's protocol",
    licence: service::LICENCE,
    assets: &[],
    variables: service::VARIABLES,
    capabilities: ChatCapabilities { place: Place::Remote, images: false, tools: false },
    options: || schemars::schema_for!(Options),
    prepare,
};

/// The options of the persona file.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
struct Options {
    /// The service's model [default: `gpt-4o`].
    model: Option<String>,
}

/// The service's model when none is named.
pub(crate) const DEFAULT_MODEL: &str = "gpt-4o";

fn prepare(context: &Context, table: &Table) -> Result<Prepared<dyn ChatModel>, EngineError> {
    let Options { model } = engines::options(service::NAME, table)?;
    let endpoint = service::endpoint(context)?;
    let options = OpenAiChatOptions::new(&service::name("model", model, DEFAULT_MODEL)?);
    Ok(Prepared::<dyn ChatModel>::new(move || Ok(Box::new(OpenAiChat::new(endpoint.clone(), options.clone())?))))
}

/// Bytes of a streamed answer at most: far more than any spoken answer takes.
const MOST_BYTES: usize = 2 << 20;

/// How [`OpenAiChat`] asks.
#[derive(Debug, Clone, PartialEq)]
pub struct OpenAiChatOptions {
    /// The model's name at the service.
    pub model: String,
    /// The longest answer, in tokens. Default 300. It bounds what an answer costs.
    pub max_tokens: u32,
    /// 0 to 2; `None` leaves it to the service, as some models refuse any choice. Default `None`.
    pub temperature: Option<f32>,
    /// How long things may take. Default: 3 s to connect, 10 s to the first token, 5 s between tokens, 60 s in all.
    pub deadlines: Deadlines,
}

impl OpenAiChatOptions {
    /// The defaults for a model.
    #[must_use]
    pub fn new(model: &str) -> Self {
        let deadlines = Deadlines {
            connect: Duration::from_secs(3),
            first: Duration::from_secs(10),
            between: Duration::from_secs(5),
            total: Duration::from_secs(60),
        };
        Self { model: model.to_owned(), max_tokens: 300, temperature: None, deadlines }
    }
}

/// A chat model at a service. One request for each answer; the service keeps nothing of ours, prompt caches aside.
#[derive(Debug)]
pub struct OpenAiChat {
    client: Client,
    options: OpenAiChatOptions,
    /// The name of the field that limits the answer: OpenAI's newer models refuse the old one, other services know no other.
    limit_field: &'static str,
}

impl OpenAiChat {
    /// Makes the engine; sends nothing yet.
    ///
    /// # Errors
    /// [`LlmError::Load`] when TLS can't be set up.
    pub fn new(endpoint: Endpoint, options: OpenAiChatOptions) -> Result<Self, LlmError> {
        let limit_field = if endpoint.is_openai() { "max_completion_tokens" } else { "max_tokens" };
        let client = Client::new(endpoint, options.deadlines)
            .map_err(|message| LlmError::Load { path: options.model.clone(), message })?;
        Ok(Self { client, options, limit_field })
    }

    fn body(&self, messages: &[Message]) -> Value {
        let messages = request::messages(messages);
        let mut body = json!({"model": self.options.model, "messages": messages, "stream": true});
        body[self.limit_field] = json!(self.options.max_tokens);
        if let Some(temperature) = self.options.temperature {
            body["temperature"] = json!(temperature);
        }
        body
    }
}

impl ChatModel for OpenAiChat {
    /// Does nothing: there is no way to warm up a service's cache that would not be paid for.
    fn prefill(&mut self, _messages: &[Message], _cancelled: &dyn Fn() -> bool) -> Result<(), LlmError> {
        Ok(())
    }

    /// Notices `cancelled` within 10 ms, also while the service is silent, and closes the connection then, so that the service
    /// stops.
    fn generate(
        &mut self,
        messages: &[Message],
        cancelled: &dyn Fn() -> bool,
        sink: &mut dyn FnMut(Delta),
    ) -> Result<Completion, LlmError> {
        let body = Body::Json(self.body(messages));
        let call = Call { path: "chat/completions".into(), body, most_bytes: MOST_BYTES };
        let mut events = Events::new(cancelled, sink);
        let ending = self.client.exchange(&call, cancelled, &mut events)?;
        Ok(match ending {
            Ending::Cancelled => Completion::new(FinishReason::Cancelled),
            Ending::Complete => events.completion(),
        })
    }
}
