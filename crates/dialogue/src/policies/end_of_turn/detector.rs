//! The turn detector's probability and the words decide; silence alone when neither tells.

use std::time::Duration;

use super::{BuildEndOfTurn, EndOfTurn, Evidence, Hint, Registered, learned};
use crate::settings::EndOfTurnSettings;

pub(super) const POLICY: Registered<BuildEndOfTurn> = Registered {
    name: "detector",
    summary: "how it sounds and what it says, silence alone when neither tells",
    build: |settings| Box::new(Detector(settings.clone())),
};

#[derive(Debug)]
pub(super) struct Detector(pub(super) EndOfTurnSettings);

impl EndOfTurn for Detector {
    fn silence_needed(&self, evidence: &Evidence<'_>) -> Option<Duration> {
        let Self(settings) = self;
        let learned = learned(evidence).unwrap_or_default();
        let unfinished = settings.silence_if_unfinished.max(learned);
        let needed = match (evidence.probability, evidence.hint) {
            (_, Hint::Unfinished) => unfinished,
            (Some(sounds), Hint::Finished | Hint::Opening | Hint::Unknown) if sounds >= settings.finished_from => {
                settings.silence_if_finished
            }
            // A question mark is weak: it came from the sound too.
            (Some(sounds), Hint::Opening | Hint::Unknown) if sounds < settings.unfinished_below => unfinished,
            (_, Hint::Finished | Hint::Opening | Hint::Unknown) => settings.silence.max(learned),
        };
        Some(needed.min(settings.longest_silence))
    }

    fn uses_turn_detector(&self) -> bool {
        true
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::super::tests::evidence;
    use super::*;

    #[test]
    fn the_sound_of_an_ending_shortens_the_silence_and_an_unfinished_clause_lengthens_it() {
        let detector = Detector(EndOfTurnSettings::default());
        let needed = |probability, hint, long_pause| {
            detector.silence_needed(&evidence(probability, hint, long_pause)).unwrap().as_millis()
        };
        let plain = needed(None, Hint::Unknown, None);
        assert!(needed(Some(900), Hint::Unknown, None) < plain);
        assert!(needed(Some(100), Hint::Unknown, None) > plain);
        assert!(needed(Some(900), Hint::Unfinished, None) > plain);
        assert!(needed(Some(100), Hint::Unknown, Some(1500)) > 1500);
        assert_eq!(needed(Some(0), Hint::Unfinished, Some(60_000)), 2500);
    }
}
