//! Silence of one length.

use std::time::Duration;

use super::{BuildEndOfTurn, EndOfTurn, Evidence, Registered};

pub(super) const POLICY: Registered<BuildEndOfTurn> = Registered {
    name: "fixed",
    summary: "a silence of one length, `silence_ms`",
    build: |settings| Box::new(Fixed(settings.silence)),
};

#[derive(Debug)]
struct Fixed(Duration);

impl EndOfTurn for Fixed {
    fn silence_needed(&self, _: &Evidence<'_>) -> Option<Duration> {
        Some(self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::super::Hint;
    use super::super::tests::evidence;
    use super::*;

    #[test]
    fn nothing_changes_it() {
        let silence = Duration::from_secs(4);
        assert_eq!(Fixed(silence).silence_needed(&evidence(Some(0), Hint::Unfinished, Some(2000))), Some(silence));
    }
}
