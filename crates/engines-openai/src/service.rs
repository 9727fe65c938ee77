//! Which service: what the environment says of it.

use engines::{Context, EngineError, Variable};
use remote::{Endpoint, EndpointError, OPENAI_BASE_URL, Secret};

/// The name of every engine of this crate.
pub(crate) const NAME: &str = "openai";
/// The terms of these engines are those of the service.
pub(crate) const LICENCE: &str = "terms of the service";

const BASE_URL: &str = "OPENAI_BASE_URL";
const API_KEY: &str = "OPENAI_API_KEY";

/// The variables that these engines read.
pub(crate) const VARIABLES: &[Variable] = &[
    Variable { name: API_KEY, summary: "the key of the service; not needed for an address on this machine" },
    Variable { name: BASE_URL, summary: "the base URL of the service; OpenAI's if it is not set" },
];

/// The service that the environment names.
///
/// # Errors
/// Names the variable that is missing or wrong.
pub(crate) fn endpoint(context: &Context) -> Result<Endpoint, EngineError> {
    let base = context.variables.get(BASE_URL).unwrap_or(OPENAI_BASE_URL);
    let key = context.variables.get(API_KEY).and_then(Secret::new);
    Endpoint::new(base, key).map_err(|error| {
        let name = match error {
            EndpointError::Address | EndpointError::Extras => BASE_URL,
            EndpointError::KeyMissing | EndpointError::Key => API_KEY,
        };
        EngineError::Variable { name, message: error.to_string() }
    })
}

/// The name of a model or voice of the service, as the persona file gives it.
///
/// # Errors
/// When it is empty, longer than 200 characters, or holds control characters.
pub(crate) fn name(option: &'static str, value: Option<String>, default: &str) -> Result<String, EngineError> {
    const MAX_LENGTH: usize = 200;
    let Some(value) = value else { return Ok(default.to_owned()) };
    let value = value.trim();
    let wrong = |message: String| EngineError::Option { engine: NAME, message: format!("{option}: {message}") };
    if value.is_empty() {
        return Err(wrong("must not be empty; leave it out for the default".to_owned()));
    }
    if value.chars().count() > MAX_LENGTH || value.chars().any(char::is_control) {
        return Err(wrong(format!("must be at most {MAX_LENGTH} characters, without control characters")));
    }
    Ok(value.to_owned())
}
