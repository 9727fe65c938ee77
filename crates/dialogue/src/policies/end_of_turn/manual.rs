//! Push to talk: the user says when a turn is over, and silence means nothing.

use std::time::Duration;

use super::{BuildEndOfTurn, EndOfTurn, Evidence, Registered};

pub(super) const POLICY: Registered<BuildEndOfTurn> = Registered {
    name: "manual",
    summary: "a button (push to talk); silence ends nothing",
    build: |_| Box::new(Manual),
};

#[derive(Debug)]
struct Manual;

impl EndOfTurn for Manual {
    fn silence_needed(&self, _: &Evidence<'_>) -> Option<Duration> {
        None
    }

    fn is_push_to_talk(&self) -> bool {
        true
    }
}

#[cfg(test)]
mod tests {
    use super::super::Hint;
    use super::super::tests::evidence;
    use super::*;

    #[test]
    fn no_silence_ends_a_turn() {
        assert_eq!(Manual.silence_needed(&evidence(Some(1000), Hint::Finished, None)), None);
    }
}
