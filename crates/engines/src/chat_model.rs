//! Chat models.

use chat::{Completion, Delta, Message};

/// A chat model. Blocking; owned by one thread of its own.
pub trait ChatModel: Send {
    /// Evaluates `messages` ahead of time, so that a later [`ChatModel::generate`] that begins with them answers sooner.
    fn prefill(&mut self, messages: &[Message], cancelled: &dyn Fn() -> bool) -> Result<(), LlmError>;

    /// Evaluates `messages` as [`ChatModel::prefill`] does, and tells the probability that a sentence ends with the last word
    /// of the last one, whatever its punctuation, from 0 to 1. `None` when the model can't tell, and may have evaluated
    /// nothing, or when it was cancelled.
    fn sentence_end(&mut self, _messages: &[Message], _cancelled: &dyn Fn() -> bool) -> Result<Option<f32>, LlmError> {
        Ok(None)
    }

    /// Streams the reply to `messages` into `sink`, piece by piece (each valid UTF-8, none of them empty). Looks at
    /// `cancelled` before every token.
    fn generate(
        &mut self,
        messages: &[Message],
        cancelled: &dyn Fn() -> bool,
        sink: &mut dyn FnMut(Delta),
    ) -> Result<Completion, LlmError>;
}

/// What went wrong.
#[derive(Debug, thiserror::Error)]
pub enum LlmError {
    /// The model could not be loaded.
    #[error("language model: cannot load {path}: {message}")]
    Load {
        /// Which file.
        path: String,
        /// Why.
        message: String,
    },
    /// The model failed while running.
    #[error("language model: {0}")]
    Run(String),
    /// The conversation does not fit the model's context.
    #[error("language model: {tokens} tokens do not fit the context of {limit}")]
    ContextFull {
        /// How many there are.
        tokens: usize,
        /// How many fit.
        limit: usize,
    },
    /// A service failed.
    #[error("language model: {0}")]
    Remote(remote::RemoteFailure),
}

impl LlmError {
    /// Whether every later answer would fail too. Else only this one did, and the next may work.
    #[must_use]
    pub fn is_permanent(&self) -> bool {
        match self {
            Self::Load { .. } => true,
            Self::Run(_) | Self::ContextFull { .. } => false,
            Self::Remote(failure) => failure.is_permanent(),
        }
    }
}

impl From<remote::RemoteFailure> for LlmError {
    fn from(failure: remote::RemoteFailure) -> Self {
        Self::Remote(failure)
    }
}
