//! A reply while it is streamed.

/// The next piece of a reply.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Delta {
    /// Words of the answer.
    Text(String),
    /// What the model thinks before it answers: never spoken, never part of the history.
    Reasoning(String),
    /// A piece of a tool call.
    ToolCall(ToolCallPiece),
}

impl Delta {
    /// A piece of the answer's words.
    #[must_use]
    pub fn text(text: impl Into<String>) -> Self {
        Self::Text(text.into())
    }

    /// The words of the answer in it, if these are what it holds.
    #[must_use]
    pub fn as_text(&self) -> Option<&str> {
        match self {
            Self::Text(text) => Some(text),
            Self::Reasoning(_) | Self::ToolCall(_) => None,
        }
    }
}

/// A piece of a tool call. The first one of a call usually holds its id and name, the others its arguments.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ToolCallPiece {
    /// Which of the reply's calls it belongs to.
    pub index: u32,
    /// The call's id.
    pub id: Option<String>,
    /// The tool's name.
    pub name: Option<String>,
    /// The next characters of the arguments.
    pub arguments: String,
}
