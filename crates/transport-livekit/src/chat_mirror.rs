//! Captions once more, as chat messages, for frontends that show a chat and no transcripts (LiveKit Meet).

use std::sync::Arc;

use proto::room as wire;
use room::{Attributes, Room, RoomError, TextOptions};

/// Sends what was said to `lk.chat`, once it is final. What was never heard is never sent.
pub struct ChatMirror {
    room: Arc<dyn Room>,
    /// What was heard of the agent's speech so far.
    heard: String,
    /// What the user said last. A user who goes on before the answer is heard adds to it.
    said: Option<Said>,
}

/// A final caption of the user.
struct Said {
    segment: String,
    text: String,
    identity: String,
}

impl ChatMirror {
    /// A mirror into this room.
    #[must_use]
    pub fn new(room: Arc<dyn Room>) -> Self {
        Self { room, heard: String::new(), said: None }
    }

    /// The user's words of this segment, which replace those that were its words before.
    ///
    /// # Errors
    /// When the room does not take the words of the segment before.
    pub async fn say(&mut self, segment: String, text: String, identity: String) -> Result<(), RoomError> {
        let settled = match &self.said {
            Some(said) if said.segment != segment => self.settle().await,
            Some(_) | None => Ok(()),
        };
        self.said = Some(Said { segment, text, identity });
        settled
    }

    /// The user's words cannot change any more: they are sent.
    ///
    /// # Errors
    /// When the room does not take the message.
    pub async fn settle(&mut self) -> Result<(), RoomError> {
        match self.said.take() {
            Some(Said { segment, text, identity }) => self.send(&text, &segment, Some(identity)).await,
            None => Ok(()),
        }
    }

    /// The agent's next words were heard.
    pub fn hear(&mut self, delta: &str) {
        self.heard.push_str(delta);
    }

    /// The agent's speech of this caption segment is over.
    ///
    /// # Errors
    /// When the room does not take the message.
    pub async fn end(&mut self, segment: &str) -> Result<(), RoomError> {
        let heard = std::mem::take(&mut self.heard);
        self.send(&heard, segment, None).await
    }

    /// Sends a whole caption, in the name of `sender` or else of the agent.
    ///
    /// # Errors
    /// When the room does not take the message.
    pub async fn send(&self, text: &str, segment: &str, sender: Option<String>) -> Result<(), RoomError> {
        let text = text.trim();
        if text.is_empty() {
            return Ok(());
        }
        self.room.send_text(text, options(segment, sender)).await
    }
}

/// The segment's id tells agents that nobody typed this (see [`is_mirrored`]).
fn options(segment: &str, sender_identity: Option<String>) -> TextOptions {
    TextOptions {
        topic: wire::TOPIC_CHAT.to_owned(),
        attributes: Attributes::from([(wire::ATTRIBUTE_SEGMENT_ID.to_owned(), segment.to_owned())]),
        sender_identity,
        ..TextOptions::default()
    }
}

/// Whether a stream of topic `lk.chat` is a caption that was sent there again. Another agent in the room must not answer it.
#[must_use]
pub fn is_mirrored(attributes: &Attributes) -> bool {
    attributes.contains_key(wire::ATTRIBUTE_SEGMENT_ID)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mirrored_caption_is_known_from_a_typed_message() {
        assert!(is_mirrored(&options("c-agent-1", None).attributes));
        assert!(!is_mirrored(&Attributes::new()));
    }
}
