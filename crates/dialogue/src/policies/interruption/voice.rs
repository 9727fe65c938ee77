//! Every voice of the user takes the floor, whatever it says: for callers who must never be spoken over.

use std::time::Duration;

use super::{BuildInterruption, Interruption, Overlap, Registered, Verdict};
use crate::FalseInterruption;

pub(super) const POLICY: Registered<BuildInterruption> = Registered {
    name: "voice",
    summary: "every voice that lasts `interrupt_after_ms` takes the floor, whatever it says",
    build: |settings, _| Box::new(Voice { min_duration: settings.least_duration }),
};

#[derive(Debug)]
struct Voice {
    min_duration: Duration,
}

impl Interruption for Voice {
    fn judge(&self, overlap: &Overlap<'_>) -> Verdict {
        if overlap.voiced >= self.min_duration {
            Verdict::Cut
        } else if overlap.still_speaking {
            Verdict::Wait
        } else {
            Verdict::GoOn(FalseInterruption::Noise)
        }
    }

    fn needs_words(&self) -> bool {
        false
    }
}

#[cfg(test)]
mod tests {
    use super::super::Over;
    use super::*;
    use crate::policies::back_channel::Never;

    #[test]
    fn only_its_length_counts() {
        let policy = Voice { min_duration: Duration::from_millis(200) };
        let judge = |words, still_speaking, voiced| {
            let voiced = Duration::from_millis(voiced);
            policy.judge(&Overlap { over: Over::Speech, words, still_speaking, voiced, back_channel: &Never })
        };
        assert_eq!(judge("", true, 199), Verdict::Wait);
        assert_eq!(judge("Mhm.", true, 200), Verdict::Cut);
        assert_eq!(judge("Stop!", false, 100), Verdict::GoOn(FalseInterruption::Noise));
    }
}
