//! What a caller can utter.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use super::CallerError;

/// The longest pause that a mark in a text may ask for.
const LONGEST_PAUSE: Duration = Duration::from_secs(10);

/// One thing to utter.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Utterance {
    /// A text, spoken in the caller's voice. A mark such as `[600]` is a pause: from the last voiced sample before it to
    /// the first one after it, exactly 600 ms.
    Say(String),
    /// A recording, played as it is.
    Wav(PathBuf),
    /// A text, typed: sent as a text stream of topic `lk.chat`.
    Typed(String),
    /// A sound made ready by whoever wrote the plan, with its words.
    Clip {
        /// The words in it.
        words: String,
        /// 48 kHz mono.
        samples: Arc<Vec<i16>>,
    },
    /// A noise like a cough, no voice: two bursts, 250 to 350 ms in all. The same seed gives the same samples.
    Cough {
        /// Which cough.
        seed: u32,
    },
}

/// A short sound of a listener ("right", "uh-huh"), or a cough, made while an answer sounds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BackChannel {
    /// The turn (from 1) during whose answer it is made.
    pub turn: usize,
    /// How long after that answer began to sound. It waits for the agent to sound, for the one before it to be over for
    /// 1.5 s, and is left out when the answer ends first.
    pub after: Duration,
    /// What is uttered.
    pub sound: Utterance,
}

/// A part of a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Part {
    /// Spoken.
    Words(String),
    /// Silent.
    Pause(Duration),
}

/// Cuts a text at its pause marks.
///
/// # Errors
/// [`CallerError::Plan`] for a mark that is not a whole number of milliseconds up to 10,000, two marks in a row, a mark at
/// either end, and a text without words.
pub(super) fn parts(text: &str) -> Result<Vec<Part>, CallerError> {
    let refuse = |message: String| CallerError::Plan(message);
    let mut parts = Vec::new();
    let mut rest = text;
    loop {
        let (words, after) = match rest.split_once('[') {
            Some((words, after)) => (words, Some(after)),
            None => (rest, None),
        };
        if words.trim().is_empty() {
            return Err(refuse(format!(
                "\"{text}\" needs words at its start, its end and between pauses; a pause is written [600]"
            )));
        }
        parts.push(Part::Words(words.trim().to_owned()));
        let Some(after) = after else { return Ok(parts) };
        let mark = after.split_once(']').and_then(|(mark, after)| Some((mark.trim().parse::<u64>().ok()?, after)));
        let pause = mark.map(|(pause, after)| (Duration::from_millis(pause), after));
        let Some((pause, after)) = pause.filter(|(pause, _)| !pause.is_zero() && *pause <= LONGEST_PAUSE) else {
            return Err(refuse(format!(
                "\"{text}\": a pause is written as milliseconds in brackets, 1 to 10000, such as [600]"
            )));
        };
        parts.push(Part::Pause(pause));
        rest = after;
    }
}

/// The pauses that an utterance was given.
pub(super) fn pauses(utterance: &Utterance) -> Vec<Duration> {
    let Utterance::Say(text) = utterance else { return Vec::new() };
    let parts = parts(text).unwrap_or_default().into_iter();
    let pauses = parts.filter_map(|part| match part {
        Part::Pause(pause) => Some(pause),
        Part::Words(_) => None,
    });
    pauses.collect()
}

/// The words of a text without its pause marks; the text itself when they are malformed.
pub(super) fn words_of(text: &str) -> String {
    let Ok(parts) = parts(text) else { return text.to_owned() };
    let words = parts.into_iter().filter_map(|part| match part {
        Part::Words(words) => Some(words),
        Part::Pause(_) => None,
    });
    words.collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used)]
    use super::*;

    #[test]
    fn a_text_is_cut_at_its_pauses() {
        let expected = [
            Part::Words("I would like to,".into()),
            Part::Pause(Duration::from_millis(600)),
            Part::Words("book a table.".into()),
        ];
        assert_eq!(parts("I would like to, [600] book a table.").unwrap(), expected);
        assert_eq!(parts("Hello.").unwrap(), [Part::Words("Hello.".into())]);
        assert_eq!(words_of("My number is [500] five [ 400 ] six."), "My number is five six.");
    }

    #[test]
    fn malformed_pauses_are_refused() {
        for text in
            ["a [x] b", "a [600", "[600] a", "a [600]", "a [600] [600] b", "a [0] b", "a [10001] b", "a [-5] b", " "]
        {
            assert!(matches!(parts(text), Err(CallerError::Plan(_))), "{text}");
        }
    }
}
