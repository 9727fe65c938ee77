//! The conversation so far: only what was really said and really heard.

use serde::{Deserialize, Serialize};

use crate::SpeechId;

/// Who said a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// The instructions.
    System,
    /// The person.
    User,
    /// The agent.
    Assistant,
}

/// One message.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Message {
    /// Who said it.
    pub role: Role,
    /// The words.
    pub content: String,
}

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
            messages.push(Message { role: Role::System, content: instructions.trim().to_owned() });
        }
        messages.extend_from_slice(earlier);
        Self { messages, last_speech: None }
    }

    /// What the user said last, when nothing was said after it.
    pub(crate) fn open_question(&self) -> Option<&str> {
        self.messages.last().filter(|message| message.role == Role::User).map(|message| message.content.as_str())
    }

    pub(crate) fn messages(&self) -> Vec<Message> {
        self.messages.clone()
    }

    /// The messages as they would be if the user had said this.
    pub(crate) fn messages_with(&self, words: &str) -> Vec<Message> {
        let mut messages = self.messages();
        messages.push(Message { role: Role::User, content: words.to_owned() });
        messages
    }

    pub(crate) fn user_said(&mut self, text: &str) {
        self.messages.push(Message { role: Role::User, content: text.to_owned() });
        self.last_speech = None;
    }

    /// Takes back the user's last message when nothing was said after it: the user goes on with the same turn.
    pub(crate) fn take_back_user(&mut self) -> Option<String> {
        match self.messages.last() {
            Some(Message { role: Role::User, .. }) => self.messages.pop().map(|message| message.content),
            Some(Message { role: Role::System | Role::Assistant, .. }) | None => None,
        }
    }

    /// Whether the last thing said was a question of the agent's.
    pub(crate) fn agent_asked(&self) -> bool {
        self.messages
            .last()
            .is_some_and(|message| message.role == Role::Assistant && message.content.trim_end().ends_with('?'))
    }

    /// Adds words of the agent that were heard.
    pub(crate) fn agent_heard(&mut self, speech: SpeechId, words: &str) {
        if self.last_speech == Some(speech)
            && let Some(message) = self.messages.last_mut()
        {
            message.content.push_str(words);
            return;
        }
        self.messages.push(Message { role: Role::Assistant, content: words.trim_start().to_owned() });
        self.last_speech = Some(speech);
    }
}
