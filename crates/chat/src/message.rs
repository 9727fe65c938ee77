//! One message of a conversation.

use std::borrow::Cow;

use serde::ser::SerializeStruct as _;
use serde::{Deserialize, Serialize, Serializer};

use crate::{Part, Role, ToolCall, ToolResult};

/// One message of a conversation.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(from = "Stored")]
pub struct Message {
    /// Its author.
    pub role: Role,
    /// What it says, in order.
    pub parts: Vec<Part>,
}

impl Message {
    /// A message of text; without parts when there is none.
    #[must_use]
    pub fn new(role: Role, text: impl Into<String>) -> Self {
        let text = text.into();
        let parts = if text.is_empty() { Vec::new() } else { vec![Part::Text { text }] };
        Self { role, parts }
    }

    /// Instructions.
    #[must_use]
    pub fn system(text: impl Into<String>) -> Self {
        Self::new(Role::System, text)
    }

    /// Words of the user.
    #[must_use]
    pub fn user(text: impl Into<String>) -> Self {
        Self::new(Role::User, text)
    }

    /// Words of the agent.
    #[must_use]
    pub fn assistant(text: impl Into<String>) -> Self {
        Self::new(Role::Assistant, text)
    }

    /// What a called tool returned.
    #[must_use]
    pub fn tool(result: ToolResult) -> Self {
        Self { role: Role::Tool, parts: vec![Part::ToolResult(result)] }
    }

    /// The same message with one more part.
    #[must_use]
    pub fn with(mut self, part: Part) -> Self {
        self.parts.push(part);
        self
    }

    /// Its text: several parts of text are joined by line breaks, parts of another kind have none.
    #[must_use]
    pub fn text(&self) -> Cow<'_, str> {
        let mut texts = self.parts.iter().filter_map(|part| match part {
            Part::Text { text } => Some(text.as_str()),
            Part::Image(_) | Part::ToolCall(_) | Part::ToolResult(_) => None,
        });
        let first = texts.next().unwrap_or_default();
        texts.fold(Cow::Borrowed(first), |joined, text| Cow::Owned(joined.into_owned() + "\n" + text))
    }

    /// Whether it holds nothing but text.
    #[must_use]
    pub fn is_text(&self) -> bool {
        self.parts.iter().all(|part| matches!(part, Part::Text { .. }))
    }

    /// The tools that it calls.
    pub fn tool_calls(&self) -> impl Iterator<Item = &ToolCall> {
        self.parts.iter().filter_map(|part| match part {
            Part::ToolCall(call) => Some(call),
            Part::Text { .. } | Part::Image(_) | Part::ToolResult(_) => None,
        })
    }

    /// Continues its text.
    pub fn push_text(&mut self, more: &str) {
        match self.parts.last_mut() {
            Some(Part::Text { text }) => text.push_str(more),
            Some(Part::Image(_) | Part::ToolCall(_) | Part::ToolResult(_)) | None if !more.is_empty() => {
                self.parts.push(Part::text(more));
            }
            Some(_) | None => {}
        }
    }
}

/// Text stands in recordings as a string, everything else as a list of parts. Whatever is written reads as it was.
impl Serialize for Message {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut message = serializer.serialize_struct("Message", 2)?;
        message.serialize_field("role", &self.role)?;
        match self.parts.as_slice() {
            [] => message.serialize_field("content", "")?,
            [Part::Text { text }] if !text.is_empty() => message.serialize_field("content", text)?,
            parts => message.serialize_field("content", parts)?,
        }
        message.end()
    }
}

/// What a message may look like.
#[derive(Deserialize)]
struct Stored {
    role: Role,
    #[serde(default)]
    content: Content,
}

#[derive(Default, Deserialize)]
#[serde(untagged, expecting = "the content of a message is neither text nor a list of known parts")]
enum Content {
    #[default]
    Nothing,
    Text(String),
    Parts(Vec<Part>),
}

impl From<Stored> for Message {
    fn from(Stored { role, content }: Stored) -> Self {
        match content {
            Content::Nothing => Self { role, parts: Vec::new() },
            Content::Text(text) => Self::new(role, text),
            Content::Parts(parts) => Self { role, parts },
        }
    }
}

#[cfg(test)]
mod tests;
