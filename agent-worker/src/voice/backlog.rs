//! Whether more of the voice waits in the room's queue than the playout clock knows of.

use std::time::Duration;

/// A frame that the room takes at once takes less time than this; one that waits for a place takes up to 10 ms.
const AT_ONCE: Duration = Duration::from_millis(4);
/// So many frames in a row waited: it is not the machine that was busy for a moment.
const IN_A_ROW: u32 = 5;

/// Notices a queue that is fuller than it should be. When a whole process stands still, what waited in the room's queue is still
/// there afterwards, while by the clock it has sounded: from then on the voice would come that much later than the lips.
///
/// A voice is handed over no farther ahead than the room's queue is long. So each frame is taken at once, unless more
/// waits there than the clock knows of. Pure: the time is an argument.
#[derive(Debug, Default)]
pub(super) struct Backlog {
    waited: u32,
}

impl Backlog {
    /// The room took this long for a frame. True when exactly its queue's length of the voice now waits there.
    pub(super) fn taken_after(&mut self, time: Duration) -> bool {
        self.waited = if time >= AT_ONCE { self.waited + 1 } else { 0 };
        let found = self.waited == IN_A_ROW;
        if found {
            self.waited = 0;
        }
        found
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn ms(ms: u64) -> Duration {
        Duration::from_millis(ms)
    }

    #[test]
    fn frames_that_wait_one_after_the_other_tell_of_a_backlog() {
        let mut backlog = Backlog::default();
        let found: Vec<bool> = [98, 10, 9, 10, 10, 0, 0].map(|time| backlog.taken_after(ms(time))).to_vec();
        assert_eq!(found, [false, false, false, false, true, false, false]);
    }

    #[test]
    fn a_frame_that_was_late_now_and_then_tells_nothing() {
        let mut backlog = Backlog::default();
        assert!(!(0..100).any(|n| backlog.taken_after(ms(if n % 4 == 0 { 0 } else { 30 }))));
    }
}
