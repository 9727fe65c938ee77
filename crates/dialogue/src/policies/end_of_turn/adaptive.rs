//! Silence whose length is learned from the user's own pauses.

use std::time::Duration;

use super::{BuildEndOfTurn, EndOfTurn, Evidence, Registered, learned};
use crate::settings::EndOfTurnSettings;

pub(super) const POLICY: Registered<BuildEndOfTurn> = Registered {
    name: "adaptive",
    summary: "a silence learned from the user's own pauses",
    build: |settings| Box::new(Adaptive(settings.clone())),
};

#[derive(Debug)]
struct Adaptive(EndOfTurnSettings);

impl EndOfTurn for Adaptive {
    fn silence_needed(&self, evidence: &Evidence<'_>) -> Option<Duration> {
        let Self(settings) = self;
        Some(learned(evidence).unwrap_or(settings.silence).min(settings.longest_silence))
    }
}

#[cfg(test)]
mod tests {
    use super::super::Hint;
    use super::super::tests::evidence;
    use super::*;

    #[test]
    fn it_follows_the_user() {
        let adaptive = Adaptive(EndOfTurnSettings::default());
        for (pause, expected) in [(None, 500), (Some(1000), 1300), (Some(200), 350), (Some(60_000), 2500)] {
            let needed = adaptive.silence_needed(&evidence(None, Hint::Unfinished, pause));
            assert_eq!(needed, Some(Duration::from_millis(expected)), "{pause:?}");
        }
    }
}
