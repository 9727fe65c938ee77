//! How much silence ends the user's turn, given what is known of it.

mod adaptive;
mod combined;
mod detector;
mod fixed;
mod manual;

use std::fmt;
use std::time::Duration;

pub use super::hint::{Hint, hint};
use super::registered::Registered;
use crate::settings::EndOfTurnSettings;
pub use combined::end_of_turn_probability;

/// What is known of a turn that may be over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Evidence<'a> {
    /// The words of the turn as they are known by now.
    pub words: &'a str,
    /// The probability that the turn is over, in thousandths, once the turn detector has given it.
    pub probability: Option<u16>,
    /// Whether a sentence ends with the last of the words.
    pub sentence_end: SentenceEnd,
    /// What the words tell.
    pub hint: Hint,
    /// A pause that most pauses of this user are shorter than, once enough of them are known.
    pub long_pause: Option<Duration>,
}

/// What the chat model says about whether a sentence ends with the user's last word.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SentenceEnd {
    /// Nothing yet.
    Awaited,
    /// It can't tell.
    Unknown,
    /// The probability, in millionths.
    Millionths(u32),
}

/// Decides when the user's turn is over.
pub trait EndOfTurn: fmt::Debug + Send + Sync {
    /// The silence after which the turn is over; `None` when no silence ends it. Asked whenever more is known.
    fn silence_needed(&self, evidence: &Evidence<'_>) -> Option<Duration>;

    /// Whether the turn detector is to be asked.
    fn uses_turn_detector(&self) -> bool {
        false
    }

    /// Whether the chat model is to be asked if a sentence ends with the words.
    fn uses_sentence_end(&self) -> bool {
        false
    }

    /// Whether the user says when a turn begins and ends (push to talk).
    fn is_push_to_talk(&self) -> bool {
        false
    }
}

/// Makes a policy for the end of a turn.
pub type BuildEndOfTurn = fn(&EndOfTurnSettings) -> Box<dyn EndOfTurn>;

/// The policies that come with this crate.
pub(super) fn builtin() -> Vec<Registered<BuildEndOfTurn>> {
    vec![combined::POLICY, detector::POLICY, adaptive::POLICY, fixed::POLICY, manual::POLICY]
}

/// A learned silence is this much longer than the user's long pauses, in percent.
const MARGIN: u32 = 130;
/// A learned silence is never shorter than this.
const MIN_LEARNED: Duration = Duration::from_millis(350);

/// The silence that is learned from the user's own pauses.
fn learned(evidence: &Evidence<'_>) -> Option<Duration> {
    evidence.long_pause.map(|pause| (pause * MARGIN / 100).max(MIN_LEARNED))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What is known of a turn without words.
    pub(super) fn evidence(probability: Option<u16>, hint: Hint, long_pause: Option<u64>) -> Evidence<'static> {
        Evidence {
            words: "",
            probability,
            sentence_end: SentenceEnd::Awaited,
            hint,
            long_pause: long_pause.map(Duration::from_millis),
        }
    }

    #[test]
    fn a_name_stands_for_one_policy() {
        let mut names: Vec<&str> = builtin().iter().map(|policy| policy.name).collect();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), builtin().len());
    }
}
