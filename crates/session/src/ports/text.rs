//! Text in both directions, and audio that arrives as a file.

use async_trait::async_trait;
use dialogue::{SpeechId, TurnId};

use super::TransportError;

/// A message of a user's that begins to arrive.
#[async_trait]
pub trait TextInput: Send {
    /// The next piece; `None` at its end.
    ///
    /// # Errors
    /// [`TransportError::TooLarge`] when the transport cut it, [`TransportError`] when it broke off.
    async fn next(&mut self) -> Result<Option<String>, TransportError>;
}

/// What a user said before the agent could hear them, as their client recorded it.
#[async_trait]
pub trait PreconnectAudio: Send {
    /// The audio input whose beginning it is, when the client says so.
    fn source(&self) -> Option<&str>;

    /// Receives and decodes it: 16 kHz mono, at most the last ten seconds; empty when it holds no sound.
    ///
    /// # Errors
    /// [`TransportError`], within 15 s in any case.
    async fn read(self: Box<Self>) -> Result<Vec<i16>, TransportError>;
}

/// Something to be shown in writing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Caption {
    /// The whole text of the user's turn so far.
    User {
        /// Which turn.
        turn: TurnId,
        /// The words.
        text: String,
        /// Nothing will change any more.
        is_final: bool,
        /// Who speaks.
        identity: String,
    },
    /// Words of the agent that were just heard.
    Agent {
        /// Which speech.
        speech: SpeechId,
        /// The words, with their white space.
        delta: String,
    },
    /// The caption of this speech is complete.
    EndAgent(SpeechId),
    /// One sentence without a voice.
    Notice {
        /// The words.
        text: String,
    },
}

/// Where captions go.
#[async_trait]
pub trait TextOutput: Send {
    /// Shows a caption.
    ///
    /// # Errors
    /// [`TransportError`] when it can't be shown; the next one may be.
    async fn show(&mut self, caption: Caption) -> Result<(), TransportError>;

    /// No more captions come: ends what is still open.
    ///
    /// # Errors
    /// [`TransportError`] when that can't be sent.
    async fn close(&mut self) -> Result<(), TransportError>;
}
