//! How much silence ends the user's turn, given what is known of it.

use std::time::Duration;

use super::hint::Hint;
use crate::settings::{EndOfTurnMode, EndOfTurnSettings};

/// The silence that is learned from is taken this much longer than the user's long pauses, in percent.
const MARGIN: u32 = 130;
/// A learned silence is never shorter than this.
const SHORTEST_LEARNED: Duration = Duration::from_millis(350);

/// What is known of a turn that may be over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Evidence {
    /// The turn detector's word, in thousandths, when it has spoken.
    pub(crate) probability: Option<u16>,
    /// What the words tell.
    pub(crate) hint: Hint,
    /// A long pause of this user.
    pub(crate) long_pause: Option<Duration>,
}

/// The silence after which the turn is over; `None` when no silence ends it.
pub(crate) fn silence_needed(settings: &EndOfTurnSettings, evidence: Evidence) -> Option<Duration> {
    let learned = evidence.long_pause.map(|pause| (pause * MARGIN / 100).max(SHORTEST_LEARNED));
    let needed = match settings.mode {
        EndOfTurnMode::Manual => return None,
        EndOfTurnMode::Fixed => return Some(settings.silence),
        EndOfTurnMode::Adaptive => learned.unwrap_or(settings.silence),
        EndOfTurnMode::Detector => {
            let patient = settings.silence_if_unfinished.max(learned.unwrap_or_default());
            match (evidence.probability, evidence.hint) {
                (_, Hint::Unfinished) => patient,
                (Some(sounds), Hint::Finished | Hint::Unknown) if sounds >= settings.finished_from => {
                    settings.silence_if_finished
                }
                // A question mark is weak: it came from the sound too.
                (Some(sounds), Hint::Unknown) if sounds < settings.unfinished_below => patient,
                (_, Hint::Finished | Hint::Unknown) => settings.silence.max(learned.unwrap_or_default()),
            }
        }
    };
    Some(needed.min(settings.longest_silence))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn needed(mode: EndOfTurnMode, probability: Option<u16>, hint: Hint, long_pause: Option<u64>) -> Option<u64> {
        let settings = EndOfTurnSettings { mode, ..EndOfTurnSettings::default() };
        let evidence = Evidence { probability, hint, long_pause: long_pause.map(Duration::from_millis) };
        silence_needed(&settings, evidence).map(|silence| u64::try_from(silence.as_millis()).unwrap())
    }

    #[test]
    fn the_sound_of_an_ending_shortens_the_silence_and_an_unfinished_clause_lengthens_it() {
        use EndOfTurnMode::Detector;
        let plain = needed(Detector, None, Hint::Unknown, None).unwrap();
        assert!(needed(Detector, Some(900), Hint::Unknown, None).unwrap() < plain);
        assert!(needed(Detector, Some(100), Hint::Unknown, None).unwrap() > plain);
        assert!(needed(Detector, Some(900), Hint::Unfinished, None).unwrap() > plain);
        assert!(needed(Detector, Some(100), Hint::Unknown, Some(1500)).unwrap() > 1500);
        assert_eq!(needed(Detector, Some(0), Hint::Unfinished, Some(60_000)), Some(2500));
    }

    #[test]
    fn fixed_and_manual_know_nothing_of_it() {
        assert_eq!(needed(EndOfTurnMode::Fixed, Some(0), Hint::Unfinished, Some(2000)), Some(500));
        assert_eq!(needed(EndOfTurnMode::Manual, Some(1000), Hint::Finished, None), None);
    }

    #[test]
    fn adaptive_follows_the_user() {
        use EndOfTurnMode::Adaptive;
        assert_eq!(needed(Adaptive, None, Hint::Unknown, None), Some(500));
        assert_eq!(needed(Adaptive, None, Hint::Unknown, Some(1000)), Some(1300));
        assert_eq!(needed(Adaptive, None, Hint::Unknown, Some(200)), Some(350));
    }
}
