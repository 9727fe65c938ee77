//! The conversation so far: only what was really said and really heard.

use chat::{Message, Role};

use crate::SpeechId;

/// The messages of one call.
#[derive(Debug)]
pub(crate) struct History {
    messages: Vec<Message>,
    /// The speech that the last assistant message belongs to.
    last_speech: Option<SpeechId>,
}

impl History {
    /// A conversation that begins with `instructions` and, if it is not the beginning, with what was said `earlier`.
    pub(crate) fn new(instructions: &str, earlier: &[Message]) -> Self {
        let mut messages = Vec::new();
        if !instructions.trim().is_empty() {
            messages.push(Message::system(instructions.trim()));
        }
        messages.extend_from_slice(earlier);
        Self { messages, last_speech: None }
    }

    /// What the user said last, when nothing was said after it.
    pub(crate) fn open_question(&self) -> Option<String> {
        self.messages.last().filter(|message| message.role == Role::User).map(|message| message.text().into_owned())
    }

    pub(crate) fn messages(&self) -> Vec<Message> {
        self.messages.clone()
    }

    /// The messages as they would be if the user had said this.
    pub(crate) fn messages_with(&self, words: &str) -> Vec<Message> {
        let mut messages = self.messages();
        messages.push(Message::user(words));
        messages
    }

    pub(crate) fn user_said(&mut self, text: &str) {
        self.messages.push(Message::user(text));
        self.last_speech = None;
    }

    /// Takes back the user's last message when nothing was said after it: the user goes on with the same turn.
    pub(crate) fn take_back_user(&mut self) -> Option<String> {
        let message = self.messages.pop_if(|message| message.role == Role::User)?;
        Some(message.text().into_owned())
    }

    /// Whether the last thing said was a question of the agent's.
    pub(crate) fn agent_asked(&self) -> bool {
        self.messages
            .last()
            .is_some_and(|message| message.role == Role::Assistant && message.text().trim_end().ends_with('?'))
    }

    /// Adds words of the agent that were heard.
    pub(crate) fn agent_heard(&mut self, speech: SpeechId, words: &str) {
        if self.last_speech == Some(speech)
            && let Some(message) = self.messages.last_mut()
        {
            message.push_text(words);
            return;
        }
        self.messages.push(Message::assistant(words.trim_start()));
        self.last_speech = Some(speech);
    }
}
