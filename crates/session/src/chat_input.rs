//! Typed messages, each read as one, within limits.
//!
//! ```text
//!  TransportEvent::Text ──> ChatInput::accept(now)  ── Dropped ──> counted; the reader is dropped unread
//!                                   │ Accepted
//!                                   ▼
//!                            read(reader) ──> Ok(message) or ChatRefusal (tell the sender: `ChatRefusal::notice`)
//! ```
//!
//! Only the linked user's messages belong here.

use std::time::{Duration, Instant};

use crate::ports::{TextInput, TransportError};

/// The longest message, in characters.
pub const LONGEST_MESSAGE: usize = 4_000;
/// The longest message in bytes: four a character at most, and as much again for blanks around it that are cut off.
const LONGEST_STREAM: usize = 2 * 4 * LONGEST_MESSAGE;
/// How long a message may take from its first to its last byte.
const READ_DEADLINE: Duration = Duration::from_secs(10);
/// Messages that are taken at once.
const BURST: u32 = 5;
/// One more is taken after each such time.
const REFILL: Duration = Duration::from_secs(2);

/// Whether a message is taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Admission {
    /// Read it and answer it.
    Accepted,
    /// Drop its reader: too many came. Silence is the answer, since an answer to each would be a flood itself.
    Dropped,
}

/// Limits how many messages are taken: five at once, then one every two seconds. Pure: time is an argument.
///
/// A token bucket (ITU-T I.371 calls it the continuous-state leaky bucket): `debt` is the time that the messages taken
/// have used up and that has not passed yet.
#[derive(Debug, Clone, Default)]
pub struct ChatInput {
    last: Option<Instant>,
    debt: Duration,
    dropped: u64,
}

impl ChatInput {
    /// Decides about a message that comes at `now`. A time before the last one counts as that one.
    pub fn accept(&mut self, now: Instant) -> Admission {
        let passed = self.last.map_or(Duration::ZERO, |last| now.saturating_duration_since(last));
        self.debt = self.debt.saturating_sub(passed);
        self.last = Some(self.last.map_or(now, |last| last.max(now)));
        if self.debt + REFILL > REFILL * BURST {
            self.dropped = self.dropped.saturating_add(1);
            return Admission::Dropped;
        }
        self.debt += REFILL;
        Admission::Accepted
    }

    /// How many messages were dropped since the call began.
    #[must_use]
    pub fn dropped(&self) -> u64 {
        self.dropped
    }
}

/// Why a message is not answered.
#[derive(Debug, thiserror::Error)]
pub enum ChatRefusal {
    /// It is longer than [`LONGEST_MESSAGE`]. Nothing of it is kept.
    #[error("a typed message is longer than {LONGEST_MESSAGE} characters; send it in parts")]
    TooLong,
    /// Nothing is left of it without blanks and control characters.
    #[error("a typed message holds no words")]
    Empty,
    /// It did not come to its end.
    #[error("a typed message did not arrive whole within {READ_DEADLINE:?}; its sender may send it again")]
    TooSlow,
    /// Its sender or the transport broke it off.
    #[error("a typed message broke off: {0}")]
    Broken(#[from] TransportError),
}

impl ChatRefusal {
    /// What to tell the sender, as a person would; `None` when there is nothing to tell.
    #[must_use]
    pub fn notice(&self) -> Option<String> {
        match self {
            Self::TooLong => Some(format!(
                "That message is too long for me. Please send at most {LONGEST_MESSAGE} characters at a time."
            )),
            Self::TooSlow | Self::Broken(TransportError::TooLarge(_)) => {
                Some("That message did not arrive whole. Please send it again.".to_owned())
            }
            Self::Empty | Self::Broken(_) => None,
        }
    }
}

/// Reads one message: at most 4,000 characters, control characters removed (tabs and line ends become blanks), trimmed.
///
/// Memory stays below 32 kB a message however long the stream is: reading stops at the limit, and the rest is thrown away as
/// it arrives.
///
/// # Errors
/// [`ChatRefusal`]; within ten seconds in any case.
pub async fn read(reader: Box<dyn TextInput>) -> Result<String, ChatRefusal> {
    read_within(reader, READ_DEADLINE).await
}

async fn read_within(mut reader: Box<dyn TextInput>, deadline: Duration) -> Result<String, ChatRefusal> {
    match tokio::time::timeout(deadline, collect(reader.as_mut())).await {
        Ok(text) => clean(&text?),
        Err(_) => Err(ChatRefusal::TooSlow),
    }
}

async fn collect(reader: &mut dyn TextInput) -> Result<String, ChatRefusal> {
    let mut text = String::new();
    loop {
        match reader.next().await {
            Ok(Some(piece)) if text.len() + piece.len() > LONGEST_STREAM => return Err(ChatRefusal::TooLong),
            Ok(Some(piece)) => text.push_str(&piece),
            Ok(None) => return Ok(text),
            // It was cut because it held more than anybody may send.
            Err(TransportError::TooLarge(_)) => return Err(ChatRefusal::TooLong),
            Err(error) => return Err(error.into()),
        }
    }
}

fn clean(text: &str) -> Result<String, ChatRefusal> {
    let visible = text.chars().filter_map(|character| match character {
        '\t' | '\n' | '\r' => Some(' '),
        other => (!other.is_control() && !reorders(other)).then_some(other),
    });
    let message = visible.collect::<String>();
    let message = message.trim();
    if message.is_empty() {
        return Err(ChatRefusal::Empty);
    }
    if message.chars().count() > LONGEST_MESSAGE {
        return Err(ChatRefusal::TooLong);
    }
    Ok(message.to_owned())
}

/// Unicode's embeddings, overrides and isolates (UAX #9), which make a line read otherwise than it is, and the
/// byte order mark.
fn reorders(character: char) -> bool {
    matches!(character, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}')
}

#[cfg(test)]
#[path = "chat_input_tests.rs"]
mod tests;
