//! One turn of the user, from the first sound until it is answered or dropped.

use std::time::Instant;

use crate::TurnId;

/// What is known of the user's current turn.
#[derive(Debug)]
pub(crate) struct UserTurn {
    pub(crate) id: TurnId,
    /// Words of the same turn that were already sent to the language model and taken back.
    prefix: String,
    /// The words of the audio since then.
    text: String,
    /// The number of the latest transcription asked for.
    revision: u32,
    /// Its result is outstanding.
    pub(crate) transcribing: bool,
    /// When the current stretch of speech began.
    pub(crate) started: Instant,
    /// When the user fell silent; `None` while speaking.
    pub(crate) stopped: Option<Instant>,
    /// When the latest transcript arrived.
    pub(crate) transcribed: Option<Instant>,
    /// The silence was long enough: only the transcript is missing.
    pub(crate) over: bool,
}

impl UserTurn {
    pub(crate) fn new(id: TurnId, started: Instant, prefix: String) -> Self {
        Self {
            id,
            prefix,
            text: String::new(),
            revision: 0,
            transcribing: false,
            started,
            stopped: None,
            transcribed: None,
            over: false,
        }
    }

    pub(crate) fn resumed(&mut self, at: Instant) {
        self.started = at;
        self.stopped = None;
        self.over = false;
    }

    /// Asks for a transcript of everything so far; returns its number.
    pub(crate) fn ask_transcript(&mut self) -> u32 {
        self.revision += 1;
        self.transcribing = true;
        self.revision
    }

    /// Takes a transcript; false when it is an old one.
    pub(crate) fn take_transcript(&mut self, now: Instant, revision: u32, text: String) -> bool {
        if revision != self.revision || !self.transcribing {
            return false;
        }
        self.transcribing = false;
        self.transcribed = Some(now);
        self.text = text;
        true
    }

    /// Everything said in this turn.
    pub(crate) fn words(&self) -> String {
        [self.prefix.trim(), self.text.trim()].into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(" ")
    }
}
